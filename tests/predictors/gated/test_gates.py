"""GATES as an estimator: the contract, the published sizes, trials in company, and bad input."""

from __future__ import annotations

from functools import cache
from typing import ClassVar

import numpy as np
import pytest
import torch

from archenc.errors import InvalidArgument
from archenc.graph import Architecture, as_batch
from archenc.predictors import GATES, TAGATES, GatesPP
from archenc.predictors.gated import network
from archenc.predictors.layers import count
from archenc.spaces import space
from archenc.testing.predictor_kit import PredictorKit

OPS = ["skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3"]
SPACES = ["nb101", "nb201", "nb301", "tnb101", "tnb101_macro"]


@cache
def sample() -> tuple[list[Architecture], np.ndarray]:
    """Cells with a cost that only the wiring decides: weighted convolutions on live paths, all distinct."""
    archs = space("nasbench201").sample(160, 0)
    batch = as_batch(archs, "op_on_node", rewire=True)
    linked = batch.adjacency[:, 0].any(1) | batch.adjacency[:, 0].any(2)
    weight = np.zeros(64)
    for o in space("nasbench201").node_ops:
        weight[o.index] = {"conv3x3": 3.0, "conv1x1": 1.5, "avg_pool3x3": -1.0}.get(o.name, 0.0)
    cost = (weight[batch.ops[:, 0, 1:7]] * linked[:, 1:7]).sum(1)
    return archs, cost + 1e-3 * np.random.default_rng(0).random(len(archs))


class TestGates(PredictorKit):
    has_std = True
    n_few = 8
    rtol = 1e-3  # float32, and other shapes choose other kernels
    min_tau: ClassVar[float] = 0.6

    def make_predictor(self, seed: int = 0) -> GATES:
        return GATES(epochs=30, lr=1e-2, layers=3, flow_width=32, head=(32,), members=2, seed=seed)

    def data(self) -> tuple[list[Architecture], np.ndarray]:
        return sample()


def _fit(name: str = "nb201", n: int = 8, **options: object) -> tuple[GATES, list[Architecture]]:
    archs = space(name).sample(40, 0)
    y = np.random.default_rng(0).random(n)
    return GATES(epochs=2).set_params(**options).fit(archs[:n], y), archs


@pytest.mark.parametrize(
    ("name", "options", "total"),
    [
        ("nb101", {}, 140_913),
        ("nb101", {"layers": 4}, 118_129),
        ("nb201", {}, 514_425),
    ],
)
def test_published_sizes(name: str, options: dict[str, object], total: int) -> None:
    assert count(_fit(name, **options)[0].parameters_[0]) == total


@pytest.mark.parametrize("name", SPACES)
def test_it_fits_eight_and_tells_the_others_apart(name: str, tmp_path) -> None:
    model, archs = _fit(name)
    scores = model.predict(archs)
    assert len(np.unique(scores)) > 30
    model.save(tmp_path / "gates")
    np.testing.assert_array_equal(GATES.load(tmp_path / "gates").predict(archs), scores)
    alone = np.concatenate([model.predict([arch]) for arch in archs])
    np.testing.assert_allclose(alone, scores, atol=2e-3 * scores.std())
    np.testing.assert_allclose(model.predict(as_batch(archs)), scores, atol=2e-3 * scores.std())


def test_trials_in_company_equal_trials_alone() -> None:
    archs, y = sample()
    model = GATES(epochs=3, layers=2, head=(16,))
    rows = [np.random.default_rng(t).permutation(100)[:20] for t in range(3)]
    together = model.fit_trials([([archs[i] for i in r], y[r], t) for t, r in enumerate(rows)])
    for t, r in enumerate(rows):
        alone = GATES(epochs=3, layers=2, head=(16,), seed=t).fit([archs[i] for i in r], y[r])
        np.testing.assert_allclose(together[t].predict(archs), alone.predict(archs), atol=2e-3)


@pytest.mark.parametrize("loss", ["hinge", "squared_hinge", "three_way", "bce", "mse", "listmle"])
def test_every_loss_learns(loss: str) -> None:
    archs, y = sample()
    y = (y - y.min() + 1) / (np.ptp(y) + 2)
    model = GATES(epochs=60, lr=3e-3, layers=3, flow_width=32, head=(32,), loss=loss).fit(archs[:48], y[:48])
    assert np.corrcoef(model.predict(archs[48:]), y[48:])[0, 1] > 0.5


