"""GATES++: the contract, what equals GATES, and what the two kinds of information do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from scipy.stats import kendalltau

from archenc.encoders.scores import Scores
from archenc.errors import InvalidArgument
from archenc.graph import Architecture, as_batch
from archenc.predictors import GATES, TAGATES, GatesPP, load
from archenc.predictors.gated import network
from archenc.predictors.gated.config import init
from archenc.predictors.information import pretraining
from archenc.predictors.losses import evaluate, prepare
from archenc.spaces import space
from archenc.testing.predictor_kit import PredictorKit

SPACES = ("nasbench101", "nasbench201", "nasbench301", "transnasbench101", "transnasbench101_macro")
SMALL: dict[str, Any] = {"layers": 2, "head": (16,), "flow_width": 16, "state_width": 16}
PUBLISHED: dict[str, Any] = {"pairs": None, "batch_size": None, "lr": 1e-3, "decay": "constant"}
QUICK: dict[str, Any] = {**SMALL, "epochs": 2, "pool": 20, "pretrain_epochs": 1}


@cache
def _sample() -> tuple[list[Architecture], np.ndarray]:
    archs = space("nasbench201").sample(120, 0)
    return archs, _cost(archs) + 1e-3 * np.random.default_rng(0).random(len(archs))


def _cost(archs: Sequence[Architecture]) -> np.ndarray:
    weight = {"conv3x3": 3.0, "conv1x1": 1.5, "avg_pool3x3": -1.0}
    return np.array([sum(weight.get(edge.op.name, 0.0) for edge in arch.cells[0].edges) for arch in archs])


class TestGatesPP(PredictorKit):
    n_few = 8
    rtol = 1e-3

    def make_predictor(self, seed: int = 0) -> GatesPP:
        options = {**SMALL, "epochs": 40, "lr": 1e-2, "pool": 60, "pretrain_epochs": 10}
        return GatesPP(members=2, seed=seed, **options)

    def data(self) -> tuple[list[Architecture], np.ndarray]:
        return _sample()


def _fit(**options: Any) -> GatesPP:
    archs, y = _sample()
    return GatesPP(**{**QUICK, **options}).fit(archs[:12], y[:12])


@pytest.mark.parametrize("name", SPACES)
@pytest.mark.parametrize("timesteps", [1, 2])
def test_untrained_it_is_gates(name: str, timesteps: int) -> None:
    """The network of the features starts as zero, so only training tells the two apart."""
    archs = space(name).sample(10, 0)
    y = np.arange(10.0)
    plus = GatesPP(aux_targets=False, epochs=1, lr=1e-12, pool=20, timesteps=timesteps, dropout=0.0)
    plain = GatesPP(
        aux_targets=False, op_features=False, epochs=1, lr=1e-12, timesteps=timesteps, dropout=0.0
    )
    np.testing.assert_allclose(
        plus.fit(archs, y)._score(plus._tensors(archs)),
        plain.fit(archs, y)._score(plain._tensors(archs)),
        atol=1e-6,
    )


def test_switched_off_it_is_gates_to_the_bit() -> None:
    archs, y = _sample()
    off = GatesPP(op_features=False, aux_targets=False, **PUBLISHED, epochs=3, **SMALL).fit(
        archs[:20], y[:20]
    )
    gates = GATES(epochs=3, **SMALL).fit(archs[:20], y[:20])
    np.testing.assert_array_equal(off.predict(archs), gates.predict(archs))
    off = GatesPP(op_features=False, aux_targets=False, **PUBLISHED, epochs=3, timesteps=2, **SMALL).fit(
        archs[:20], y[:20]
    )
    ta = TAGATES(timesteps=2, symmetry="none", epochs=3, **SMALL).fit(archs[:20], y[:20])
    np.testing.assert_array_equal(off.predict(archs), ta.predict(archs))


@pytest.mark.parametrize("name", SPACES)
@pytest.mark.parametrize(("op_features", "aux_targets"), [(True, True), (True, False), (False, True)])
def test_every_space_and_combination(name: str, op_features: bool, aux_targets: bool) -> None:
    archs = space(name).sample(10, 0)
    model = GatesPP(op_features=op_features, aux_targets=aux_targets, **QUICK).fit(archs, np.arange(10.0))
    assert np.isfinite(model.predict(archs)).all()
    assert (model.config_.features > 0) == op_features
    assert not any(key.startswith("auxiliary") for key in model.parameters_[0])


def test_without_a_table_operations_are_known_by_their_features() -> None:
    model = _fit(op_table=False)
    assert "op.table" not in model.parameters_[0]
    archs, _ = _sample()
    assert np.ptp(model.predict(archs)) > 0
    with pytest.raises(InvalidArgument, match="op_table"):
        _fit(op_table=False, op_features=False)


def _one_score(archs: Sequence[Architecture]) -> np.ndarray:
    return _cost(archs)[:, None]


def test_pre_training_alone_orders_by_the_score() -> None:
    """Two labels say little; what the pool said of a related score remains in the encoder."""
    archs, y = _sample()
    rows = [int(np.argmin(y[:20])), int(np.argmax(y[:20]))]
    options = {**SMALL, "epochs": 20, "seed": 1}
    pre: dict[str, Any] = {"scores": _one_score, "reference": archs[60:], "pretrain_batch_size": 30}
    pre |= {"pretrain_epochs": 60, "pretrain_lr": 1e-2}
    pair, labels = [archs[i] for i in rows], y[rows]

    def tau(model: GatesPP) -> float:
        found: Any = kendalltau(model.fit(pair, labels).predict(archs[20:60]), y[20:60])
        return float(found.statistic)

    assert tau(GatesPP(**options, **pre)) > max(0.5, tau(GatesPP(aux_targets=False, **options)))


def _noise(archs: Sequence[Architecture]) -> np.ndarray:
    return np.random.default_rng(3).random((len(archs), 1))


def test_a_score_that_teaches_nothing_is_left_out(tmp_path: Path) -> None:
    """Held-out labels tell it from one that teaches; without it, training is as if it had not been given."""
    archs, y = _sample()
    options = {**SMALL, "epochs": 20, "lr": 3e-3, "members": 2, "reference": archs[60:]}
    pre: dict[str, Any] = {"pretrain_batch_size": 30, "pretrain_epochs": 150, "pretrain_lr": 1e-2}
    trials = [(archs[:24], y[:24], 0), (archs[24:48], y[24:48], 1)]
    misled = GatesPP(**options, **pre, scores=_noise).fit_trials(trials)
    taught = GatesPP(**options, **pre, scores=_one_score).fit_trials(trials)
    assert [model.warm_ for model in misled] == [False, False]
    assert [model.warm_ for model in taught] == [True, True]
    alone = GatesPP(**options, aux_targets=False).fit_trials(trials)
    for one, other in zip(misled, alone, strict=True):
        np.testing.assert_array_equal(one.predict(archs), other.predict(archs))
        assert not other.warm_
    misled[0].set_params(scores=None, reference=None).save(tmp_path / "model")
    assert not load(tmp_path / "model").warm_
    believed = GatesPP(**options, **pre, scores=_noise, guard=False).fit(*trials[0][:2])
    assert believed.warm_
    assert np.abs(believed.predict(archs) - misled[0].predict(archs)).max() > 0.1


@pytest.mark.parametrize("joint", [0.0, 0.5])
def test_fewer_labels_than_can_be_held_out_distrust_no_score(joint: float) -> None:
    archs, y = _sample()
    assert GatesPP(**QUICK, scores=_noise, joint=joint, joint_rows=5).fit(archs[:3], y[:3]).warm_


def test_what_is_left_out_is_left_out_of_joint_training_too() -> None:
    archs, y = _sample()
    options = {**QUICK, "epochs": 20, "lr": 3e-3, "pretrain_epochs": 150, "pretrain_lr": 1e-2}
    options |= {"pretrain_batch_size": 30, "pool": 60, "reference": archs[60:]}
    model = GatesPP(**options, scores=_noise, joint=1.0, joint_rows=10)
    assert not model.fit(archs[:24], y[:24]).warm_
    assert np.isfinite(model.predict(archs)).all()


def test_joint_training_mixes_the_pool_in_and_fades_its_scores_out() -> None:
    archs, y = _sample()
    options = {**QUICK, "pretrain_lr": 1e-9, "epochs": 60, "lr": 1e-2, "reference": archs[40:], "pool": 80}
    model = GatesPP(**options, scores=_one_score, joint=1.0, joint_rows=50)
    several = model.fit_trials([(archs[:2], y[:2], t) for t in range(2)])
    schedule = several[0]._schedule()
    assert schedule.at(0).weights == (1.0, 1.0)
    assert schedule.at(30).weights == pytest.approx((1.0, 0.5))
    for one in several:
        outputs = network.steps(one.config_, one.parameters_[0], *one._tensors(archs[2:40])).numpy()
        found: Any = kendalltau(outputs[:, 1], y[2:40])
        assert found.statistic > 0.5


def test_scores_are_not_needed_to_predict(tmp_path: Path) -> None:
    archs, y = _sample()
    keys = [space("nasbench201").key(arch) for arch in archs[:60]]
    scores = Scores(keys, np.column_stack([_cost(archs[:60]), -(y[:60] ** 2)]), ["a", "b"])
    model = _fit(scores=scores, reference=archs[:60])
    before = model.predict(archs)
    model.set_params(scores=None, reference=None)
    np.testing.assert_array_equal(model.predict(archs), before)
    model.save(tmp_path / "model")
    np.testing.assert_array_equal(load(tmp_path / "model").predict(archs), before)


def test_a_missing_target_leaves_the_loss_of_the_remaining_pairs() -> None:
    """Rows that lack a target are as if they were not there, for that target."""
    archs, _ = _sample()
    values = np.column_stack([_cost(archs[:40]), np.arange(40.0)])
    gaps = values.copy()
    gaps[::3, 1] = np.nan
    model = _fit()
    config = replace(model.config_, auxiliary=2)
    p = init(config, torch.Generator().manual_seed(0))
    out = network.steps(config, p, *model._tensors(archs[:40]))[:, 1:]
    many = 10_000  # all pairs
    rng = np.random.default_rng(0)
    known = np.flatnonzero(~np.isnan(gaps[:, 1]))

    def loss(scores: torch.Tensor, y: np.ndarray) -> float:
        made = [torch.as_tensor(a) for a in prepare("hinge", y, many, rng, "random")]
        return float(evaluate("hinge", scores, *made, margin=0.1))

    assert loss(out[:, 1], gaps[:, 1]) == pytest.approx(loss(out[known, 1], values[known, 1]), rel=1e-5)
    assert loss(out[:, 0], gaps[:, 0]) == loss(out[:, 0], values[:, 0])


def test_pre_training_is_done_once_for_all_trials(monkeypatch: pytest.MonkeyPatch) -> None:
    archs, y = _sample()
    calls: list[int] = []
    real = pretraining.train_copies

    def counted(*args: Any, **kwargs: Any) -> Any:
        calls.append(1)
        return real(*args, **kwargs)

    monkeypatch.setattr(pretraining, "train_copies", counted)
    model = GatesPP(**{**QUICK, "pretrain_seed": 77})
    model.fit_trials([(archs[:n], y[:n], n) for n in (5, 9, 5)])
    model.fit(archs[:7], y[:7])
    assert len(calls) == 1
    GatesPP(**{**QUICK, "pretrain_seed": 78}).fit(archs[:7], y[:7])
    assert len(calls) == 2


def test_trials_in_company_equal_trials_alone() -> None:
    archs, y = _sample()
    rows = [np.random.default_rng(t).permutation(100)[:20] for t in range(2)]
    together = GatesPP(**QUICK).fit_trials([([archs[i] for i in r], y[r], t) for t, r in enumerate(rows)])
    for t, r in enumerate(rows):
        alone = GatesPP(**QUICK, seed=t).fit([archs[i] for i in r], y[r])
        np.testing.assert_allclose(together[t].predict(archs), alone.predict(archs), atol=2e-3)


def test_the_reference_may_be_a_batch_and_is_cut_to_the_pool() -> None:
    archs, _ = _sample()
    one, other = _fit(reference=archs, pool=15), _fit(reference=as_batch(archs), pool=15)
    np.testing.assert_array_equal(one.predict(archs), other.predict(archs))
    with pytest.raises(InvalidArgument, match="reference is of space"):
        _fit(reference=space("nasbench101").sample(4, 0))


def _salient(archs: Sequence[Architecture]) -> list[np.ndarray]:
    return [np.array([[len(e.op.name), 1.0] for e in arch.cells[0].edges], dtype=float) for arch in archs]


def test_saliencies_widen_the_features() -> None:
    plain, salient = _fit(), _fit(saliencies=_salient)
    assert salient.config_.features == plain.config_.features + 4


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("op_features", 1.5),
        ("aux_targets", "yes"),
        ("pool", 1),
        ("pretrain_epochs", 0),
        ("pretrain_batch_size", 1),
        ("pretrain_lr", 0.0),
        ("timesteps", 0),
        ("guard", "yes"),
        ("joint", -0.1),
        ("joint_rows", 0),
        ("loss", "rank"),
    ],
)
def test_refuses_an_illegal_option_by_name(option: str, value: object) -> None:
    archs, y = _sample()
    with pytest.raises(InvalidArgument, match=option):
        GatesPP(**QUICK).set_params(**{option: value}).fit(archs[:8], y[:8])
