"""FLAN with what operations compute in its gates and with cheap scores before the labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
import torch

from archenc.encoders import Adjacency
from archenc.errors import InvalidArgument
from archenc.graph import Architecture
from archenc.predictors import FLAN, fine_tune, load
from archenc.predictors import flan_network as network
from archenc.predictors.information import pretraining
from archenc.spaces import space
from archenc.testing.predictor_kit import PredictorKit

SPACES = ("nasbench101", "nasbench201", "nasbench301", "transnasbench101", "transnasbench101_macro")
QUICK: dict[str, Any] = {"epochs": 2, "layers": 1, "pool": 20, "pretrain_epochs": 1}


@cache
def _sample() -> tuple[list[Architecture], np.ndarray]:
    archs = space("nasbench201").sample(120, 0)
    return archs, _cost(archs) + 1e-3 * np.random.default_rng(0).random(len(archs))


def _cost(archs: Sequence[Architecture]) -> np.ndarray:
    weight = {"conv3x3": 3.0, "conv1x1": 1.5, "avg_pool3x3": -1.0}
    return np.array([sum(weight.get(edge.op.name, 0.0) for edge in arch.cells[0].edges) for arch in archs])


def _score(archs: Sequence[Architecture]) -> np.ndarray:
    return _cost(archs)[:, None]


def _fit(n: int = 12, **options: Any) -> FLAN:
    archs, y = _sample()
    return FLAN(**{**QUICK, **options}).fit(archs[:n], y[:n])


class TestFlanWithInformation(PredictorKit):
    has_std = True
    n_few = 8
    rtol = 1e-3
    min_tau: ClassVar[float] = 0.5

    def make_predictor(self, seed: int = 0) -> FLAN:
        options = {**QUICK, "epochs": 10, "lr": 1e-2, "pool": 40, "pretrain_epochs": 4}
        return FLAN(op_features=True, aux_targets=True, timesteps=1, members=2, seed=seed, **options)

    def data(self) -> tuple[list[Architecture], np.ndarray]:
        return _sample()


@pytest.mark.parametrize("name", SPACES)
@pytest.mark.parametrize("timesteps", [1, 2])
def test_untrained_features_say_nothing(name: str, timesteps: int) -> None:
    archs = space(name).sample(8, 0)
    scores = [
        FLAN(
            op_features=features,
            timesteps=timesteps,
            lr=1e-12,
            weight_decay=0.0,
            dropout=0.0,
            epochs=1,
            layers=2,
            pool=20,
        )
        .fit(archs, np.arange(8.0))
        .predict(archs)
        for features in (False, True)
    ]
    np.testing.assert_allclose(*scores, atol=1e-4)


@pytest.mark.parametrize("name", SPACES)
def test_every_space_takes_both(name: str, tmp_path: Path) -> None:
    archs = space(name).sample(10, 0)
    model = FLAN(op_features=True, aux_targets=True, **QUICK).fit(archs, np.arange(10.0))
    scores = model.predict(archs)
    assert len(np.unique(scores)) > 5
    assert model.config_.features > 20
    assert not any(key.startswith("auxiliary") for key in model.parameters_[0])
    model.save(tmp_path / "flan")
    np.testing.assert_array_equal(load(tmp_path / "flan").predict(archs), scores)


def test_features_stand_at_their_operations() -> None:
    """Exchanged between two operations, they change a score; at the input and the output they do not."""
    model = _fit(op_features=True, epochs=5, lr=1e-2)
    archs, _ = _sample()
    *tensors, features = model._tensors(archs[:20])
    other = torch.randn_like(features[:, :, [0, -1]])
    ends = features.clone()
    ends[:, :, [0, -1]] = other
    score = model._network().score
    plain = score(model.parameters_[0], *tensors, features, keep=None)
    torch.testing.assert_close(score(model.parameters_[0], *tensors, ends, keep=None), plain)
    moved = features[:, :, [0, 2, 1, *range(3, features.shape[2])]]
    assert not torch.allclose(score(model.parameters_[0], *tensors, moved, keep=None), plain)


def test_what_is_learned_without_labels_stays_but_for_the_output() -> None:
    tiny = _fit(aux_targets=True, scores=_score, epochs=1, lr=1e-12, pretrain_epochs=30, pool=100)
    cold = _fit(epochs=1, lr=1e-12)
    same = [
        name
        for name, value in tiny.parameters_[0].items()
        if torch.allclose(value, cold.parameters_[0][name], atol=1e-6)
    ]
    assert {"head.3.weight", "head.3.bias"} <= set(same)
    assert "head.2.weight" not in same
    assert "forward.gate.weight" not in same


def test_cheap_scores_help_where_labels_are_few() -> None:
    archs, y = _sample()
    options = {"timesteps": 1, "layers": 2, "epochs": 20, "members": 2}
    warm = _fit(8, aux_targets=True, scores=_score, pretrain_epochs=20, pool=200, **options)
    cold = _fit(8, **options)
    agree = [np.corrcoef(model.predict(archs[8:]), y[8:])[0, 1] for model in (warm, cold)]
    assert agree[0] > agree[1] + 0.05


def test_it_is_learned_once_for_all_trials_without_a_supplement(monkeypatch: pytest.MonkeyPatch) -> None:
    archs, y = _sample()
    calls: list[int] = []
    real = pretraining.train_copies

    def counted(*args: Any, **kwargs: Any) -> Any:
        calls.append(1)
        return real(*args, **kwargs)

    monkeypatch.setattr(pretraining, "train_copies", counted)
    options: dict[str, Any] = {**QUICK, "aux_targets": True, "pretrain_seed": 91}
    FLAN(**options).fit_trials([(archs[:n], y[:n], n) for n in (5, 9, 5)])
    assert len(calls) == 1
    rows = [range(8), range(8, 16)]
    trials = [([archs[i] for i in r], y[list(r)], seed) for seed, r in enumerate(rows)]
    together = FLAN(Adjacency(), **options).fit_trials(trials)
    for (X, labels, seed), model in zip(trials, together, strict=True):
        alone = FLAN(Adjacency(), seed=seed, **options).fit(X, labels)
        np.testing.assert_allclose(model.predict(archs), alone.predict(archs), atol=2e-3)


def test_the_scores_of_targets_come_from_the_hidden_layers_of_the_head() -> None:
    model = _fit()
    config = replace(model.config_, auxiliary=3)
    parameters = network.init(config, torch.Generator().manual_seed(0))
    tensors = model._tensors(_sample()[0][:6])
    found = network.steps(config, parameters, *tensors)
    assert found.shape == (6, 4)
    torch.testing.assert_close(found[:, 0], network.score(config, parameters, *tensors))
    mask = torch.ones(6, sum(config.dropped))
    torch.testing.assert_close(network.steps(config, parameters, *tensors, keep=mask), found)
    assert not torch.allclose(network.steps(config, parameters, *tensors, keep=0 * mask), found)


def test_described_operations_are_carried_to_another_space() -> None:
    source = _fit(op_features=True)
    archs = space("nb301").sample(12, 0)
    there = fine_tune(source, archs, np.arange(12.0), epochs=2)
    assert len(np.unique(there.predict(archs))) > 5
    assert {name.split(".")[0] for name in there.transfer_.drawn} == {"cells"}  # it joins two: zero at first


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("op_features", 1.5),
        ("aux_targets", "yes"),
        ("pool", 1),
        ("pretrain_epochs", 0),
        ("pretrain_lr", 0.0),
        ("saliencies", lambda archs: [np.ones((6, 1))] * len(archs)),
    ],
)
def test_refuses_an_illegal_option_by_name(option: str, value: object) -> None:
    archs, y = _sample()
    with pytest.raises(InvalidArgument, match="saliencies" if option == "saliencies" else option):
        FLAN(**QUICK).set_params(**{option: value}).fit(archs[:12], y[:12])
