"""DELE: the contract, the experts, and how they are mixed."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import kendalltau

from archenc.encoders.scores import Scores
from archenc.errors import InvalidArgument
from archenc.graph import Architecture
from archenc.predictors import DELE, FLAN, GATES, TAGATES, GatesPP, load
from archenc.predictors.information import pretraining
from archenc.predictors.layers import part
from archenc.spaces import space
from archenc.testing.predictor_kit import PredictorKit

SPACES = ("nasbench101", "nasbench201", "nasbench301", "transnasbench101", "transnasbench101_macro")
SMALL: dict[str, Any] = {"layers": 2, "head": (16,), "flow_width": 16, "state_width": 16}


@cache
def _sample() -> tuple[list[Architecture], np.ndarray]:
    archs = space("nasbench201").sample(120, 0)
    return archs, _counts(archs)[:, 0] + 1e-3 * np.random.default_rng(0).random(len(archs))


def _counts(archs: Sequence[Architecture]) -> np.ndarray:
    """Weighted convolutions, and minus the number of pools."""
    weight = {"conv3x3": 3.0, "conv1x1": 1.5, "avg_pool3x3": -1.0}
    names = [[edge.op.name for edge in arch.cells[0].edges] for arch in archs]
    return np.array(
        [[sum(weight.get(n, 0.0) for n in row), -float(row.count("avg_pool3x3"))] for row in names]
    )


@cache
def _scores() -> Scores:
    archs = list(space("nasbench201").enumerate())[::20]
    return Scores([space("nasbench201").key(arch) for arch in archs], _counts(archs), ["quality", "pools"])


class TestDele(PredictorKit):
    n_few = 8
    rtol = 1e-3

    def make_predictor(self, seed: int = 0) -> DELE:
        expert = GATES(epochs=40, lr=1e-2, **SMALL)
        return DELE(expert, scores=_scores(), pool=60, pretrain_epochs=10, members=2, seed=seed)

    def data(self) -> tuple[list[Architecture], np.ndarray]:
        return _sample()


def _make(expert: Any = None, **options: Any) -> DELE:
    expert = GATES(epochs=2, **SMALL) if expert is None else expert
    return DELE(expert, **{"scores": _counts, "pool": 20, "pretrain_epochs": 1, **options})


@pytest.mark.parametrize("name", SPACES)
def test_every_space_on_the_counts_of_its_cells(name: str) -> None:
    archs = space(name).sample(10, 0)
    model = _make(scores=None).fit(archs, np.arange(10.0))
    assert np.isfinite(model.predict(archs)).all()


@pytest.mark.parametrize(
    "expert",
    [
        GatesPP(aux_targets=False, epochs=2, pool=20, **SMALL),
        TAGATES(timesteps=2, symmetry="none", epochs=2, **SMALL),
    ],
)
@pytest.mark.parametrize("gating", ["encoder", "free"])
def test_other_experts_and_gatings(expert: Any, gating: Any, tmp_path: Path) -> None:
    archs, y = _sample()
    model = _make(expert, gating=gating).fit(archs[:12], y[:12])
    before = model.predict(archs)
    assert np.ptp(before) > 0
    model.set_params(scores=None).save(tmp_path / "model")
    np.testing.assert_array_equal(load(tmp_path / "model").predict(archs), before)


def test_the_score_is_a_mean_of_the_experts_under_weights_that_add_up_to_one() -> None:
    archs, y = _sample()
    model = _make(gating="free").fit(archs[:12], y[:12])
    p = model.parameters_[0]
    experts = part(p, "expert")
    tensors = model._tensors(archs)
    alone = GATES(**SMALL).fit(archs[:12], y[:12])
    scores = []
    for k in range(2):
        alone.parameters_ = [{name: value[k] for name, value in experts.items()}]
        scores.append(alone._score(tensors)[0])
    weights = np.exp(p["weights"].numpy()) / np.exp(p["weights"].numpy()).sum()
    np.testing.assert_allclose(model._score(tensors)[0], weights @ np.array(scores), atol=1e-4)


def test_experts_are_turned_towards_the_labels() -> None:
    """An expert of a score that falls with quality begins as one that rises with it."""
    archs, y = _sample()

    def against(given: Sequence[Architecture]) -> np.ndarray:
        return -_counts(given)[:, :1]

    expert = GATES(epochs=1, lr=1e-9, dropout=0.0, **SMALL)
    options = {"reference": archs[60:], "pretrain_epochs": 60, "pretrain_lr": 1e-2, "pretrain_batch_size": 30}
    model = _make(expert, scores=against, **options).fit(archs[:10], y[:10])
    found: Any = kendalltau(model.predict(archs[20:60]), y[20:60])
    assert found.statistic > 0.4


def test_experts_are_trained_once_for_all_trials(monkeypatch: pytest.MonkeyPatch) -> None:
    archs, y = _sample()
    calls: list[int] = []
    real = pretraining.train_copies

    def counted(*args: Any, **kwargs: Any) -> Any:
        calls.append(len(args[3]))
        return real(*args, **kwargs)

    monkeypatch.setattr(pretraining, "train_copies", counted)
    _make(pretrain_seed=55).fit_trials([(archs[:n], y[:n], n) for n in (5, 9, 5)])
    assert calls == [2]


def test_trials_in_company_equal_trials_alone() -> None:
    archs, y = _sample()
    rows = [np.random.default_rng(t).permutation(100)[:20] for t in range(2)]
    together = _make().fit_trials([([archs[i] for i in r], y[r], t) for t, r in enumerate(rows)])
    for t, r in enumerate(rows):
        alone = _make(seed=t).fit([archs[i] for i in r], y[r])
        np.testing.assert_allclose(together[t].predict(archs), alone.predict(archs), atol=2e-3)


def test_nothing_is_learned_that_is_not_read() -> None:
    archs, y = _sample()
    model = _make().fit(archs[:8], y[:8])
    assert not any(name.startswith("gating.head.1") for name in model.parameters_[0])


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("gating", "mean"),
        ("pool", 1),
        ("pretrain_lr", 0.0),
        ("expert", FLAN()),
        ("expert", TAGATES(symmetry="random")),
    ],
)
def test_refuses_an_illegal_option_by_name(option: str, value: object) -> None:
    archs, y = _sample()
    with pytest.raises(InvalidArgument, match=option):
        _make().set_params(**{option: value}).fit(archs[:8], y[:8])
