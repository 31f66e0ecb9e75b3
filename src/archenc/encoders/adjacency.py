"""Adjacency encoding: which edges a cell has, and which ops they, or its nodes, carry."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, get_args

import numpy as np
from sklearn.utils.validation import check_is_fitted

from archenc.encoders.adjacency_choices import ChoiceCode, is_choice
from archenc.encoders.adjacency_edges import EdgeOpCode
from archenc.encoders.adjacency_full import FullMatrixCode
from archenc.encoders.adjacency_nodes import NodeOpCode
from archenc.encoders.base import Encoder, Population, check_choice
from archenc.encoders.edge_codes import edge_slots
from archenc.encoders.frame import Frame, frame_of, node_op_order
from archenc.encoders.letters import spell
from archenc.errors import InvalidArgument
from archenc.graph import Architecture, GraphBatch, Rewire

Style = Literal["onehot", "ordinal", "categorical", "continuous", "full"]


class Adjacency(Encoder):
    """Edges and ops of every cell, slot by slot.

    Where ops sit on nodes (V slots, S = V(V-1)/2 edge slots, h hidden slots, m ops), style is

    * "onehot": S edge bits, m bits a hidden slot; published: S bits, one scalar a slot, the last slot first;
    * "ordinal": S edge bits, one op id a hidden slot;
    * "categorical": the numbers 1..S of the edges that are there, sorted, 0 as filler, then op ids;
      published: numbers 0..S-1 in S places, so that 0 is also edge 0->1, then scalars, the last slot first;
    * "continuous": a real number an edge slot, a scalar an op slot, and the number k of edges: the code
      denotes the cell whose edges are the k largest numbers;
    * "full": the V*V matrix, m bits a node (published: one op id), of the view with operations on nodes.

    Where ops sit on edges from every node to every later one (NAS-Bench-201), "ordinal" (and published
    "onehot") is an op id an edge, "onehot" m bits an edge. Where a node chooses its sources (DARTS),
    "ordinal" is source and op id an edge, "onehot" a bit for each node it may come from and m for its op;
    published: the V*V matrix, then the op ids. "full" is as above. A scalar is `id / (m - 1)`.

    ops: order of the ops, by default the space's own. slots: nodes of the largest cell, by default of the
    largest of the space, or that `fit` sees if the space is not registered; smaller cells get blank slots
    before the output. filler: name of the op that a
    blank slot shows, "conv3x3" if published; by default a reserved id (no bit; id m; a step below scalar 0).
    width: places of "categorical", S by default (9 suffice for NAS-Bench-101). trunc: keep the first c
    columns of each cell. rewire: of "full", see `GraphBatch`.

    Raises InvalidArgument, also for a style that the space does not have. White et al. 2020.
    """

    def __init__(
        self,
        style: Style = "onehot",
        published: bool = False,
        trunc: int | None = None,
        ops: Sequence[str] | None = None,
        slots: int | None = None,
        filler: str | None = None,
        width: int | None = None,
        rewire: Rewire = False,
    ) -> None:
        self.style: Style = style
        self.published = published
        self.trunc = trunc
        self.ops = ops
        self.slots = slots
        self.filler = filler
        self.width = width
        self.rewire: Rewire = rewire

    @property
    def injective(self) -> bool:
        """True unless truncated; with an op as filler, among cells without isolated nodes of that op."""
        return self.trunc is None

    @property
    def iso_invariant(self) -> bool:
        """False: the columns are slots."""
        return False

    def inverse_transform(self, X: np.ndarray) -> list[Architecture]:
        """Return the architectures of `[n, d]` codes.

        Raises InvalidArgument for a code that says too little: truncated, "full", published "categorical".
        """
        check_is_fitted(self)
        if self.trunc is not None or isinstance(self.code_, FullMatrixCode):
            raise InvalidArgument(
                f"style={self.style!r}, trunc={self.trunc}: such a code cannot be turned back into cells"
            )
        codes, n_cells = np.asarray(X, dtype=np.float64), self.frame_.n_cells
        width = len(self.names_) * n_cells
        if codes.ndim != 2 or codes.shape[1] != width:
            raise InvalidArgument(f"X has shape {codes.shape}; expected [n, {width}]")
        cells = self.code_.decode(codes.reshape(-1, len(self.names_)))
        return [
            Architecture(self.space_, tuple(cells[k : k + n_cells])) for k in range(0, len(cells), n_cells)
        ]

    def _learn(self, X: Population) -> None:
        check_choice("style", self.style, get_args(Style))
        ops = self.ops
        if self.style == "full" and ops is not None:
            ops = tuple(name for name in ops if name not in ("input", "output"))
        self.frame_ = frame_of(X, ops, self.slots)
        self.code_ = self._code(self.frame_, self.frame_.batch(X))
        names = self.code_.names
        if self.trunc is not None and not 1 <= self.trunc <= len(names):
            raise InvalidArgument(f"trunc={self.trunc!r}: expected 1 to {len(names)}, the columns of a cell")
        self.names_ = names[: self.trunc]

    def _code(self, frame: Frame, batch: GraphBatch) -> NodeOpCode | EdgeOpCode | ChoiceCode | FullMatrixCode:
        if self.style == "full":
            ops = node_op_order(batch.space, self.ops)
            nodes = batch.to_view("op_on_node", self.rewire).n_nodes
            return FullMatrixCode(ops, nodes, self.rewire, self.published, self._blank(ops))
        if frame.ops_on == "edges":
            if self.style not in ("onehot", "ordinal"):
                raise InvalidArgument(
                    f"style={self.style!r}: {batch.space} has its ops on edges; legal: onehot, ordinal, full"
                )
            if is_choice(spell(batch, frame.ops)):
                style = "matrix" if self.published and self.style == "onehot" else self.style
                return ChoiceCode.learn(frame, batch, style)
            return EdgeOpCode.learn(frame, batch, raw=self.published or self.style == "ordinal")
        places = len(edge_slots(frame.slots)) if self.width is None else self.width
        return NodeOpCode(frame, self.style, self.published, self._blank(frame.ops), places)

    def _blank(self, ops: tuple[str, ...]) -> int:
        filler = self.filler or ("conv3x3" if self.published and "conv3x3" in ops else None)
        if filler is None:
            return len(ops)
        check_choice("filler", filler, ops)
        return ops.index(filler)

    def _encode(self, X: Population) -> np.ndarray:
        code = self.code_.encode(self.frame_.batch(X))[:, : self.trunc]
        return code.reshape(len(code) // self.frame_.n_cells, -1)

    def _feature_names(self) -> list[str]:
        return [self.frame_.cell_prefix(c) + name for c in range(self.frame_.n_cells) for name in self.names_]
