"""Training of COLE's perceptrons: those of several trials share every step."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import torch
from jaxtyping import Float, Float64
from torch import Tensor
from torch.nn import functional as F

from archenc.networks.threads import single_thread
from archenc.predictors import training
from archenc.predictors.flow import Parameters


def train(
    Xs: Sequence[Float64[np.ndarray, "n d"]],
    ys: Sequence[Float64[np.ndarray, " n"]],
    widths: Sequence[int],
    seeds: Sequence[int],
    *,
    dropout: float,
    epochs: int,
    batch_size: int,
    lr: float,
    margin: float,
    clip: float,
    shuffle: bool,
    slope: float,
) -> list[Float64[np.ndarray, " p"]]:
    """Train one perceptron for each data set, all of one shape; return their weights, flat.

    Runs on one thread, so that the result does not depend on how many there are.
    """
    n = len(ys[0])
    schedule = training.Schedule(
        epochs=epochs,
        batch_size=batch_size,
        lr=lr,
        weight_decay=0.0,
        decay="constant",
        margin=margin,
        clip=clip,
        shuffle=shuffle,
    )

    def score(parameters: Parameters, *batch: Tensor, keep: Tensor | None) -> Float[Tensor, " b"]:
        x, at = batch[0], 0
        last = len(widths) - 2
        for layer in range(last):
            x = F.leaky_relu(x @ parameters[f"kernel{layer}"] + parameters[f"bias{layer}"], slope)
            if keep is not None:
                x = x * keep[:, at : at + x.shape[1]]
                at += x.shape[1]
        return (x @ parameters[f"kernel{last}"] + parameters[f"bias{last}"])[:, 0]

    with single_thread():
        rows = torch.as_tensor(np.concatenate(Xs), dtype=torch.float32)
        copies = [
            training.Copy(np.arange(n) + number * n, y, seed)
            for number, (y, seed) in enumerate(zip(ys, seeds, strict=True))
        ]
        start = training.stack([_initialise(widths, seed) for seed in seeds])
        trained = training.train(
            score,
            start,
            [rows],
            copies,
            schedule,
            dropped=sum(widths[1:-1]) if dropout else 0,
            dropout=dropout,
        )
    return [_flat(one, len(widths) - 1) for one in training.unstack(trained)]


def _initialise(widths: Sequence[int], seed: int) -> Parameters:
    """Draw kernels [in, out] and biases [out] as torch's linear layers do."""
    generator = torch.Generator().manual_seed(seed)
    parameters: Parameters = {}
    for layer, (d_in, d_out) in enumerate(pairwise(widths)):
        bound = d_in**-0.5
        drawn = torch.rand(d_in + 1, d_out, generator=generator) * 2 * bound - bound
        parameters |= {f"kernel{layer}": drawn[:-1], f"bias{layer}": drawn[-1]}
    return parameters


def _flat(parameters: Parameters, layers: int) -> Float64[np.ndarray, " p"]:
    names = [f"{part}{layer}" for layer in range(layers) for part in ("kernel", "bias")]
    return np.concatenate([parameters[name].double().numpy().ravel() for name in names])
