"""COLE's perceptron: its contract, its network, and training that does not depend on company."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch

from archenc.errors import InvalidArgument
from archenc.predictors.tabular.cole_mlp import COLEMLP
from archenc.testing.predictor_kit import TabularPredictorKit


class TestConformance(TabularPredictorKit):
    min_tau = 0.5
    has_std = False

    def make_predictor(self, seed: int = 0) -> COLEMLP:
        return COLEMLP(hidden=16, epochs=30, lr=5e-3, seed=seed)


def data(n: int = 60, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 5))
    return X, 90 + 3 * np.tanh(X[:, 0] - X[:, 1])


def test_the_network_is_the_published_one() -> None:
    X, y = data()
    model = COLEMLP(epochs=2).fit(X, y)
    assert model.widths_ == [5, 128, 128, 128, 1]
    flat, at, layers = torch.as_tensor(model.parameters_), 0, []
    for d_in, d_out in pairwise(model.widths_):
        linear = torch.nn.Linear(d_in, d_out, dtype=torch.float64)
        linear.weight.data = flat[at : at + d_in * d_out].reshape(d_in, d_out).T
        linear.bias.data = flat[at + d_in * d_out : at + (d_in + 1) * d_out]
        at += (d_in + 1) * d_out
        layers += [linear, torch.nn.LeakyReLU(0.01)]
    assert at == len(flat)
    with torch.inference_mode():
        twin = torch.nn.Sequential(*layers[:-1])(torch.as_tensor(X))[:, 0].numpy()
    scores = model.predict(X)
    np.testing.assert_allclose(scores, (twin - twin.mean()) / twin.std() * y.std() + y.mean(), rtol=1e-9)


def test_training_is_that_of_a_plain_loop() -> None:
    """All pairs of one batch, without dropout: the stacked loop equals torch's own from the same start."""
    from archenc.predictors.tabular import cole_mlp_training

    X, y = data(9)
    start = cole_mlp_training._initialise([5, 8, 8, 1], 4)
    modules: list[torch.nn.Module] = []
    for layer in range(3):
        kernel = start[f"kernel{layer}"]
        linear = torch.nn.Linear(*kernel.shape)
        linear.weight.data, linear.bias.data = kernel.T.clone(), start[f"bias{layer}"].clone()
        modules += [linear, torch.nn.LeakyReLU(0.01)]
    twin = torch.nn.Sequential(*modules[:-1])
    optimiser = torch.optim.Adam(twin.parameters(), lr=0.01)
    inputs, labels = torch.as_tensor(X, dtype=torch.float32), torch.as_tensor(y)
    clipped = 0
    for _ in range(6):
        scores = twin(inputs)[:, 0]
        better = labels[:, None] > labels[None]
        loss = torch.relu(0.1 - (scores[:, None] - scores[None]))[better].mean()
        optimiser.zero_grad()
        loss.backward()
        clipped += float(torch.nn.utils.clip_grad_norm_(twin.parameters(), 0.05)) > 0.05
        optimiser.step()
    assert clipped > 0
    model = COLEMLP(hidden=8, layers=2, dropout=0.0, epochs=6, batch_size=9, lr=0.01, clip=0.05, seed=4).fit(
        X, y
    )
    mine = cole_mlp_training._flat(
        {
            f"{name}{layer}": (parameter.T if name == "kernel" else parameter).detach()
            for layer, linear in enumerate(modules[::2])
            for name, parameter in (("kernel", linear.weight), ("bias", linear.bias))
        },
        3,
    )
    # the last bias moves no pair apart: its gradient is rounding
    np.testing.assert_allclose(model.parameters_[:-1], mine[:-1], atol=1e-5)


def test_trials_together_are_trials_alone() -> None:
    trials: list[Any] = [(*data(40, seed), seed) for seed in (1, 2, 3)] + [(*data(33, 4), 9)]
    options = {"hidden": 16, "epochs": 5}
    together = COLEMLP(**options).fit_trials(trials)
    new = data(20, 7)[0]
    for model, (X, y, seed) in zip(together, trials, strict=True):
        alone = COLEMLP(**options, seed=seed).fit(X, y)
        np.testing.assert_allclose(model.predict(new), alone.predict(new), rtol=1e-3)
        assert model.seed == seed


def test_a_fixed_order_is_the_order_of_the_rows() -> None:
    X, y = data(40)
    fixed, mixed = (
        COLEMLP(hidden=8, epochs=3, shuffle=shuffle).fit(X, y).parameters_ for shuffle in (False, True)
    )
    assert np.abs(fixed - mixed).max() > 1e-4


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"hidden": 0}, "hidden=0"),
        ({"layers": 0}, "layers=0"),
        ({"dropout": 1.0}, "dropout=1.0"),
        ({"epochs": 0}, "epochs=0"),
        ({"batch_size": 1}, "batch_size=1"),
        ({"lr": 0.0}, "lr=0.0"),
        ({"margin": -1.0}, "margin=-1.0"),
        ({"clip": 0.0}, "clip=0.0"),
        ({"target": "log"}, "target='log'"),
    ],
)
def test_bad_arguments_are_refused(options: dict[str, Any], match: str) -> None:
    with pytest.raises(InvalidArgument, match=match):
        COLEMLP(**options).fit(*data())
