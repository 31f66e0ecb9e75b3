"""Adjacency codes of cells with an op on each edge from every node to every later one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from jaxtyping import Float

from archenc.encoders.edge_codes import check_ids, one_hot, unhot
from archenc.encoders.frame import Frame
from archenc.encoders.letters import SILENT, Letters, spell
from archenc.errors import InvalidArgument
from archenc.graph import Cell, Edge, GraphBatch, op


@dataclass(frozen=True, slots=True)
class EdgeOpCode:
    """One op id an edge (raw), or m bits an edge.

    wiring: the edges (source, target) by target, then source, as cells store them.
    """

    frame: Frame
    wiring: tuple[tuple[int, int], ...]
    raw: bool

    @classmethod
    def learn(cls, frame: Frame, batch: GraphBatch, raw: bool) -> Self:
        """Read the wiring off a batch. Raises InvalidArgument if its cells differ in it."""
        carries = _carries(spell(batch, frame.ops))
        if (carries != carries[0]).any():
            raise InvalidArgument("X: the cells differ in which edges they have; this code needs one wiring")
        return cls(frame, tuple((int(i), int(j)) for j, i in np.argwhere(carries[0].T)), raw)

    @property
    def names(self) -> list[str]:
        """Names of the columns of one cell."""
        edges = [f"op_{i}_{j}" for i, j in self.wiring]
        return edges if self.raw else [f"{edge}={name}" for edge in edges for name in self.frame.ops]

    def encode(self, batch: GraphBatch) -> Float[np.ndarray, "n d"]:
        """Return one row a cell. Raises InvalidArgument for another wiring."""
        cells = spell(batch, self.frame.ops)
        source, target = np.array(self.wiring).T
        carries = _carries(cells)
        if not carries[:, source, target].all() or (carries.sum(axis=(1, 2)) != len(self.wiring)).any():
            raise InvalidArgument(f"X: the edges that carry an op are not {list(self.wiring)}, which fit saw")
        ids = cells.edges[:, source, target]
        return (ids if self.raw else one_hot(ids, cells.m)).astype(np.float32)

    def decode(self, codes: Float[np.ndarray, "n d"]) -> list[Cell]:
        """Return the cells behind `encode`. Raises InvalidArgument for a row that is no code."""
        ids = np.rint(codes).astype(np.int64) if self.raw else unhot(codes, len(self.frame.ops))
        check_ids(ids, len(self.frame.ops))
        sums = [op("sum")] * self.frame.hidden
        nodes = (*[op("input")] * self.frame.n_inputs, *sums, op("output"))
        ops = [op(name) for name in self.frame.ops]
        return [
            Cell(nodes, tuple(Edge(i, j, ops[k]) for (i, j), k in zip(self.wiring, row, strict=True)))
            for row in ids.tolist()
        ]


def _carries(cells: Letters) -> np.ndarray:
    return cells.present & (cells.edges != SILENT)
