"""Adjacency codes of cells with ops on their nodes: edge bits and an op a hidden slot."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float

from archenc.encoders.edge_codes import (
    edge_bits,
    edge_slots,
    index_list,
    index_list_bits,
    largest,
    one_hot,
    scalars,
    unhot,
    unscalars,
)
from archenc.encoders.frame import Frame
from archenc.encoders.letters import SILENT, spell
from archenc.errors import InvalidArgument
from archenc.graph import Cell, Edge, GraphBatch, op


@dataclass(frozen=True, slots=True)
class NodeOpCode:
    """One of four codes; see `Adjacency`.

    blank: op id of a slot that holds no node; m is the reserved one. places: length of the edge list of
    "categorical".
    """

    frame: Frame
    style: Literal["onehot", "ordinal", "categorical", "continuous"]
    published: bool
    blank: int
    places: int

    @property
    def names(self) -> list[str]:
        """Names of the columns of one cell."""
        edges = [f"edge_{i}_{j}" for i, j in edge_slots(self.frame.slots)]
        ops = [f"op_{k}" for k in range(self.frame.n_inputs, self.frame.slots - 1)]
        if self._backwards:
            ops = ops[::-1]
        match self.style:
            case "onehot" if not self.published:
                return edges + [f"{slot}={name}" for slot in ops for name in self.frame.ops]
            case "categorical":
                return [f"edge_number_{k}" for k in range(self.places)] + ops
            case "continuous":
                return [*edges, *ops, "n_edges"]
            case _:
                return edges + ops

    def encode(self, batch: GraphBatch) -> Float[np.ndarray, "n d"]:
        """Return one row a cell. Raises InvalidArgument for a hidden node without an op."""
        cells, m = spell(batch, self.frame.ops), len(self.frame.ops)
        inner = slice(cells.n_inputs, -1)
        ids, real = cells.nodes[:, inner], cells.real[:, inner]
        if (real & (ids == SILENT)).any():
            raise InvalidArgument("X: a hidden node carries no op; the adjacency code needs one on each")
        bits, ids = edge_bits(cells.present), np.where(real, ids, self.blank)
        if self._backwards:
            ids = ids[:, ::-1]
        match self.style:
            case "onehot":
                parts = [bits, scalars(ids, m) if self.published else one_hot(ids, m)]
            case "ordinal":
                parts = [bits, ids]
            case "categorical" if self.published:
                parts = [index_list(bits, self.places, first=0), scalars(ids, m)]
            case "categorical":
                parts = [index_list(bits, self.places, first=1), ids]
            case "continuous":
                parts = [bits, scalars(ids, m), bits.sum(axis=1, keepdims=True)]
        return np.concatenate([part.astype(np.float32) for part in parts], axis=1)

    def decode(self, codes: Float[np.ndarray, "n d"]) -> list[Cell]:
        """Return the cells behind `encode`. Raises InvalidArgument for published "categorical"."""
        if self.style == "categorical" and self.published:
            raise InvalidArgument("the published categorical code writes 'no edge' and 'edge 0->1' alike")
        m, n_edges = len(self.frame.ops), len(edge_slots(self.frame.slots))
        lead = self.places if self.style == "categorical" else n_edges
        head, tail = codes[:, :lead], codes[:, lead : lead + len(self.names) - lead]
        bits, whole = head > 0.5, np.rint(tail).astype(np.int64)
        match self.style:
            case "onehot":
                ids = unscalars(tail, m) if self.published else unhot(tail, m)
            case "ordinal":
                ids = whole
            case "categorical":
                bits, ids = index_list_bits(np.rint(head).astype(np.int64), n_edges), whole
            case "continuous":
                bits, ids = largest(head, whole[:, -1]), unscalars(tail[:, :-1], m)
        if self._backwards:
            ids = ids[:, ::-1]
        return [self._cell(row, slots) for row, slots in zip(bits, ids.tolist(), strict=True)]

    @property
    def _backwards(self) -> bool:
        return self.published and self.style != "ordinal"

    def _cell(self, bits: np.ndarray, ids: list[int]) -> Cell:
        frame = self.frame
        pairs = [pair for pair, bit in zip(edge_slots(frame.slots), bits, strict=True) if bit]
        touched = {node for pair in pairs for node in pair}
        # a filler op in a blank slot looks like an isolated node, so isolated nodes of that op go
        hidden = [
            (slot, frame.ops[number])
            for slot, number in enumerate(ids, frame.n_inputs)
            if number < len(frame.ops) and (slot in touched or number != self.blank)
        ]
        kept = [*range(frame.n_inputs), *[slot for slot, _ in hidden], frame.slots - 1]
        place = {slot: node for node, slot in enumerate(kept)}
        nodes = (*[op("input")] * frame.n_inputs, *[op(name) for _, name in hidden], op("output"))
        return Cell(nodes, tuple(Edge(place[i], place[j], op("link")) for i, j in pairs))
