"""Adjacency codes of cells whose nodes choose their sources: DARTS and its kin."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from jaxtyping import Float, Int

from archenc.encoders.edge_codes import check_ids, one_hot, unhot
from archenc.encoders.frame import Frame
from archenc.encoders.letters import SILENT, Letters, spell
from archenc.errors import InvalidArgument
from archenc.graph import Cell, Edge, GraphBatch, op


@dataclass(frozen=True, slots=True)
class ChoiceCode:
    """Where each edge that carries an op comes from, and the op, edge by edge, by target and then source.

    targets: target of each such edge; every cell has as many into a node. links: edges that carry no op, the
    same in every cell. style: "onehot" (a bit for each node that the edge may come from, m bits for its op),
    "ordinal" (two ids) or "matrix" (the V*V adjacency matrix, then the op ids).
    """

    frame: Frame
    targets: tuple[int, ...]
    links: tuple[tuple[int, int], ...]
    style: str

    @classmethod
    def learn(cls, frame: Frame, batch: GraphBatch, style: str) -> Self:
        """Read off a batch how many edges arrive where.

        Raises InvalidArgument if its cells differ in that, or in their links.
        """
        cells = spell(batch, frame.ops)
        carries, links = _carries(cells), _links(cells)
        arriving = carries.sum(axis=1)
        if (arriving != arriving[0]).any() or (links != links[0]).any():
            raise InvalidArgument(
                "X: the cells differ in how many edges arrive at a node, or in their links; this code needs "
                "one number for each node"
            )
        targets = np.repeat(np.arange(frame.slots), arriving[0])
        pairs = tuple((int(i), int(j)) for j, i in np.argwhere(links[0].T))
        return cls(frame, tuple(targets.tolist()), pairs, style)

    @property
    def names(self) -> list[str]:
        """Names of the columns of one cell."""
        edges = [f"{target}_{self._turn(k)}" for k, target in enumerate(self.targets)]
        slots = range(self.frame.slots)
        if self.style == "matrix":
            return [f"edge_{i}_{j}" for i in slots for j in slots] + [f"op_{edge}" for edge in edges]
        if self.style == "ordinal":
            return [f"{what}_{edge}" for edge in edges for what in ("from", "op")]
        names = []
        for edge, target in zip(edges, self.targets, strict=True):
            names += [f"from_{edge}={source}" for source in range(target)]
            names += [f"op_{edge}={name}" for name in self.frame.ops]
        return names

    def encode(self, batch: GraphBatch) -> Float[np.ndarray, "n d"]:
        """Return one row a cell. Raises InvalidArgument for a cell that does not have these edges."""
        cells = spell(batch, self.frame.ops)
        carries, links = _carries(cells), _links(cells)
        expected = np.bincount(self.targets, minlength=self.frame.slots)
        wanted = np.zeros(links.shape[1:], dtype=bool)
        wanted[tuple(np.array(self.links, dtype=int).reshape(-1, 2).T)] = True
        if (carries.sum(axis=1) != expected).any() or (links != wanted).any():
            raise InvalidArgument(
                f"X: a cell has other numbers of edges into its nodes, or other links, than fit saw: "
                f"{expected.tolist()} edges with an op into nodes 0 to {self.frame.slots - 1}"
            )
        rows, targets, sources = np.nonzero(carries.transpose(0, 2, 1))
        shape = len(carries), len(self.targets)
        ids = cells.edges[rows, sources, targets].reshape(shape)
        sources = sources.reshape(shape)
        if self.style == "matrix":
            parts = [cells.present.reshape(shape[0], -1), ids]
        elif self.style == "ordinal":
            parts = [np.stack([sources, ids], axis=2).reshape(shape[0], -1)]
        else:
            parts = []
            for k, target in enumerate(self.targets):
                parts += [one_hot(sources[:, k : k + 1], target), one_hot(ids[:, k : k + 1], cells.m)]
        return np.concatenate([part.astype(np.float32) for part in parts], axis=1)

    def decode(self, codes: Float[np.ndarray, "n d"]) -> list[Cell]:
        """Return the cells behind `encode`. Raises InvalidArgument for a row that is no code."""
        sources, ids = self._sources_and_ids(codes)
        check_ids(ids, len(self.frame.ops))
        check_ids(sources, np.array(self.targets))
        frame, link = self.frame, op("link")
        sums = [op("sum")] * frame.hidden
        nodes = (*[op("input")] * frame.n_inputs, *sums, op("output"))
        ops = [op(name) for name in frame.ops]
        links = [Edge(i, j, link) for i, j in self.links]
        return [
            Cell(nodes, (*[Edge(i, j, ops[k]) for i, j, k in zip(a, self.targets, b, strict=True)], *links))
            for a, b in zip(sources.tolist(), ids.tolist(), strict=True)
        ]

    def _sources_and_ids(
        self, codes: Float[np.ndarray, "n d"]
    ) -> tuple[Int[np.ndarray, "n e"], Int[np.ndarray, "n e"]]:
        m, slots = len(self.frame.ops), self.frame.slots
        if self.style == "ordinal":
            pairs = np.rint(codes).astype(np.int64).reshape(len(codes), -1, 2)
            return pairs[:, :, 0], pairs[:, :, 1]
        if self.style == "matrix":
            present = codes[:, : slots**2].reshape(-1, slots, slots) > 0.5
            present[(slice(None), *np.array(self.links, dtype=int).reshape(-1, 2).T)] = False
            wrong = (present.sum(axis=1) != np.bincount(self.targets, minlength=slots)).any(axis=1)
            if wrong.any():
                raise InvalidArgument(
                    f"X: row {int(wrong.argmax())} is the code of no cell: an edge is missing or one too many"
                )
            sources = np.nonzero(present.transpose(0, 2, 1))[2].reshape(len(codes), -1)
            return sources, np.rint(codes[:, slots**2 :]).astype(np.int64)
        sources, ids, at = [], [], 0
        for target in self.targets:
            sources.append(unhot(codes[:, at : at + target], target))
            ids.append(unhot(codes[:, at + target : at + target + m], m))
            at += target + m
        return np.concatenate(sources, axis=1), np.concatenate(ids, axis=1)

    def _turn(self, k: int) -> int:
        """Return which of the edges into its target edge k is."""
        return k - self.targets.index(self.targets[k])


def is_choice(cells: Letters) -> bool:
    """Say whether some node takes its ops from a choice of the nodes before it, not from all of them."""
    carries = _carries(cells)
    arriving = carries.sum(axis=1)[:, cells.n_inputs :]
    return bool(((arriving > 0) & (arriving < np.arange(cells.n_inputs, cells.slots))).any())


def _carries(cells: Letters) -> np.ndarray:
    return cells.present & (cells.edges != SILENT)


def _links(cells: Letters) -> np.ndarray:
    return cells.present & (cells.edges == SILENT)