@pytest.mark.parametrize("read_out", ["paper", "mean", "output", "concat"])
@pytest.mark.parametrize("name", ["nb101", "nb301"])
def test_every_read_out_scores(name: str, read_out: str) -> None:
    model, archs = _fit(name, read_out=read_out, residual="all")
    assert len(np.unique(model.predict(archs))) > 30


@pytest.mark.parametrize("name", SPACES)
def test_without_gates_the_wiring_alone_has_a_say(name: str) -> None:
    open_, archs = _fit(name, gate=False)
    gated, _ = _fit(name)
    changed = gated.predict(archs) != open_.predict(archs)
    assert changed.any()
    tensors = open_._tensors(archs)
    wiring = [str(tuple(t[i].tolist() for t in (*tensors[:2], tensors[3]))) for i in range(len(archs))]
    scores: dict[str, list[float]] = {}
    for key, score in zip(wiring, open_.predict(archs), strict=True):
        scores.setdefault(key, []).append(score)
    assert all(np.ptp(same) < 1e-4 * open_.predict(archs).std() + 1e-9 for same in scores.values())


@pytest.mark.parametrize("model", [GATES, TAGATES, GatesPP])
def test_an_open_gate_passes_on_the_sum_of_what_comes_in(model: type) -> None:
    """By the formula, one layer: the output receives what the input sends along the edge that joins them."""
    home = space("nb201")
    archs = [home.parse(f"|none~0|+|none~0|none~1|+|{op}~0|none~1|none~2|") for op in OPS]
    options = {"aux_targets": False} if model is GatesPP else {}
    made = model(gate=False, layers=1, epochs=1, **options).fit(archs, np.arange(len(archs)) / 9)
    p = made.parameters_[0]
    entered = p["node.input"][0, 0] @ p["node.0.weight"] + p["node.0.bias"]
    config, tensors = made.config_, made._tensors(archs)
    received = network.embed(config, p, *tensors)[0]
    expected = (entered @ p["forward.0.weight"]).expand_as(received)
    torch.testing.assert_close(received, expected, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("name", SPACES)
def test_no_residual_leaves_the_inputs_theirs(name: str) -> None:
    bare, archs = _fit(name, residual=0)
    assert bare.config_.residual == bare.config_.inputs
    scores = bare.predict(archs)
    assert len(np.unique(scores)) > 20
    np.testing.assert_array_equal(scores, _fit(name, residual=bare.config_.inputs)[0].predict(archs))
    assert not np.allclose(scores, _fit(name, residual="all")[0].predict(archs))


def test_who_receives_from_itself_needs_no_residual() -> None:
    archs = space("nb101").sample(40, 0)
    model = TAGATES(epochs=2, residual=0, backward_residual=0, timesteps=2, flow_width=16, head=(16,))
    model.fit(archs[:8], np.random.default_rng(0).random(8))
    assert (model.config_.residual, model.config_.backward_residual) == (0, 0)
    assert len(np.unique(model.predict(archs))) > 30


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("layers", 0),
        ("residual", 9),
        ("gate", 0.5),
        ("plus_i", True),
        ("read_out", "max"),
        ("head", 200),
        ("head", (0,)),
        ("loss", "l1"),
        ("pairs", 0),
        ("pair_choice", "smallest"),
        ("batch_size", 1),
        ("decay", "linear"),
        ("members", 1.5),
        ("lr", -1.0),
        ("dropout", 1.0),
        ("seed", -1),
    ],
)
def test_refuses_an_illegal_option_by_name(option: str, value: object) -> None:
    with pytest.raises(InvalidArgument, match=option):
        _fit(**{option: value})


def test_regression_wants_labels_in_the_unit_interval() -> None:
    archs, y = sample()
    with pytest.raises(InvalidArgument, match=r"\[0, 1\]"):
        GATES(epochs=1, loss="mse").fit(archs[:8], y[:8] + 90)


def test_another_space_is_refused() -> None:
    with pytest.raises(InvalidArgument, match="nasbench101"):
        _fit()[0].predict(space("nb101").sample(3, 0))
