"""FLAN as an estimator: the contract, the published size, trials in company, and bad input."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest

from archenc.encoders import Adjacency
from archenc.errors import InvalidArgument
from archenc.graph import Architecture, as_batch
from archenc.predictors import FLAN, load
from archenc.predictors import flan_network as network
from archenc.spaces import space
from archenc.testing.predictor_kit import PredictorKit


@cache
def _sample() -> tuple[list[Architecture], np.ndarray]:
    """Cells with a cost that only the wiring decides: weighted convolutions on live paths, all distinct."""
    archs = space("nasbench201").sample(160, 0)
    batch = as_batch(archs, "op_on_node", rewire=True)
    linked = batch.adjacency[:, 0].any(1) | batch.adjacency[:, 0].any(2)
    weight = np.zeros(64)
    for o in space("nasbench201").node_ops:
        weight[o.index] = {"conv3x3": 3.0, "conv1x1": 1.5, "avg_pool3x3": -1.0}.get(o.name, 0.0)
    cost = (weight[batch.ops[:, 0, 1:7]] * linked[:, 1:7]).sum(1)
    return archs, cost + 1e-3 * np.random.default_rng(0).random(len(archs))


class TestFlan(PredictorKit):
    has_std = True
    n_few = 8
    rtol = 1e-3  # float32, and other shapes choose other kernels
    min_tau: ClassVar[float] = 0.6

    def make_predictor(self, seed: int = 0) -> FLAN:
        return FLAN(timesteps=2, epochs=8, lr=1e-2, layers=1, members=2, seed=seed)

    def data(self) -> tuple[list[Architecture], np.ndarray]:
        return _sample()


class TestFlanWithSupplement(TestFlan):
    def make_predictor(self, seed: int = 0) -> FLAN:
        return FLAN(
            Adjacency(), epochs=8, lr=1e-2, layers=2, members=2, timesteps=1, mask="neg_inf", seed=seed
        )


def _fit(**options: object) -> FLAN:
    archs, y = _sample()
    return FLAN(epochs=2, layers=1).set_params(**options).fit(archs[:12], y[:12])


@pytest.mark.parametrize("supplement", [False, True])
def test_published_size(supplement: bool) -> None:
    archs, y = _sample()
    model = FLAN(Adjacency() if supplement else None, timesteps=2, epochs=1, paper_size=True).fit(
        archs[:4], y[:4]
    )
    expected = 737_089 + 128 * (model.config_.supplement - 13) if supplement else 727_489
    assert network.count(model.parameters_[0]) == expected


def test_trials_in_company_equal_trials_alone() -> None:
    archs, y = _sample()
    model = FLAN(epochs=3, layers=2)
    rows = [np.random.default_rng(t).permutation(100)[:20] for t in range(3)]
    together = model.fit_trials([([archs[i] for i in r], y[r], t) for t, r in enumerate(rows)])
    for t, r in enumerate(rows):
        alone = FLAN(epochs=3, layers=2, seed=t).fit([archs[i] for i in r], y[r])
        np.testing.assert_allclose(together[t].predict(archs), alone.predict(archs), atol=2e-3)
        assert together[t].seed == t


def test_trials_of_several_sizes_keep_their_order() -> None:
    archs, y = _sample()
    models = FLAN(epochs=1, layers=1).fit_trials([(archs[:n], y[:n], n) for n in (5, 9, 5)])
    assert [m.seed for m in models] == [5, 9, 5]
    np.testing.assert_array_equal(models[0].predict(archs), models[2].predict(archs))


def test_a_batch_and_a_list_are_the_same_population() -> None:
    archs, y = _sample()
    batch = as_batch(archs)
    fitted = FLAN(epochs=2, layers=1).fit(batch[:20], y[:20])
    np.testing.assert_array_equal(fitted.predict(batch), fitted.predict(archs))


def test_members_differ_and_their_spread_is_the_deviation() -> None:
    model = _fit(members=3)
    archs, _ = _sample()
    mean, std = model.predict(archs, return_std=True)
    assert std.min() > 0
    assert not np.allclose(mean, std)
    with pytest.raises(InvalidArgument, match="members=1"):
        _fit().predict(archs, return_std=True)


def test_saved_supplement_comes_back(tmp_path: Path) -> None:
    archs, y = _sample()
    model = FLAN(Adjacency(), epochs=2, layers=1).fit(archs[:12], y[:12])
    model.save(tmp_path / "flan")
    twin = load(tmp_path / "flan")
    assert isinstance(twin, FLAN)
    np.testing.assert_array_equal(twin.predict(archs), model.predict(archs))


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("gnn", "gcn"),
        ("mask", "none"),
        ("rewire", "skip"),
        ("timesteps", 0),
        ("batch_size", 1),
        ("members", 1.5),
        ("lr", -1.0),
        ("dropout", 1.0),
        ("seed", -1),
    ],
)
def test_refuses_an_illegal_option_by_name(option: str, value: object) -> None:
    with pytest.raises(InvalidArgument, match=option):
        _fit(**{option: value})
