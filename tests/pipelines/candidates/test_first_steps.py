"""The first steps of a training: what they reward, what they leave alone, what has none."""

from __future__ import annotations

import copy
import math

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from archenc.pipelines.candidates.describing import describe
from archenc.pipelines.candidates.first_steps import RATES, STEPS, first_steps
from archenc.proxies import Inputs
from archenc.proxies.base import Undefined

BATCH = Inputs.noise((1, 4, 4), 0, batch=16, n_classes=4)


def net(width: int = 16, *, dropout: float = 0.0) -> nn.Module:
    torch.manual_seed(0)
    layers = nn.Flatten(), nn.Linear(16, width), nn.ReLU(), nn.Dropout(dropout), nn.Linear(width, 4)
    return nn.Sequential(*layers)


def test_it_is_the_mean_loss_at_the_better_rate() -> None:
    assert BATCH.y is not None
    means = []
    for rate in RATES:
        network = net()
        optimiser, total = torch.optim.AdamW(network.parameters(), lr=rate), 0.0
        for _ in range(STEPS + 1):
            loss = F.cross_entropy(network(BATCH.x), BATCH.y)
            total += loss.item()
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        means.append(total / (STEPS + 1))
    assert first_steps(net(), BATCH) == pytest.approx(-min(means), abs=1e-6)


def test_a_network_that_learns_faster_scores_higher() -> None:
    class Saturated(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = net()

        def forward(self, x: Tensor) -> Tensor:
            return 1e-4 * self.inner(x)

    assert first_steps(net(64), BATCH) > first_steps(net(16), BATCH) > first_steps(net(2), BATCH)
    assert first_steps(net(16), BATCH) > first_steps(Saturated(), BATCH)


def test_nothing_is_changed_and_the_same_comes_again() -> None:
    network = net(dropout=0.5).eval()
    before, state = copy.deepcopy(network.state_dict()), torch.get_rng_state()
    with torch.no_grad():
        one, two = first_steps(network, BATCH), first_steps(network, BATCH)
    assert one == two != first_steps(network, BATCH, seed=1)
    assert torch.equal(torch.get_rng_state(), state)
    assert not network.training
    assert all(torch.equal(before[name], value) for name, value in network.state_dict().items())
    assert all(weight.grad is None for weight in network.parameters())


def test_what_cannot_be_trained_has_none() -> None:
    class Broken(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight = nn.Parameter(torch.zeros(16, 4))

        def forward(self, x: Tensor) -> Tensor:
            return x.flatten(1) @ self.weight / 0.0

    class Aside(Broken):
        def forward(self, x: Tensor) -> Tensor:
            return x.flatten(1)[:, :4]

    for network, reason in (
        (net().requires_grad_(False), "no weights that are trained"),
        (Broken(), "not finite"),
        (Aside(), "does not depend on any weight"),
    ):
        with pytest.raises(Undefined, match=reason):
            first_steps(network, BATCH)
    with pytest.raises(Undefined, match="no labels"):
        first_steps(net(), Inputs.tensors(BATCH.x))


def test_a_description_says_why_there_is_none() -> None:
    found = describe(net(), BATCH, ["first_steps", "snip"])
    assert math.isfinite(found.features["score_first_steps"])
    lost = describe(net().requires_grad_(False), BATCH, ["first_steps"])
    assert math.isnan(lost.features["score_first_steps"])
    assert lost.reasons == {"first_steps": "the network has no weights that are trained"}
