"""Cells for the tests of encoders: NAS-Bench-101 alike, and alike a space of two cells of two inputs."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np

from archenc.graph import Architecture, Cell, Edge, op
from archenc.spaces.nasbench201 import SPACE

NB101_OPS = ("conv3x3", "conv1x1", "max_pool3x3")
NB101 = "cells-of-seven-slots"
"""A space that is not registered: encoders must be told its ops and slots."""
PAIR_OPS = ("max_pool3x3", "avg_pool3x3", "skip", "sep_conv3x3")
PAIR = "pairs-of-cells"


def nb201(n: int | None = None, seed: int = 0) -> list[Architecture]:
    """All NAS-Bench-201 architectures in the order of the index, or n random ones."""
    return list(SPACE.architectures()) if n is None else SPACE.sample(n, seed)


@cache
def nb101(n: int, seed: int = 0) -> list[Architecture]:
    """n different pruned cells of 2 to 7 nodes and at most 9 edges, ops on nodes."""
    rng, found, link = np.random.default_rng(seed), {}, op("link")
    while len(found) < n:
        size = int(rng.choice([2, 3, 4, 5, 6, 7], p=[0.01, 0.04, 0.1, 0.15, 0.2, 0.5]))
        pairs = {(int(rng.integers(node)), node) for node in range(1, size)}
        pairs |= {(node, int(rng.integers(node + 1, size))) for node in range(size - 1)}
        spare = [(i, j) for i in range(size) for j in range(i + 1, size) if (i, j) not in pairs]
        pairs |= {spare[k] for k in rng.permutation(len(spare))[: rng.integers(4)]}
        if len(pairs) <= 9:
            names = ["input", *map(str, rng.choice(NB101_OPS, size - 2)), "output"]
            cell = Cell(tuple(op(name) for name in names), tuple(Edge(i, j, link) for i, j in pairs))
            found[cell] = Architecture(NB101, (cell,))
    return list(found.values())


def nb101_cell(matrix_edges: Sequence[tuple[int, int]], ops: Sequence[str]) -> Architecture:
    """One cell from its edges and the ops of its hidden nodes."""
    nodes = (op("input"), *(op(name) for name in ops), op("output"))
    return Architecture(NB101, (Cell(nodes, tuple(Edge(i, j, op("link")) for i, j in matrix_edges)),))


def pairs(n: int, seed: int = 0) -> list[Architecture]:
    """n architectures of two cells alike DARTS: two inputs, three sums that feed the output, ops on edges."""
    rng = np.random.default_rng(seed)

    def cell() -> Cell:
        edges = [Edge(i, 5, op("link")) for i in (2, 3, 4)]
        for node in (2, 3, 4):
            sources = rng.choice(node, 2, replace=False)
            edges += [Edge(int(i), node, op(str(rng.choice(PAIR_OPS)))) for i in sources]
        return Cell((op("input"), op("input"), op("sum"), op("sum"), op("sum"), op("output")), tuple(edges))

    return [Architecture(PAIR, (cell(), cell())) for _ in range(n)]
