"""A whole population of architectures as dense arrays, built once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal, TypedDict

import numpy as np
from jaxtyping import Bool, Float32, Int16, UInt8

from archenc.errors import InvalidArchitecture, InvalidArgument
from archenc.graph.architecture import Architecture
from archenc.graph.dense import edge_form, node_form, pad, scatter
from archenc.graph.live import live_nodes, passing_edges
from archenc.graph.rewire import Rewire

View = Literal["native", "op_on_node", "op_on_edge"]
VIEWS: tuple[View, ...] = ("native", "op_on_node", "op_on_edge")


@dataclass(frozen=True, eq=False)
class GraphBatch:
    """n architectures of c cells, padded to V nodes.

    The inputs are the first nodes and the output is the last, at V - 1, also where a smaller graph is padded:
    padding stands before the output. adjacency[a, k, i, j] is 1 for an edge i -> j. ops and edge_ops hold
    positions in `vocabulary()`, -1 at padding and where there is no edge. mask marks real nodes; rewiring
    takes links away, never nodes. attributes: the numeric attributes, NaN where an architecture lacks one.
    """

    space: str
    view: View
    adjacency: UInt8[np.ndarray, "n c V V"]
    ops: Int16[np.ndarray, "n c V"]
    edge_ops: Int16[np.ndarray, "n c V V"]
    mask: Bool[np.ndarray, "n c V"]
    inputs: int
    attributes: Float32[np.ndarray, "n a"]
    attribute_names: tuple[str, ...] = ()
    rewire: Rewire = False

    @classmethod
    def from_architectures(
        cls,
        archs: Sequence[Architecture],
        view: View = "native",
        rewire: Rewire = False,
        n_nodes: int | None = None,
    ) -> GraphBatch:
        """Build the arrays of a population of one space.

        view: as the space says, or operations on nodes, or on edges. rewire: for "op_on_node", see `Rewire`.
        n_nodes: width V, by default that of the largest cell; fix it where the arrays of different
        populations must agree. Raises InvalidArgument, and InvalidArchitecture for a mixed population.
        """
        _check_are_architectures(archs)
        space, n_cells = archs[0].space, len(archs[0].cells)
        for row, arch in enumerate(archs):
            if arch.space != space or len(arch.cells) != n_cells:
                raise InvalidArchitecture(
                    f"a batch holds one space: archs[0] is of {space!r} with {n_cells} cells, "
                    f"archs[{row}] of {arch.space!r} with {len(arch.cells)}"
                )
        ops, edge_ops = scatter([cell for arch in archs for cell in arch.cells])
        names, attributes = _attributes(archs)
        batch = cls(
            space,
            "native",
            **_arrays(ops, edge_ops, n_cells),
            inputs=archs[0].cells[0].n_inputs,
            attributes=attributes,
            attribute_names=names,
        ).to_view(view, rewire)
        return batch if n_nodes is None else batch.pad(n_nodes)

    def to_view(self, view: View, rewire: Rewire = False) -> GraphBatch:
        """Return the same population in another view; only a native batch can change its view.

        Raises InvalidArgument.
        """
        if view not in VIEWS:
            raise InvalidArgument(f"view={view!r}; legal: {', '.join(VIEWS)}")
        if rewire and view != "op_on_node":
            raise InvalidArgument(f"rewire={rewire!r} needs view='op_on_node', got view={view!r}")
        if (view, rewire) == (self.view, self.rewire):
            return self
        if self.view != "native":
            raise InvalidArgument(
                f"a batch in the view {self.view!r} (rewire={self.rewire!r}) cannot become {view!r} "
                f"(rewire={rewire!r}); build it from architectures or from a native batch"
            )
        if len(self) == 0:
            raise InvalidArgument("an empty batch has no topology to take a view of; choose the view first")
        ops, edge_ops = self._by_cell()
        if view == "op_on_node":
            ops, edge_ops = node_form(ops, edge_ops, self.inputs, rewire)
        else:
            ops, edge_ops = edge_form(ops, edge_ops)
        return replace(self, view=view, rewire=rewire, **_arrays(ops, edge_ops, self.n_cells))

    def pad(self, n_nodes: int) -> GraphBatch:
        """Return the batch n_nodes wide, padded before the output. Raises InvalidArgument if it is wider."""
        if n_nodes == self.n_nodes:
            return self
        if n_nodes < self.n_nodes:
            raise InvalidArgument(f"n_nodes={n_nodes}, but the batch has cells of {self.n_nodes} nodes")
        return replace(self, **_arrays(*pad(*self._by_cell(), n_nodes), self.n_cells))

    def _by_cell(self) -> tuple[Int16[np.ndarray, "m V"], Int16[np.ndarray, "m V V"]]:
        width = self.n_nodes
        return self.ops.reshape(-1, width), self.edge_ops.reshape(-1, width, width)

    def __len__(self) -> int:
        return self.ops.shape[0]

    @property
    def shape(self) -> tuple[int, int, int]:
        """Architectures, cells, nodes: scikit-learn splits what has a shape, by `X[rows, ...]`."""
        return len(self), self.n_cells, self.n_nodes

    def __getitem__(self, index: int | slice | Sequence[int] | np.ndarray | tuple[Any, ...]) -> GraphBatch:
        """Return the chosen architectures as a batch; an integer gives a batch of one."""
        if isinstance(index, tuple) and index[1:] == (Ellipsis,):
            index = index[0]
        chosen = [int(index)] if isinstance(index, (int, np.integer)) else index
        return replace(
            self,
            adjacency=self.adjacency[chosen],
            ops=self.ops[chosen],
            edge_ops=self.edge_ops[chosen],
            mask=self.mask[chosen],
            attributes=self.attributes[chosen],
        )

    @property
    def n_cells(self) -> int:
        """Number of cells an architecture."""
        return self.ops.shape[1]

    @property
    def n_nodes(self) -> int:
        """Width V: nodes a cell, padding included."""
        return self.ops.shape[2]

    @cached_property
    def live(self) -> Bool[np.ndarray, "n c V"]:
        """Nodes on a path from an input to the output that passes no `none`."""
        return live_nodes(passing_edges(*self._by_cell()), self.inputs).reshape(self.ops.shape)

    @property
    def connected(self) -> Bool[np.ndarray, " n"]:
        """Whether every cell of the architecture lets something through."""
        return np.all(self.live[:, :, -1], axis=1)


def as_batch(
    X: Sequence[Architecture] | GraphBatch, view: View = "native", rewire: Rewire = False
) -> GraphBatch:
    """Return X as a batch in the view asked for; nothing is copied where it is one already.

    Raises InvalidArgument for an empty sequence, or a batch that cannot change its view.
    """
    if isinstance(X, GraphBatch):
        return X.to_view(view, rewire)
    return GraphBatch.from_architectures(X, view, rewire)


def connected(X: Sequence[Architecture] | GraphBatch) -> Bool[np.ndarray, " n"]:
    """Say of each architecture whether its input reaches its output.

    341 of the 15,625 NAS-Bench-201 cells are disconnected: legal, and labelled by this.
    """
    batch = X if isinstance(X, GraphBatch) else as_batch(X)
    return batch.connected


def _check_are_architectures(archs: object) -> None:
    if isinstance(archs, (str, bytes)) or not isinstance(archs, (Sequence, np.ndarray)):
        raise InvalidArgument(f"archs={archs!r:.60}: expected a sequence of Architecture, or a GraphBatch")
    if len(archs) == 0:
        raise InvalidArgument("archs is empty; a batch needs at least one architecture")
    for row, arch in enumerate(archs):
        if not isinstance(arch, Architecture):
            raise InvalidArgument(
                f"archs[{row}]={arch!r:.60}: expected an Architecture; archenc.spaces.space(name).parse "
                f"reads a spelling"
            )


class _Arrays(TypedDict):
    adjacency: UInt8[np.ndarray, "n c V V"]
    ops: Int16[np.ndarray, "n c V"]
    edge_ops: Int16[np.ndarray, "n c V V"]
    mask: Bool[np.ndarray, "n c V"]


def _arrays(ops: Int16[np.ndarray, "m V"], edge_ops: Int16[np.ndarray, "m V V"], n_cells: int) -> _Arrays:
    width = ops.shape[1]
    edge_ops = edge_ops.reshape(-1, n_cells, width, width)
    ops = ops.reshape(-1, n_cells, width)
    return {
        "adjacency": (edge_ops >= 0).astype(np.uint8),
        "ops": ops,
        "edge_ops": edge_ops,
        "mask": ops >= 0,
    }


def _attributes(archs: Sequence[Architecture]) -> tuple[tuple[str, ...], Float32[np.ndarray, "n a"]]:
    names = sorted({name for arch in archs for name, _ in arch.attributes})
    column = {name: position for position, name in enumerate(names)}
    values = np.full((len(archs), len(names)), np.nan, dtype=np.float32)
    for row, arch in enumerate(archs if names else ()):
        for name, value in arch.attributes:
            if isinstance(value, str):
                raise InvalidArchitecture(
                    f"archs[{row}]: attribute {name!r} is the text {value!r}, which an array cannot hold; "
                    "number the choices"
                )
            values[row, column[name]] = value
    return tuple(names), values
