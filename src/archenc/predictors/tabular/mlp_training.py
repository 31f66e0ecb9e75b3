"""Training of stacked perceptrons: the members of an ensemble share every step."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import torch
from jaxtyping import Float, Float64
from torch import Tensor
from torch.nn import functional as F

from archenc.networks.threads import single_thread
from archenc.predictors.losses import PAIRS_PER_ARCHITECTURE, draw_pairs, pairwise_hinge
from archenc.predictors.training import batches

_EPS = 1e-5
_LR_MIN = 1e-6


def train(
    Z: Float64[np.ndarray, "n d"],
    y: Float64[np.ndarray, " n"],
    *,
    loss: str,
    widths: Sequence[int],
    epochs: int,
    batch_size: int,
    lr: float,
    weight_decay: float,
    seeds: Sequence[int],
) -> Float64[np.ndarray, "s p"]:
    """Train one perceptron a seed; return their weights, flat, the normalisation folded in.

    Normalisation uses the statistics of the batch while training and, afterwards, those of all n rows: exact,
    where a running average over small batches would be noisy. Runs on one thread, so that the result does not
    depend on how many there are.
    """
    with single_thread():
        inputs = torch.as_tensor(Z, dtype=torch.float32)
        labels = torch.as_tensor(y, dtype=torch.float32)
        layers = _initialise(widths, seeds)
        orders = [np.random.default_rng([seed, 1]) for seed in seeds]
        optimiser = torch.optim.AdamW(
            [tensor for layer in layers for tensor in layer], lr=lr, weight_decay=weight_decay, fused=True
        )
        cosine = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, epochs, min(_LR_MIN, lr))
        for _ in range(epochs):
            order = np.stack([rng.permutation(len(y)) for rng in orders])
            for cut in batches(len(y), batch_size):
                rows = torch.as_tensor(order[:, cut])
                scores = _forward(layers, inputs[rows])
                if loss == "mse":
                    losses = ((scores - labels[rows]) ** 2).mean(dim=1)
                else:
                    losses = _hinge(scores, y[order[:, cut]], orders)
                optimiser.zero_grad(set_to_none=True)
                losses.sum().backward()
                optimiser.step()
            cosine.step()
        return _fold(layers, inputs)


def _hinge(
    scores: Float[Tensor, "s b"], y: Float64[np.ndarray, "s b"], orders: Sequence[np.random.Generator]
) -> Float[Tensor, " s"]:
    drawn = [draw_pairs(row, PAIRS_PER_ARCHITECTURE, rng) for row, rng in zip(y, orders, strict=True)]
    pairs = torch.as_tensor(np.stack([pairs for pairs, _ in drawn]))
    sign = torch.as_tensor(np.stack([sign for _, sign in drawn]), dtype=torch.float32)
    return torch.func.vmap(pairwise_hinge)(scores, pairs, sign)


def _initialise(widths: Sequence[int], seeds: Sequence[int]) -> list[list[Tensor]]:
    """Per layer: kernel [s, in, out], bias, and, but for the last, gain and shift [s, 1, out]."""
    generators = [torch.Generator().manual_seed(seed) for seed in seeds]
    layers = []
    for d_in, d_out in pairwise(widths):
        bound = d_in**-0.5
        drawn = [torch.rand(d_in + 1, d_out, generator=g) * 2 * bound - bound for g in generators]
        both = torch.stack(drawn)
        layer = [
            both[:, :-1],
            both[:, -1:],
            torch.ones(len(seeds), 1, d_out),
            torch.zeros(len(seeds), 1, d_out),
        ]
        layers.append(layer)
    layers[-1] = layers[-1][:2]
    return [[tensor.clone().requires_grad_() for tensor in layer] for layer in layers]


def _forward(layers: Sequence[Sequence[Tensor]], x: Float[Tensor, "s b d"]) -> Float[Tensor, "s b"]:
    for kernel, bias, gain, shift in layers[:-1]:
        x = torch.baddbmm(bias, x, kernel)
        variance, mean = torch.var_mean(x, dim=1, keepdim=True, correction=0)
        x = F.relu((x - mean) * (variance + _EPS).rsqrt() * gain + shift)
    kernel, bias = layers[-1]
    return torch.baddbmm(bias, x, kernel)[..., 0]


def _fold(layers: Sequence[Sequence[Tensor]], inputs: Float[Tensor, "n d"]) -> Float64[np.ndarray, "s p"]:
    flat = []
    with torch.inference_mode():
        x = inputs.expand(len(layers[0][0]), -1, -1).double()
        for layer in layers:
            kernel, bias = layer[0].double(), layer[1].double()
            if len(layer) == 4:
                variance, mean = torch.var_mean(x @ kernel + bias, dim=1, keepdim=True, correction=0)
                factor = layer[2].double() * (variance + _EPS).rsqrt()
                kernel, bias = kernel * factor, (bias - mean) * factor + layer[3].double()
                x = F.relu(x @ kernel + bias)
            flat += [kernel.flatten(1), bias.flatten(1)]
        return torch.cat(flat, dim=1).numpy()
