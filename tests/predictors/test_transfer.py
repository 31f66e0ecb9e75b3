"""From one space to another: every graph predictor, every pair of spaces, few labels and none."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
import torch
from jaxtyping import config
from scipy.stats import kendalltau
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from archenc.encoders import Adjacency, GraphFeatures
from archenc.errors import InvalidArgument
from archenc.graph import Architecture, as_batch
from archenc.predictors import DELE, FLAN, GATES, GCN, LSTM, TAGATES, GatesPP, Ridge, load
from archenc.predictors.transfer import Transferred, fine_tune, fine_tune_trials
from archenc.spaces import space

SPACES = ["nb101", "nb201", "nb301", "tnb101"]
SMALL: dict[str, Any] = {
    "flan": lambda **k: FLAN(timesteps=2, layers=1, **k),
    "gates": lambda **k: GATES(layers=2, **k),
    "ta_gates": lambda **k: TAGATES(timesteps=2, layers=3, **k),
    "anytime": lambda **k: TAGATES(anytime=True, layers=3, **k),
    "gates_pp": lambda **k: GatesPP(layers=3, pool=20, pretrain_epochs=1, **k),
    "described": lambda **k: GatesPP(op_table=False, layers=3, pool=20, pretrain_epochs=1, **k),
    "dele": lambda epochs, **k: DELE(GATES(layers=3, epochs=epochs), pool=20, pretrain_epochs=1, **k),
    "dele_free": lambda epochs, **k: DELE(
        GATES(layers=3, epochs=epochs), gating="free", pool=20, pretrain_epochs=1, **k
    ),
    "lstm": lambda **k: LSTM(hidden=16, **k),
    "gcn": lambda **k: GCN(hidden=16, layers=2, **k),
}


@cache
def _cells(name: str) -> tuple[list[Architecture], np.ndarray]:
    """Cells of a space and the number of their operations with weights, ties broken."""
    archs = space(name).sample(80, 0)
    count = [
        sum(e.op.parametrised for c in a.cells for e in c.edges)
        + sum(o.parametrised for c in a.cells for o in c.nodes)
        for a in archs
    ]
    return archs, np.array(count) + 1e-3 * np.random.default_rng(0).random(80)


@cache
def _source(kind: str, name: str) -> Any:
    archs, y = _cells(name)
    labels = np.stack([y[:24], y[:24]], 1) / 20 if kind == "anytime" else y[:24]
    return SMALL[kind](epochs=2, seed=1).fit(archs[:24], labels)


def _labels(kind: str, name: str, n: int) -> np.ndarray:
    y = _cells(name)[1][:n]
    return np.stack([y, y], 1) / 20 if kind == "anytime" else y


@pytest.fixture
def as_users_call_it() -> Iterator[None]:
    """Switch the type checks of the tests off, to reach what the code itself says about a wrong type."""
    config.update("jaxtyping_disable", True)
    yield
    config.update("jaxtyping_disable", False)


def _tau(one: Any, other: Any) -> float:
    result: Any = kendalltau(one, other)
    return float(result.statistic)


def _spread(scores: np.ndarray) -> float:
    return 1e-4 * float(scores.std()) + 1e-9


@pytest.mark.parametrize("kind", SMALL)
@pytest.mark.parametrize(("one", "other"), [("nb101", "nb201"), ("nb201", "nb301"), ("nb301", "nb101")])
def test_every_predictor_goes_to_every_form_of_space(kind: str, one: str, other: str, tmp_path):
    archs, _ = _cells(other)
    source = _source(kind, one)
    before = source.predict(_cells(one)[0])
    tuned = fine_tune(source, archs[:6], _labels(kind, other, 6), epochs=1, seed=3)
    assert type(tuned) is type(source)
    assert tuned.seed == 3
    assert (tuned.transfer_.source, tuned.transfer_.labels) == (space(one).name, 6)
    assert 0 < tuned.transfer_.share < 1
    scores = tuned.predict(archs)
    assert len(np.unique(scores)) > 10
    tuned.save(tmp_path / "model")
    loaded = load(tmp_path / "model")
    np.testing.assert_allclose(loaded.predict(archs), scores, atol=_spread(scores))
    assert loaded.transfer_ == tuned.transfer_
    np.testing.assert_array_equal(source.predict(_cells(one)[0]), before)  # the source stays as it was
    assert not hasattr(source, "transfer_")
    with pytest.raises(NotFittedError):
        clone(tuned).predict(archs)
    with pytest.raises(InvalidArgument, match="fitted on"):
        tuned.predict(_cells(one)[0])


@pytest.mark.parametrize("kind", SMALL)
@pytest.mark.parametrize("name", SPACES)
def test_within_a_space_no_labels_change_nothing(kind: str, name: str):
    archs, _ = _cells(name)
    source = _source(kind, name)
    scores = source.predict(archs)
    for shown in (archs[:1], archs[5:9], as_batch(archs[:3])):
        carried = fine_tune(source, shown)
        ours = carried.predict(archs)
        ours = (ours - ours.mean()) / ours.std() * scores.std() + scores.mean()  # another scale, one order
        np.testing.assert_allclose(ours, scores, atol=10 * _spread(scores))
        assert carried.transfer_ == Transferred(space(name).name, "meaning", 0, 0.0)


@pytest.mark.parametrize("kind", ["flan", "gates", "gcn", "lstm"])
def test_what_cannot_be_learned_is_not_learned(kind: str):
    """No labels, one, equal ones, or fewer than can be checked: the network carried over, and it says so."""
    archs, y = _cells("nb201")
    source = _source(kind, "nb101")
    zero = fine_tune(source, archs[:8], epochs=1)
    for X, labels in ((archs[:1], y[:1]), (archs[:8], np.full(8, 2.0)), (archs[:2], y[:2])):
        one = fine_tune(source, X, labels, epochs=1)
        assert (one.transfer_.share, one.transfer_.labels) == (0.0, len(labels))
        for a, b in zip(one.parameters_, zero.parameters_, strict=True):
            assert all(torch.equal(a[k], b[k]) for k in a)
    assert fine_tune(source, archs[:2], y[:2], epochs=1, stop=False).transfer_.share == 1.0


def test_the_mapped_source_is_what_predicts_without_labels():
    """Against a network put together by hand: the same weights, rows by the name of the operation."""
    source, (archs, _) = _source("flan", "nb201"), _cells("tnb101")
    carried = fine_tune(source, archs[:8])
    rows = {name: row for row, name in enumerate(source._portable().rows)}
    by_hand = dict(source.parameters_[0])
    by_hand["op.table"] = by_hand["op.table"][[rows[name] for name in carried._portable().rows]]
    assert {"none", "skip", "conv1x1", "conv3x3"} == set(carried._portable().rows)
    score = carried._network().score
    expected = score(by_hand, *carried._tensors(archs)).double().numpy()
    found = carried._score(carried._tensors(archs))[0]
    np.testing.assert_allclose(found, expected, atol=_spread(expected))


def test_trained_on_costs_it_knows_costs_elsewhere():
    """A quantity that means the same in both spaces: known without labels, and better than by few of them."""
    (archs, y), (others, z) = _cells("tnb101"), _cells("nb201")
    source = FLAN(timesteps=1, layers=2, epochs=12, lr=5e-3).fit(archs[:60], y[:60])
    zero = fine_tune(source, others[:10])
    assert _tau(z, zero.predict(others)) > 0.4
    drawn = fine_tune(source, others[:10], mapping="none")
    assert _tau(z, zero.predict(others)) > _tau(z, drawn.predict(others))


def test_a_source_that_misleads_is_left_and_one_that_knows_is_kept():
    (archs, y), (others, z) = _cells("tnb101"), _cells("nb201")
    taus = {}
    for sign in (1, -1):
        source = FLAN(timesteps=1, layers=2, epochs=12, lr=5e-3).fit(archs[:60], sign * y[:60])
        tuned = fine_tune(source, others[:32], z[:32], epochs=10)
        taus[sign] = tuned.transfer_.share, _tau(z[32:], tuned.predict(others[32:]))
    assert taus[-1][0] > 0.8
    assert taus[-1][1] > 0.2
    assert taus[1][1] > taus[-1][1]


def test_trials_in_company_equal_trials_alone():
    archs, y = _cells("nb201")
    source = _source("flan", "nb101")
    trials = [(source, archs[i : i + 6], y[i : i + 6], i) for i in (0, 6)] + [(source, archs[:9], y[:9], 5)]
    together = fine_tune_trials(trials, epochs=2)
    for (_, X, labels, seed), model in zip(trials, together, strict=True):
        alone = fine_tune(source, X, labels, epochs=2, seed=seed)
        scores = alone.predict(archs)
        np.testing.assert_allclose(model.predict(archs), scores, atol=100 * _spread(scores))
        assert model.transfer_.share == pytest.approx(alone.transfer_.share, abs=1e-6)


def test_members_go_each_their_way_and_agree_on_a_spread():
    archs, y = _cells("nb101")
    source = FLAN(timesteps=1, layers=1, epochs=1, members=2).fit(archs[:12], y[:12])
    tuned = fine_tune(source, _cells("nb201")[0][:6], _cells("nb201")[1][:6], epochs=1)
    assert len(tuned.parameters_) == 2
    assert tuned.predict(_cells("nb201")[0], return_std=True)[1].max() > 0


def test_fitting_again_forgets_the_source():
    archs, y = _cells("nb201")
    tuned = fine_tune(_source("flan", "nb101"), archs[:6], y[:6], epochs=1)
    fresh = SMALL["flan"](epochs=2, seed=tuned.seed).fit(archs[:8], y[:8])
    again = tuned.fit(archs[:8], y[:8])
    np.testing.assert_allclose(again.predict(archs), fresh.predict(archs), atol=1e-5)
    assert not hasattr(again, "transfer_")


def test_a_transfer_can_go_on_from_a_transfer():
    there = fine_tune(_source("flan", "nb201"), _cells("nb301")[0][:5])
    back = fine_tune(there, _cells("nb201")[0][:5])
    scores, ours = (m.predict(_cells("nb201")[0]) for m in (_source("flan", "nb201"), back))
    assert _tau(scores, ours) > 0.3  # skip and none are lost on the way
    two = fine_tune(_source("flan", "nb301"), _cells("nb201")[0][:5])
    assert (two.config_.cells, two.config_.joins) == (1, True)


def test_a_network_of_one_cell_learns_to_tell_two_apart():
    archs, _ = _cells("nb301")
    swapped = [replace(a, cells=a.cells[::-1]) for a in archs]
    there = fine_tune(_source("flan", "nb101"), archs[:5])
    np.testing.assert_allclose(there.predict(archs), there.predict(swapped), atol=1e-5)
    y = np.array([float(sum(e.op.parametrised for e in a.cells[0].edges)) for a in archs])
    tuned = fine_tune(_source("flan", "nb101"), archs[:40], y[:40], epochs=10, stop=False)
    assert _tau(tuned.predict(archs), tuned.predict(swapped)) < 0.9


def test_supplements_of_one_width_go_along_and_others_are_refused():
    one, other = _cells("nb201"), _cells("tnb101")
    source = FLAN(Adjacency(), timesteps=1, layers=1, epochs=1).fit(one[0][:8], one[1][:8])
    with pytest.raises(InvalidArgument, match=r"supplement\.0\.weight has shape \(\d+, 128\) in the source"):
        fine_tune(source, other[0][:8], other[1][:8], epochs=1)
    same = fine_tune(source, one[0][8:16], one[1][8:16], epochs=1)
    assert np.isfinite(same.predict(one[0])).all()
    with pytest.raises(InvalidArgument, match="one width"):
        fine_tune(source, one[0][:8], one[1][:8], epochs=1, params={"supplement": GraphFeatures()})


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"mapping": "name"}, "mapping='name'"),
        ({"stop": "early"}, "stop='early'"),
        ({"epochs": 0}, "epochs=0"),
        ({"batch_size": 1}, "batch_size=1"),
        ({"lr": 0.0}, r"lr=0\.0"),
        ({"seed": -1}, "seed=-1"),
    ],
)
def test_refuses_options_out_of_range(given, message: str, as_users_call_it):
    archs, y = _cells("nb201")
    with pytest.raises(InvalidArgument, match=message):
        fine_tune(_source("flan", "nb101"), archs[:6], y[:6], **given)


def test_refuses_what_it_cannot_carry(as_users_call_it):
    archs, y = _cells("nb201")
    with pytest.raises(NotFittedError):
        fine_tune(FLAN(), archs[:6], y[:6])
    ridge: Any = Ridge().fit(np.eye(4), np.arange(4.0))
    with pytest.raises(InvalidArgument, match="a Ridge cannot be carried over"):
        fine_tune(ridge, archs[:6], y[:6])
    source = _source("flan", "nb101")
    for labels in (y[:5], np.array([1.0, np.nan, 2, 3, 4, 5])):
        with pytest.raises(InvalidArgument, match="y"):
            fine_tune(source, archs[:6], labels)
    with pytest.raises(InvalidArgument, match="one finite number"):
        fine_tune(source, archs[:1], [np.nan])
    with pytest.raises(InvalidArgument, match="empty"):
        fine_tune(source, [], [])
