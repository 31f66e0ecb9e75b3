"""Short trainings: what they measure, that they repeat, and what happens when one diverges."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from archenc.errors import InvalidArgument
from archenc.networks import datasets
from archenc.networks.training import Recipe, train

DATA = datasets.digits(96, 64)


def linear() -> nn.Module:
    network = nn.Sequential(nn.Flatten(), nn.Linear(64, 10))
    with torch.no_grad():
        network[1].weight.zero_()
        network[1].bias.zero_()
    return network


def test_a_linear_network_by_hand():
    """Three steps of Nesterov's SGD with a falling rate, written out."""
    recipe = Recipe(epochs=3, batch_size=96, lr=0.5, momentum=0.9, weight_decay=0.1)
    found = train([linear()], DATA, recipe, seed=2)
    x = np.c_[DATA.train.x.reshape(96, -1), np.ones(96)].astype(np.float64)
    target = np.eye(10)[DATA.train.y]
    weights, velocity = np.zeros((65, 10)), np.zeros((65, 10))
    for epoch in range(3):
        shares = np.exp(x @ weights)
        shares /= shares.sum(1, keepdims=True)
        loss = -np.log(shares[np.arange(96), DATA.train.y]).mean()
        gradient = x.T @ (shares - target) / 96 + 0.1 * weights
        velocity = 0.9 * velocity + gradient
        weights -= 0.25 * (1 + math.cos(math.pi * epoch / 3)) * (gradient + 0.9 * velocity)
    assert found["train", "loss", 3] == pytest.approx([loss], rel=1e-5)
    logits = np.c_[DATA.val.x.reshape(64, -1), np.ones(64)] @ weights
    assert found["val", "accuracy", 3] == pytest.approx([(logits.argmax(1) == DATA.val.y).mean() * 100])


def test_checkpoints_are_measured_and_the_test_part_at_the_end_only():
    found = train([linear()], DATA, Recipe(epochs=4, batch_size=32, checkpoints=(1, 2)))
    assert {key for key in found if key[0] == "val"} == {
        ("val", quantity, epoch) for quantity in ("loss", "accuracy") for epoch in (1, 2, 4)
    }
    assert {key for key in found if key[0] == "test"} == {("test", "loss", 4), ("test", "accuracy", 4)}


def test_a_training_depends_on_its_seed_alone():
    recipe = Recipe(epochs=2, batch_size=16)
    one, again, other = (train([linear()], DATA, recipe, seed)["val", "loss", 2] for seed in (0, 0, 1))
    assert one == again != other


def test_what_diverges_is_missing_and_not_chance():
    class Explodes(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.scale = nn.Parameter(torch.ones(1))

        def forward(self, x):
            return F.one_hot(torch.zeros(len(x), dtype=torch.int64), 10) * self.scale * torch.inf

    found = train([Explodes()], DATA, Recipe(epochs=1, batch_size=32))
    assert all(np.isnan(values).all() for values in found.values())


@pytest.mark.parametrize(
    "wrong", [{"epochs": 0}, {"batch_size": 1}, {"checkpoints": (0,)}, {"checkpoints": (13,)}]
)
def test_recipes_out_of_range_are_refused(wrong):
    with pytest.raises(InvalidArgument):
        Recipe(**wrong)


def test_more_examples_a_step_than_there_are():
    with pytest.raises(InvalidArgument, match="batch_size=97"):
        train([linear()], DATA, Recipe(batch_size=97))
