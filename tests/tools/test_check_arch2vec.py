"""The tool around arch2vec: its tables, and what it compares."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from archenc import Adjacency
from archenc.encoders import Arch2Vec
from archenc.graph import Architecture, Cell, Edge, op
from archenc.spaces import space

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def check(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(ROOT / "tools"))
    return importlib.import_module("check_arch2vec")


def test_distances_are_means_by_edits_over_the_mean(check: ModuleType):
    edits, distance = np.array([1, 1, 2, 2]), np.array([1.0, 3.0, 3.0, 5.0])
    (row,) = check.by_edits("nasbench201", Adjacency(), edits[:4], distance, "pairs")
    assert (row["k = 1"], row["k = 2"]) == (round(2 / 3, 3), round(4 / 3, 3))
    assert row["code"] == "adjacency"


def test_distances_agree_with_themselves(check: ModuleType):
    code = np.random.default_rng(0).standard_normal((50, 4))
    same, other = check.agreement({"turned": code[:, ::-1] * -2, "other": code**2}, code)
    assert same["Spearman with the published distances"] == 1.0
    assert other["Spearman with the published distances"] < 0.9


def test_parallel_twins_are_found(check: ModuleType):
    link = op("link")
    nodes = tuple(map(op, ("input", "conv3x3", "conv3x3", "output")))
    parallel = Cell(nodes, tuple(Edge(i, j, link) for i, j in ((0, 1), (0, 2), (1, 3), (2, 3))))
    chain = Cell(nodes, tuple(Edge(i, i + 1, link) for i in range(3)))
    archs = [Architecture("nasbench101", (cell,)) for cell in (parallel, chain)]
    encoder = Arch2Vec(weights=None, epochs=1).fit(space("nb101").sample(20, 0))
    assert check.twins(encoder, archs) == 0.5


def test_records_become_a_table(check: ModuleType):
    text = check.table([{"a": 1234, "b": "x"}, {"a": 5, "b": 0.25}])
    assert text == "| a | b |\n|---|---|\n| 1,234 | x |\n| 5 | 0.25 |\n"
