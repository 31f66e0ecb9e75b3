"""LSTM and GCN: the contract, every space, and what they are said to compute."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
import torch

from archenc.errors import InvalidArgument
from archenc.graph import Architecture, as_batch
from archenc.predictors import GCN, LSTM, Predictor
from archenc.predictors.baselines.lstm import tokens
from archenc.spaces import space
from archenc.testing.predictor_kit import PredictorKit

SPACES = ("nasbench101", "nasbench201", "nasbench301", "transnasbench101", "transnasbench101_macro")


@cache
def _sample() -> tuple[list[Architecture], np.ndarray]:
    archs = space("nasbench201").sample(100, 0)
    weight = {"conv3x3": 3.0, "conv1x1": 1.5, "avg_pool3x3": -1.0}
    cost = [sum(weight.get(edge.op.name, 0.0) for edge in arch.cells[0].edges) for arch in archs]
    return archs, np.array(cost) + 1e-3 * np.random.default_rng(0).random(len(archs))


class TestLstm(PredictorKit):
    n_few = 8
    rtol = 1e-3

    def make_predictor(self, seed: int = 0) -> Predictor:
        return LSTM(epochs=25, lr=1e-2, hidden=32, embedding=16, members=2, seed=seed)

    def data(self) -> tuple[list[Architecture], np.ndarray]:
        return _sample()


class TestGcn(TestLstm):
    def make_predictor(self, seed: int = 0) -> Predictor:
        return GCN(epochs=40, lr=1e-2, hidden=32, layers=2, members=2, seed=seed)


class TestGcnWithoutGlobalNode(TestLstm):
    def make_predictor(self, seed: int = 0) -> Predictor:
        return GCN(epochs=40, lr=1e-2, hidden=32, layers=2, members=2, global_node=False, seed=seed)


@pytest.mark.parametrize("name", SPACES)
@pytest.mark.parametrize("kind", [LSTM, GCN])
def test_every_space(name: str, kind: type) -> None:
    archs = space(name).sample(12, 0)
    y = np.arange(12.0)
    model = kind(epochs=2, hidden=8).fit(archs, y)
    assert np.isfinite(model.predict(archs)).all()
    one = model.predict(archs[:1])
    np.testing.assert_allclose(one, model.predict(archs)[:1], atol=1e-4)


def test_tokens_are_those_of_the_papers() -> None:
    nb201 = as_batch(space("nasbench201").sample(7, 0))
    assert tokens(nb201).shape[:2] == (7, 6)
    batch = as_batch(space("nasbench101").sample(30, 0)).pad(7)
    code = tokens(batch)
    assert code.shape[:2] == (30, 26)
    assert (code.sum(-1) == 1).all()
    assert (code[:, :21, 1] == 1).sum() == batch.adjacency.sum()


def test_the_lstm_is_that_of_the_framework() -> None:
    archs, y = _sample()
    model = LSTM(epochs=1, hidden=6, embedding=5).fit(archs[:8], y[:8])
    p = model.parameters_[0]
    twin = torch.nn.LSTM(5, 6, batch_first=True)
    with torch.no_grad():
        twin.weight_ih_l0.copy_(p["input.weight"].T)
        twin.weight_hh_l0.copy_(p["state.weight"].T)
        twin.bias_ih_l0.copy_(p["input.bias"])
        twin.bias_hh_l0.zero_()
        words = torch.as_tensor(tokens(as_batch(archs))) @ p["op_table"]
        last = twin(words)[1][0][0]
        hidden = torch.relu(last @ p["head.0.weight"] + p["head.0.bias"])
        expected = (hidden @ p["head.1.weight"] + p["head.1.bias"])[:, 0].numpy()
    np.testing.assert_allclose(model._score(model._tensors(archs))[0], expected, atol=1e-5)


def test_isomorphic_cells_score_alike_in_the_gcn_and_not_in_the_lstm() -> None:
    nb101 = space("nasbench101")
    twins = [nb101.parse(text) for text in ("1100-010-01-1|c3,c1,mp", "1100-001-10-1|c1,c3,mp")]
    archs = nb101.sample(10, 0)
    for model, same in (
        (GCN(epochs=2), True),
        (GCN(epochs=2, global_node=False), True),
        (LSTM(epochs=2), False),
    ):
        scores = model.fit(archs, np.arange(10.0)).predict(twins)
        assert np.isclose(scores[0], scores[1], atol=1e-5) == same


@pytest.mark.parametrize(("option", "value"), [("hidden", 0), ("batch_size", 1), ("lr", 0), ("dropout", 1.0)])
@pytest.mark.parametrize("kind", [LSTM, GCN])
def test_refuses_an_illegal_option_by_name(kind: type, option: str, value: object) -> None:
    archs, y = _sample()
    with pytest.raises(InvalidArgument, match=option):
        kind().set_params(**{option: value}).fit(archs[:8], y[:8])


def test_refuses_another_space() -> None:
    archs, y = _sample()
    model = GCN(epochs=1).fit(archs[:8], y[:8])
    with pytest.raises(InvalidArgument, match="transnasbench101"):
        model.predict(space("transnasbench101").sample(2, 0))
