"""The tools around CATE: what counts as a neighbour, and what is kept of weights."""

from __future__ import annotations

import csv
import importlib
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from archenc.encoders import CATE
from archenc.encoders.learned.base import pretrain
from archenc.encoders.learned.weights import Weights
from archenc.graph import GraphBatch
from archenc.spaces import space

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def check(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(ROOT / "tools"))
    return importlib.import_module("check_cate")


def test_neighbours_are_other_networks_the_nearest_first(check: ModuleType):
    code = np.arange(40.0)[:, None]
    same = np.arange(40)
    same[21] = same[20]
    found = check.neighbours(code, np.array([0, 20]), same)
    assert found[0].tolist() == list(range(1, 11))
    assert {16, 17, 18, 19, 22, 23, 24} <= set(found[1].tolist())
    assert not {20, 21} & set(found[1].tolist())


def test_differences_are_means_over_neighbours_then_queries(check: ModuleType):
    values = np.array([0.0, 1.0, 3.0, 7.0])
    mean, error = check.differences({"x": values}, np.array([0, 3]), np.array([[1, 2], [2, 1]]))["x"]
    assert mean == pytest.approx((2 + 5) / 2)
    assert error == pytest.approx(np.std([2, 5], ddof=1) / 2**0.5)


def test_packing_keeps_the_graph_encoder_and_the_curve(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.syspath_prepend(str(ROOT / "tools"))
    pack = importlib.import_module("pack_cate")
    monkeypatch.setattr(pack, "FOLDER", tmp_path / "weights")
    monkeypatch.setattr(pack, "CURVES", tmp_path / "curves.csv")

    def links(batch: GraphBatch) -> np.ndarray:
        return batch.adjacency.sum(axis=(1, 2, 3))

    tiny = CATE(
        width=16,
        heads=4,
        graph_layers=1,
        graph_inner=16,
        cross_layers=1,
        cross_inner=16,
        cost=links,
        epochs=1,
        batch_size=16,
    )
    pretrain(tiny, space("nb201").sample(40, 0), tmp_path / "run")
    monkeypatch.setattr("sys.argv", ["pack_cate.py", str(tmp_path / "run")])
    pack.main()
    kept = Weights.load(tmp_path / "weights" / "cate-clean-nasbench201")
    assert kept.tensors
    assert all(name.startswith("graph.") for name in kept.tensors)
    with (tmp_path / "curves.csv").open() as stream:
        lines = list(csv.DictReader(stream))
    assert {line["space"] for line in lines} == {"nasbench201"}
    pack.main()
    with (tmp_path / "curves.csv").open() as stream:
        assert list(csv.DictReader(stream)) == lines
