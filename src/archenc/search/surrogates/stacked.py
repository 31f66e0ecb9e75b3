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

_ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {"relu": torch.relu_, "tanh": torch.tanh_}
_DERIVATIVES: dict[str, Callable[[Tensor], Tensor]] = {
    "relu": torch.sign,  # 0 or more: 0 or 1
    "tanh": lambda passed: 1 - passed.square(),
}
"""By what the activation gave."""

_CACHE = 2**22
"""Bytes of parameters, gradients and moments that are trained at once: more, and they wait for memory."""


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

    What a network draws comes from its seed alone. As many are trained at once as a core's cache holds.
    """
    shapes = list(pairwise([inputs[0].shape[1], *recipe.hidden, 1]))
    size = max(1, _CACHE // (16 * sum((into + 1) * out for into, out in shapes)))
    with single_thread(), torch.no_grad():
        parts = [
            _train(inputs[cut], targets[cut], seeds[cut], recipe, shapes)
            for cut in (slice(start, start + size) for start in range(0, len(seeds), size))
        ]
    return [
        (torch.cat([kernel for kernel, _ in layer]).mT, torch.cat([bias for _, bias in layer]).mT)
        for layer in zip(*parts, strict=True)
    ]


def _train(
    inputs: Sequence[Float64[np.ndarray, "n d"]],
    targets: Sequence[Float64[np.ndarray, " n"]],
    seeds: Sequence[int],
    recipe: Recipe,
    shapes: Sequence[tuple[int, int]],
) -> Layers:
    """Train networks at once; return kernels [s, out, in] and biases [s, out, 1].

    Gradients are written down rather than recorded, into tensors that stay; rows of a batch come last in
    memory, where 32 of them fill whole vector registers and 20 units of a layer do not.
    """
    n, width = inputs[0].shape
    distinct = {id(one): one for one in inputs}  # inputs that are one object are kept once
    place = {name: number for number, name in enumerate(distinct)}
    first = n * torch.tensor([place[id(one)] for one in inputs])[:, None]
    rows = torch.as_tensor(np.concatenate(list(distinct.values())), dtype=torch.float32)
    labels = torch.as_tensor(np.stack(list(targets)), dtype=torch.float32)
    generators = [torch.Generator().manual_seed(seed) for seed in seeds]
    started = torch.stack([_start(shapes, recipe.start, generator) for generator in generators])
    parts = [part.mT for layer in _cut(started, shapes) for part in layer]
    # one tensor for all, of which each kernel is a contiguous part: the optimiser handles one
    flat = torch.cat([part.flatten() for part in parts])
    flat.grad = torch.empty_like(flat)
    layers, slopes = (_paired(_views(whole, parts)) for whole in (flat, flat.grad))
    optimiser = torch.optim.AdamW(
        [flat], lr=recipe.lr, betas=recipe.betas, weight_decay=recipe.decay, fused=True
    )
    for _ in range(recipe.epochs):
        order = torch.stack([torch.randperm(n, generator=generator) for generator in generators])
        wanted = labels.gather(1, order)[:, None]
        x = rows.index_select(0, (order + first).flatten()).view(len(seeds), n, width).mT
        for cut in batches(n, recipe.batch):
            _slopes(layers, slopes, x[..., cut], wanted[..., cut], recipe)
            optimiser.step()
    return layers


def _views(flat: Float[Tensor, " p"], parts: Sequence[Tensor]) -> list[Tensor]:
    """Return views of a flat tensor in the shapes of its parts."""
    pieces = flat.split([part.numel() for part in parts])
    return [piece.view(part.shape) for piece, part in zip(pieces, parts, strict=True)]


def _paired(tensors: Sequence[Tensor]) -> Layers:
    return list(zip(tensors[::2], tensors[1::2], strict=True))


def _slopes(
    layers: Layers, slopes: Layers, x: Float[Tensor, "s d b"], wanted: Float[Tensor, "s 1 b"], recipe: Recipe
) -> None:
    """Write the gradients of the loss into `slopes`."""
    act = _ACTIVATIONS[recipe.activation]
    passed = [x]
    for kernel, bias in layers[:-1]:
        passed.append(act(torch.bmm(kernel, passed[-1]).add_(bias)))
    kernel, bias = layers[-1]
    off = torch.bmm(kernel, passed[-1]).add_(bias).sub_(wanted)
    rows = wanted.shape[-1]
    slope = off.sign().mul_(recipe.absolute / rows).add_(off, alpha=2 * recipe.squared / rows)
    for layer in reversed(range(len(layers))):
        torch.bmm(slope, passed[layer].mT, out=slopes[layer][0])
        torch.sum(slope, 2, keepdim=True, out=slopes[layer][1])
        if layer:
            slope = torch.bmm(layers[layer][0].mT, slope)
            slope.mul_(_DERIVATIVES[recipe.activation](passed[layer]))


def predict(
    layers: Layers, x: Float64[np.ndarray, "m d"], activation: str, chunk: int = 2048
) -> Float64[np.ndarray, "s m"]:
    """Return the outputs of every network for the same m rows."""
    kernel, bias = layers[-1]
    return _of_rows(
        x, chunk, lambda part: torch.baddbmm(bias, _last(layers, part, activation), kernel)[..., 0]
    )


def hidden(
    layers: Layers, x: Float64[np.ndarray, "m d"], activation: str, chunk: int = 2048
) -> Float64[np.ndarray, "s m h"]:
    """Return what the last hidden layer of every network gives for the same m rows."""
    return _of_rows(x, chunk, lambda part: _last(layers, part, activation))


def _of_rows(
    x: Float64[np.ndarray, "m d"], chunk: int, function: Callable[[Tensor], Tensor]
) -> Float64[np.ndarray, "s m ..."]:
    with torch.inference_mode(), single_thread():
        parts = torch.as_tensor(x, dtype=torch.float32).split(chunk)
        return torch.cat([function(part) for part in parts], 1).double().numpy()


def _last(layers: Layers, x: Float[Tensor, "b d"], activation: str) -> Float[Tensor, "s b h"]:
    act = _ACTIVATIONS[activation]
    x = x.expand(len(layers[0][0]), -1, -1)
    for kernel, bias in layers[:-1]:
        x = act(torch.baddbmm(bias, x, kernel))
    return x


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
