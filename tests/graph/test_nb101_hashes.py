"""The hash of many cells at once, against the hash of one."""

import numpy as np
import pytest

from archenc.graph import Architecture, Cell, Edge, canonical_texts, op
from archenc.graph import nb101_hash as one
from archenc.graph.nb101_hashes import node_hashes


def wired(m: int, n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    adjacency = np.triu(rng.random((m, n, n)) < rng.uniform(0.1, 0.9, size=(m, 1, 1)), 1)
    labels = rng.integers(0, 3, size=(m, n)).astype(np.int16)
    labels[:, 0], labels[:, -1] = -1, -2
    return labels, adjacency


def slow(labels: np.ndarray, adjacency: np.ndarray) -> list[str]:
    rows = zip(labels.tolist(), adjacency, strict=True)
    return [one.cell_hash(row, [(i, j) for i, j in np.argwhere(cell).tolist()]) for row, cell in rows]


@pytest.mark.parametrize("n", [2, 3, 5, 7, 9])
def test_equals_the_hash_cell_by_cell(n):
    labels, adjacency = wired(150, n, seed=n)
    found = node_hashes(labels, adjacency)
    assert [row.tobytes().hex() for row in found] == slow(labels, adjacency)


def test_ties_of_a_symmetric_cell():
    labels = np.array([[-1, 0, 0, 0, -2], [-1, 0, 1, 0, -2]], dtype=np.int16)
    adjacency = np.zeros((2, 5, 5), dtype=bool)
    adjacency[:, 0, 1:4] = adjacency[:, 1:4, 4] = True
    found = node_hashes(labels, adjacency)
    assert [row.tobytes().hex() for row in found] == slow(labels, adjacency)


def test_no_cell_at_all():
    assert node_hashes(np.zeros((0, 4), np.int16), np.zeros((0, 4, 4), bool)).shape == (0, 16)


@pytest.mark.parametrize("n_inputs", [1, 2])
def test_a_large_population_is_hashed_as_its_members_are(monkeypatch, n_inputs):
    rng = np.random.default_rng(0)
    ops = [op(name) for name in ("conv3x3", "conv1x1", "max_pool3x3", "skip")]
    archs = []
    while len(archs) < 60:
        n = n_inputs + 1 + int(rng.integers(5))
        nodes = [op("input")] * n_inputs + [ops[k] for k in rng.integers(4, size=n - n_inputs - 1)]
        pairs = [(i, j) for j in range(n_inputs, n) for i in range(j) if rng.random() < 0.6]
        cell = Cell((*nodes, op("output")), tuple(Edge(i, j, op("link")) for i, j in pairs))
        if cell.is_connected:
            archs.append(Architecture("any", (cell,)))
    alone = [arch.id("nb101-v1") for arch in archs]
    assert canonical_texts(archs, "nb101-v1").tolist() == alone
    monkeypatch.setattr(one, "_FEW", 1)
    assert canonical_texts(archs, "nb101-v1").tolist() == alone
