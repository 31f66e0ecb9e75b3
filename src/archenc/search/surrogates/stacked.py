"""Small networks for regression, any number trained at once: seeds of a study and members of an ensemble."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
import torch
from jaxtyping import Float, Float64, Int64
from torch import Tensor

from archenc.networks.threads import single_thread
from archenc.predictors.training import batches

Layers = list[tuple[Tensor, Tensor]]
"""Of each layer the kernels [s, in, out] and biases [s, 1, out] of all networks."""

_ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {"relu": torch.relu, "tanh": torch.tanh}


@dataclass(frozen=True)
class Recipe:
    """How a network looks and is trained.

    hidden: widths. loss: mean absolute plus squared differences, each with its weight. decay: of the weights,
    as AdamW has it. start: "glorot" (uniform, no bias) or "fan_in" (uniform, biases too).
    """

    hidden: tuple[int, ...]
    activation: Literal["relu", "tanh"] = "relu"
    absolute: float = 1.0
    squared: float = 0.0
    epochs: int = 150
    batch: int = 32
    lr: float = 0.01
    betas: tuple[float, float] = (0.9, 0.99)
    decay: float = 0.0
    start: Literal["glorot", "fan_in"] = "glorot"


def train(
    inputs: Sequence[Float64[np.ndarray, "n d"]],
    targets: Sequence[Float64[np.ndarray, " n"]],
    seeds: Sequence[int],
    recipe: Recipe,
) -> Layers:
    """Train one network for each (inputs, targets, seed), all of one shape.

    Inputs that are one object are kept once. What a network draws comes from its seed alone.
    """
    n, width = inputs[0].shape
    distinct = {id(one): one for one in inputs}
    place = {name: number for number, name in enumerate(distinct)}
    which = torch.tensor([place[id(one)] for one in inputs])[:, None]
    rows = torch.as_tensor(np.stack(list(distinct.values())), dtype=torch.float32)
    labels = torch.as_tensor(np.stack(list(targets)), dtype=torch.float32)
    generators = [torch.Generator().manual_seed(seed) for seed in seeds]
    shapes = list(pairwise([width, *recipe.hidden, 1]))
    # one leaf for all: the optimiser and autograd handle one tensor
    flat = torch.stack([_start(shapes, recipe.start, generator) for generator in generators]).requires_grad_()
    optimiser = torch.optim.AdamW(
        [flat], lr=recipe.lr, betas=recipe.betas, weight_decay=recipe.decay, fused=True
    )
    every = torch.arange(len(seeds))[:, None]
    with single_thread():
        for _ in range(recipe.epochs):
            order = torch.stack([torch.randperm(n, generator=generator) for generator in generators])
            for cut in batches(n, recipe.batch):
                drawn = order[:, cut]
                off = (
                    forward(_cut(flat, shapes), rows[which, drawn], recipe.activation)[0]
                    - labels[every, drawn]
                )
                loss = torch.zeros(())
                if recipe.absolute:
                    loss = loss + recipe.absolute * off.abs().mean(dim=1).sum()
                if recipe.squared:
                    loss = loss + recipe.squared * off.square().mean(dim=1).sum()
                optimiser.zero_grad(set_to_none=True)
                loss.backward()
                optimiser.step()
    return [(kernel.clone(), bias.clone()) for kernel, bias in _cut(flat.detach(), shapes)]


def forward(
    layers: Layers, x: Float[Tensor, "s b d"], activation: str
) -> tuple[Float[Tensor, "s b"], Float[Tensor, "s b h"]]:
    """Return the outputs, and what the last hidden layer gave."""
    act = _ACTIVATIONS[activation]
    for kernel, bias in layers[:-1]:
        x = act(torch.baddbmm(bias, x, kernel))
    kernel, bias = layers[-1]
    return torch.baddbmm(bias, x, kernel)[..., 0], x


def predict(
    layers: Layers, x: Float64[np.ndarray, "m d"], activation: str, chunk: int = 2048
) -> tuple[Float64[np.ndarray, "s m"], Float64[np.ndarray, "s m h"]]:
    """Return outputs and last hidden layers of every network for the same m rows."""
    outputs, hidden = [], []
    with torch.inference_mode(), single_thread():
        for part in torch.as_tensor(x, dtype=torch.float32).split(chunk):
            one, last = forward(layers, part.expand(len(layers[0][0]), -1, -1), activation)
            outputs.append(one)
            hidden.append(last)
    return torch.cat(outputs, 1).double().numpy(), torch.cat(hidden, 1).double().numpy()


def some(layers: Layers, members: Int64[np.ndarray, " k"]) -> Layers:
    """Return some of the networks."""
    return [(kernel[members], bias[members]) for kernel, bias in layers]


def _start(shapes: Sequence[tuple[int, int]], how: str, generator: torch.Generator) -> Float[Tensor, " p"]:
    parts = []
    for into, out in shapes:
        bound = (6 / (into + out)) ** 0.5 if how == "glorot" else into**-0.5
        drawn = (torch.rand(into + 1, out, generator=generator) * 2 - 1) * bound
        if how == "glorot":
            drawn[-1] = 0
        parts.append(drawn.flatten())
    return torch.cat(parts)


def _cut(flat: Float[Tensor, "s p"], shapes: Sequence[tuple[int, int]]) -> Layers:
    """Return views of the flat parameters: of each layer the kernel's rows, then the bias."""
    parts = flat.split([(into + 1) * out for into, out in shapes], dim=1)
    views = [part.view(-1, into + 1, out) for part, (into, out) in zip(parts, shapes, strict=True)]
    return [(view[:, :-1], view[:, -1:]) for view in views]
