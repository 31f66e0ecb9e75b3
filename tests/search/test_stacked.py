"""Networks trained together learn what each would learn alone, by gradients that autograd agrees with."""

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch

from archenc.predictors.training import batches
from archenc.search.surrogates import stacked
from archenc.search.surrogates.stacked import Recipe, predict, train

RECIPES = {
    "naszilla": Recipe((7, 5), epochs=3, batch=8),
    "cole": Recipe((6,), absolute=0.2, squared=1.0, epochs=3, batch=8, decay=0.1),
    "dngo": Recipe((6,), "tanh", absolute=0.0, squared=1.0, epochs=3, batch=8, start="fan_in"),
}


def problem(n: int = 21, width: int = 4, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, width)), rng.normal(size=n)


def by_autograd(X: np.ndarray, y: np.ndarray, seed: int, recipe: Recipe) -> np.ndarray:
    """Train one network as one writes it down, and return what it says of X."""
    widths = [X.shape[1], *recipe.hidden, 1]
    shapes = list(pairwise(widths))
    generator = torch.Generator().manual_seed(seed)
    start = stacked._start(shapes, recipe.start, generator)
    layers = [torch.nn.Linear(into, out) for into, out in shapes]
    for layer, (kernel, bias) in zip(layers, stacked._cut(start[None], shapes), strict=True):
        layer.weight.data, layer.bias.data = kernel[0].mT.clone(), bias[0, 0].clone()
    act: Any = torch.nn.ReLU if recipe.activation == "relu" else torch.nn.Tanh
    network = torch.nn.Sequential(*[part for layer in layers for part in (layer, act())][:-1])
    optimiser = torch.optim.AdamW(
        network.parameters(), lr=recipe.lr, betas=recipe.betas, weight_decay=recipe.decay
    )
    inputs, labels = torch.as_tensor(X).float(), torch.as_tensor(y).float()
    for _ in range(recipe.epochs):
        order = torch.randperm(len(y), generator=generator)
        for cut in batches(len(y), recipe.batch):
            off = network(inputs[order[cut]])[:, 0] - labels[order[cut]]
            optimiser.zero_grad()
            (recipe.absolute * off.abs().mean() + recipe.squared * off.square().mean()).backward()
            optimiser.step()
    return network(inputs)[:, 0].detach().numpy()


@pytest.mark.parametrize("name", RECIPES)
def test_learns_what_autograd_would_teach(name: str) -> None:
    recipe = RECIPES[name]
    (X, y), (other, labels) = problem(), problem(seed=1)
    layers = train([X, other, X], [y, labels, y], [3, 4, 5], recipe)
    found = predict(layers, X, recipe.activation)
    for place, seed in ((0, 3), (2, 5)):
        np.testing.assert_allclose(found[place], by_autograd(X, y, seed, recipe), atol=1e-4)


def test_company_and_parts_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = RECIPES["cole"]
    X, y = problem()
    together = predict(train([X] * 5, [y] * 5, list(range(5)), recipe), X, "relu")
    monkeypatch.setattr(stacked, "_CACHE", 2000)
    apart = predict(train([X] * 5, [y] * 5, list(range(5)), recipe), X, "relu")
    np.testing.assert_allclose(apart, together, atol=1e-5)
    assert np.std(together, axis=0).min() > 0
