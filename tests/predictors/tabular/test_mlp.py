from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import torch
from scipy.stats import kendalltau

from archenc.errors import InvalidArgument
from archenc.predictors import MLP
from archenc.testing.predictor_kit import TabularPredictorKit


class TestConformance(TabularPredictorKit):
    min_tau = 0.6

    def make_predictor(self, seed: int = 0) -> MLP:
        return MLP(hidden=32, epochs=30, lr=5e-3, members=2, seed=seed)


def _data() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(5)
    X = rng.normal(size=(260, 4))
    y = 0.9 + 0.05 * np.tanh(X[:, 0] - X[:, 1])
    return X[:60], y[:60], X[60:], y[60:]


def _torch_twin(model: MLP, member: int) -> torch.nn.Sequential:
    """Build the network as torch would, from the weights into which the normalisation was folded."""
    flat, at, layers = torch.as_tensor(model.parameters_[member]), 0, []
    for d_in, d_out in pairwise(model.widths_):
        layer = torch.nn.Linear(d_in, d_out, dtype=torch.float64)
        layer.weight.data = flat[at : at + d_in * d_out].reshape(d_in, d_out).T
        layer.bias.data = flat[at + d_in * d_out : at + (d_in + 1) * d_out]
        at += (d_in + 1) * d_out
        layers += [layer, torch.nn.ReLU()]
    assert at == len(flat)
    return torch.nn.Sequential(*layers[:-1])


def test_scores_are_those_of_the_network() -> None:
    X, y, new, _ = _data()
    model = MLP(epochs=3, loss="mse").fit(X, y)
    assert model.widths_ == [4, 128, 128, 128, 1]
    Z = torch.as_tensor((new - X.mean(axis=0)) / X.std(axis=0))
    with torch.inference_mode():
        expected = y.mean() + y.std() * _torch_twin(model, 0)(Z)[:, 0].numpy()
    np.testing.assert_allclose(model.predict(new), expected, atol=1e-12)


def test_training_is_that_of_torch_modules() -> None:
    """One step a batch of all rows, squared loss: the stacked loop equals a plain one from the same start."""
    from archenc.predictors.tabular import mlp_training

    rng = np.random.default_rng(0)
    Z, y = rng.normal(size=(12, 3)), rng.normal(size=12)
    widths = [3, 8, 8, 1]
    start = mlp_training._initialise(widths, [4])
    modules: list[torch.nn.Module] = []
    for layer in start:
        linear = torch.nn.Linear(layer[0].shape[1], layer[0].shape[2])
        linear.weight.data, linear.bias.data = layer[0][0].detach().T.clone(), layer[1][0, 0].detach().clone()
        modules += [linear]
        if len(layer) == 4:
            modules += [torch.nn.BatchNorm1d(layer[0].shape[2]), torch.nn.ReLU()]
    twin = torch.nn.Sequential(*modules)
    inputs, labels = torch.as_tensor(Z, dtype=torch.float32), torch.as_tensor(y, dtype=torch.float32)
    optimiser = torch.optim.AdamW(twin.parameters(), lr=1e-2, weight_decay=1e-3)
    cosine = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, 5, 1e-6)
    for _ in range(5):
        optimiser.zero_grad()
        ((twin(inputs)[:, 0] - labels) ** 2).mean().backward()
        optimiser.step()
        cosine.step()
    flat = mlp_training.train(
        Z, y, loss="mse", widths=widths, epochs=5, batch_size=12, lr=1e-2, weight_decay=1e-3, seeds=[4]
    )
    from archenc.predictors.tabular.mlp import forward

    with torch.no_grad():
        expected = twin(inputs)[:, 0].numpy()  # in training mode: the statistics of all rows
    np.testing.assert_allclose(forward(flat[0], widths, Z), expected, atol=1e-4)


@pytest.mark.parametrize("loss", ["hinge", "mse"])
def test_scores_are_on_the_scale_of_the_labels(loss: str) -> None:
    X, y, new, true = _data()
    model = MLP(hidden=32, epochs=60, lr=5e-3, loss=loss).fit(X, y)
    assert model.predict(X).mean() == pytest.approx(y.mean(), abs=0.01)
    assert model.predict(X).std() == pytest.approx(y.std(), rel=0.2)
    assert kendalltau(true, model.predict(new)).statistic > 0.6


def test_the_hinge_learns_from_order_alone() -> None:
    X, y, new, _ = _data()
    plain, bent = (MLP(hidden=16, epochs=5).fit(X, labels).predict(new) for labels in (y, np.exp(30 * y)))
    assert kendalltau(plain, bent).statistic == pytest.approx(1)


def test_a_member_learns_the_same_in_any_company() -> None:
    X, y, _, _ = _data()
    from archenc.predictors.tabular.mlp_training import train

    def weights(seeds: list[int]) -> np.ndarray:
        options = {"loss": "hinge", "epochs": 3, "batch_size": 8, "lr": 1e-3, "weight_decay": 1e-5}
        return train(X, (y - y.mean()) / y.std(), widths=[4, 16, 1], seeds=seeds, **options)

    np.testing.assert_allclose(weights([7, 8, 9])[1], weights([8])[0], atol=1e-4)


def test_the_result_does_not_depend_on_the_number_of_threads() -> None:
    X, y, new, _ = _data()
    before = torch.get_num_threads()
    scores = []
    try:
        for threads in (1, 2):
            torch.set_num_threads(threads)
            scores.append(MLP(hidden=16, epochs=3).fit(X, y).predict(new))
            assert torch.get_num_threads() == threads
    finally:
        torch.set_num_threads(before)
    np.testing.assert_array_equal(*scores)


def test_the_global_generator_of_torch_is_left_alone() -> None:
    X, y, _, _ = _data()
    before = torch.get_rng_state()
    MLP(hidden=8, epochs=1).fit(X, y)
    assert torch.equal(torch.get_rng_state(), before)


def test_one_network_has_no_deviation() -> None:
    X, y, new, _ = _data()
    with pytest.raises(InvalidArgument, match="members"):
        MLP(hidden=8, epochs=1).fit(X, y).predict(new, return_std=True)


@pytest.mark.parametrize(
    "options", [{"loss": "l1"}, {"epochs": 0}, {"batch_size": 1}, {"lr": 0}, {"hidden": 0}]
)
def test_refuses_illegal_options(options: dict) -> None:
    X, y, _, _ = _data()
    with pytest.raises(InvalidArgument, match=next(iter(options))):
        MLP(**options).fit(X, y)
