"""Short trainings by stochastic gradient descent, of one network or of many in one computation."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, Protocol, final, runtime_checkable

import numpy as np
import torch
from jaxtyping import Float64
from torch import Tensor, nn
from torch.nn import functional as F

from archenc.errors import InvalidArgument, shown
from archenc.networks.datasets import Dataset, Examples
from archenc.typing import real_number

_EVALUATED = 256  # examples in a batch of evaluation


@final
@dataclass(frozen=True, slots=True)
class Recipe:
    """How a network is trained: SGD with Nesterov's momentum, the learning rate falling to 0 as a cosine.

    epochs: passes over the training examples. batch_size: examples a step; those that do not fill a last
    batch wait for the next epoch. checkpoints: epochs after which the network is measured; the last epoch
    always is. optimiser: "sgd", or "adamw" (betas 0.9 and 0.999, no use of `momentum`), with which networks
    as different as transformers and convolutions share a recipe. Raises InvalidArgument.
    """

    epochs: int = 12
    batch_size: int = 64
    lr: float = 0.1
    momentum: float = 0.9
    weight_decay: float = 5e-4
    checkpoints: tuple[int, ...] = ()
    optimiser: Literal["sgd", "adamw"] = "sgd"

    def __post_init__(self) -> None:
        if self.epochs < 1 or self.batch_size < 2:
            raise InvalidArgument(
                f"epochs={self.epochs}, batch_size={self.batch_size}: expected at least 1 and 2"
            )
        for name in ("lr", "momentum", "weight_decay"):
            real_number(name, getattr(self, name), 0)
        if not self.lr:
            raise InvalidArgument("lr=0: expected a number > 0, or nothing is learned")
        if odd := [epoch for epoch in self.checkpoints if not 1 <= epoch <= self.epochs]:
            raise InvalidArgument(f"checkpoints: {odd[0]} is no epoch of 1..{self.epochs}")
        if self.optimiser not in ("sgd", "adamw"):
            raise InvalidArgument(f"optimiser={shown(self.optimiser)}; legal: sgd, adamw")
        object.__setattr__(self, "checkpoints", tuple(sorted({*self.checkpoints, self.epochs})))

    def to_dict(self) -> dict[str, Any]:
        """Return plain values; SGD goes without saying, so that older builds keep their keys."""
        values = asdict(self) | {"checkpoints": list(self.checkpoints)}
        return {name: value for name, value in values.items() if (name, value) != ("optimiser", "sgd")}


@runtime_checkable
class Trainee(Protocol):
    """k networks that are trained together: they see the same batches and share no weight."""

    def parameters(self) -> Iterable[nn.Parameter]:
        """Return the weights of all."""
        ...

    def train(self, mode: bool = True) -> Any:
        """Switch between training and evaluation."""
        ...

    def __call__(self, x: Tensor) -> Tensor:
        """Return the logits of each network, [k, b, n_classes]."""
        ...


@final
class Alone(nn.Module):
    """One network as a trainee."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, x: Tensor) -> Tensor:
        """Return the logits, [1, b, n_classes]."""
        return self.network(x)[None]


Curves = dict[tuple[str, str, int], Float64[np.ndarray, " k"]]
"""(split, quantity, epoch) -> a value a network: loss (mean cross-entropy, nats) and accuracy (percent)."""


def train(networks: Sequence[nn.Module], data: Dataset, recipe: Recipe, seed: int = 0) -> Curves:
    """Train networks in place, each from the weights it has, and return what was measured on the way.

    networks: classifiers that take `data.input_shape`. seed: of the order of the examples, which is the same
    for every network; nothing else is random. Results are those of training one network after the other.
    A network whose outputs are no longer finite has NaN from then on. Raises InvalidArgument.
    """
    each = [fit(Alone(network), data, recipe, seed) for network in networks]
    return {name: np.concatenate([curves[name] for curves in each]) for name in (each[0] if each else ())}


def fit(trainee: Trainee, data: Dataset, recipe: Recipe, seed: int) -> Curves:
    """Train what computes k networks at once; see `train`."""
    steps = len(data.train) // recipe.batch_size
    if not steps:
        raise InvalidArgument(
            f"batch_size={recipe.batch_size}: there are {len(data.train)} training examples"
        )
    parameters = list(trainee.parameters())
    dtype = parameters[0].dtype
    # copies: arrays that a cluster shares are read-only
    x, y = torch.tensor(data.train.x, dtype=dtype), torch.tensor(data.train.y)
    optimiser = _optimiser(parameters, recipe)
    order = np.random.default_rng([seed, 0x0DE5])
    found: Curves = {}
    trainee.train(True)
    for epoch in range(recipe.epochs):
        permutation = torch.from_numpy(order.permutation(len(y)))
        total = torch.zeros(())
        for step in range(steps):
            part = permutation[step * recipe.batch_size : (step + 1) * recipe.batch_size]
            progress = (epoch + step / steps) / recipe.epochs
            optimiser.param_groups[0]["lr"] = recipe.lr / 2 * (1 + math.cos(math.pi * progress))
            losses = _losses(trainee(x[part]), y[part])
            optimiser.zero_grad()
            losses.sum().backward()  # the networks share nothing: each gets the gradient of its own loss
            optimiser.step()
            total = total + losses.detach()
        if epoch + 1 in recipe.checkpoints:
            found["train", "loss", epoch + 1] = _plain(total / steps)
            found |= _measured(trainee, "val", data.val, epoch + 1, dtype)
    if len(data.test):
        found |= _measured(trainee, "test", data.test, recipe.epochs, dtype)
    return found


def _optimiser(parameters: list[nn.Parameter], recipe: Recipe) -> torch.optim.Optimizer:
    if recipe.optimiser == "adamw":
        return torch.optim.AdamW(parameters, recipe.lr, weight_decay=recipe.weight_decay)
    momentum, decay = recipe.momentum, recipe.weight_decay
    return torch.optim.SGD(parameters, recipe.lr, momentum, weight_decay=decay, nesterov=momentum > 0)


@torch.no_grad()
def _measured(trainee: Trainee, split: str, examples: Examples, epoch: int, dtype: torch.dtype) -> Curves:
    """Return loss and accuracy on a part of the data."""
    trainee.train(False)
    batches = torch.tensor(examples.x, dtype=dtype).split(_EVALUATED)
    logits = torch.cat([trainee(batch) for batch in batches], dim=1)
    trainee.train(True)
    y = torch.tensor(examples.y)
    loss = _plain(_losses(logits, y))
    accuracy = _plain((logits.argmax(2) == y).to(torch.float64).mean(1) * 100)
    return {
        (split, "loss", epoch): loss,
        (split, "accuracy", epoch): np.where(np.isnan(loss), np.nan, accuracy),
    }


def _losses(logits: Tensor, y: Tensor) -> Tensor:
    """Return the mean cross-entropy of each network, [k, b, n] -> [k]."""
    k, b, n = logits.shape
    return F.cross_entropy(logits.reshape(k * b, n), y.repeat(k), reduction="none").view(k, b).mean(1)


def _plain(values: Tensor) -> np.ndarray:
    array = values.detach().to(torch.float64).numpy()
    return np.where(np.isfinite(array), array, np.nan)
