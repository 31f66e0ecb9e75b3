"""The frame of a structural code: what must be equal for two codes to be comparable column by column."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from archenc.encoders.base import Population
from archenc.encoders.letters import is_op
from archenc.errors import InvalidArgument, UnknownName
from archenc.graph import GraphBatch, as_batch, op, vocabulary
from archenc.spaces import SearchSpace, space


@dataclass(frozen=True, slots=True)
class Frame:
    """Node slots a cell, cells an architecture, inputs a cell, where the ops sit, and their order."""

    slots: int
    n_cells: int
    n_inputs: int
    ops_on: Literal["nodes", "edges"]
    ops: tuple[str, ...]

    @property
    def hidden(self) -> int:
        """Number of slots between the inputs and the output."""
        return self.slots - self.n_inputs - 1

    def cell_prefix(self, cell: int) -> str:
        """Return what precedes a feature name: nothing where an architecture has one cell."""
        return f"cell{cell}_" if self.n_cells > 1 else ""

    def input_prefix(self, source: int) -> str:
        """Return what names an input in a feature name: nothing where a cell has one."""
        return f"input{source}_" if self.n_inputs > 1 else ""

    def batch(self, X: Population) -> GraphBatch:
        """Return X as a native batch of exactly this frame.

        Raises InvalidArgument for a cell that does not fit in it.
        """
        batch = as_batch(X)
        if (batch.n_cells, batch.inputs) != (self.n_cells, self.n_inputs):
            raise InvalidArgument(
                f"X has {batch.n_cells} cells of {batch.inputs} inputs an architecture; "
                f"fit saw {self.n_cells} of {self.n_inputs}"
            )
        return resized(batch, self.slots)


def frame_of(X: Population, ops: Sequence[str] | None, slots: int | None) -> Frame:
    """Learn the frame of a population.

    ops: the order of the ops; by default the space's own. slots: nodes of the largest cell that will ever be
    encoded; by default of the largest of the space, so that the code does not hang on which cells X happens
    to hold; where the space is not registered, of the largest in X. Raises InvalidArgument.
    """
    batch = as_batch(X)
    width = _widest(batch) if slots is None else slots
    resized(batch, width)  # says so if a cell does not fit
    on_edges = {vocabulary()[index].kind for index in np.unique(batch.edge_ops) if index >= 0}
    ops_on = "edges" if any(is_op(kind) for kind in on_edges) else "nodes"
    return Frame(width, batch.n_cells, batch.inputs, ops_on, _op_order(batch.space, ops))


def resized(batch: GraphBatch, slots: int) -> GraphBatch:
    """Return the batch on `slots` node slots: blank ones are added or taken away before the output.

    Raises InvalidArgument if a cell has more nodes than that.
    """
    extra = slots - batch.n_nodes
    if extra == 0:
        return batch
    if extra < 0 and -extra > _blank(batch):
        raise InvalidArgument(
            f"a cell of X has {batch.n_nodes - _blank(batch)} nodes, but the code has {slots} slots; "
            f"pass slots= with the size of the largest cell of the space"
        )
    kept = np.r_[: min(batch.n_nodes, slots) - 1, batch.n_nodes - 1]
    place = np.r_[: len(kept) - 1, slots - 1]
    n = (len(batch), batch.n_cells)

    def move(array: np.ndarray, axes: int, blank: int) -> np.ndarray:
        out = np.full((*n, *[slots] * axes), blank, dtype=array.dtype)
        if axes == 1:
            out[:, :, place] = array[:, :, kept]
        else:
            out[:, :, place[:, None], place] = array[:, :, kept[:, None], kept]
        return out

    return replace(
        batch,
        adjacency=move(batch.adjacency, 2, 0),
        ops=move(batch.ops, 1, -1),
        edge_ops=move(batch.edge_ops, 2, -1),
        mask=move(batch.mask, 1, 0),
    )


def _widest(batch: GraphBatch) -> int:
    """Return the nodes of the largest cell of the space; of the batch, if nobody knows the space."""
    try:
        return space(batch.space).max_nodes
    except UnknownName:
        return batch.n_nodes


def _blank(batch: GraphBatch) -> int:
    """Count the slots before the output that no cell of the batch uses."""
    return int(batch.n_nodes - batch.mask.sum(axis=2).max())


def node_op_order(space_name: str, ops: Sequence[str] | None) -> tuple[str, ...]:
    """Return the op order of the view with operations on nodes, "input" and "output" among them.

    ops: as given, with "input" before and "output" after it where they are left out; by default the space's.
    Raises InvalidArgument.
    """
    if ops is None:
        return tuple(entry.name for entry in registered_space(space_name).node_ops)
    order = _checked(ops)
    missing = {"input", "output"} - set(order)
    return (*["input"] * ("input" in missing), *order, *["output"] * ("output" in missing))


def _op_order(space_name: str, ops: Sequence[str] | None) -> tuple[str, ...]:
    if ops is None:
        return tuple(entry.name for entry in registered_space(space_name).ops)
    order = _checked(ops)
    for name in order:
        if not is_op(op(name).kind):
            raise InvalidArgument(f"ops: {name!r} carries no operation")
    return order


def registered_space(name: str) -> SearchSpace:
    """Return a space by name. Raises InvalidArgument if there is none."""
    try:
        return space(name)
    except UnknownName as error:
        raise InvalidArgument(
            f"space {name!r} is not registered, so its ops and spellings are unknown; give the ops as ops="
        ) from error


def _checked(ops: Sequence[str]) -> tuple[str, ...]:
    if isinstance(ops, str) or not ops or len(set(ops)) < len(ops):
        raise InvalidArgument(f"ops={ops!r}: expected a sequence of different op names")
    for name in ops:
        op(name)  # UnknownName lists near names
    return tuple(ops)
