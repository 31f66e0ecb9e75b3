"""Training of many small networks at once: trials and ensemble members share every step.

A network is a pure function of (parameters, batch); its copies are stacked along a leading axis and run
through `torch.func.vmap`. Each copy draws its order, pairs and dropout from a generator of its own, so what
it learns does not depend on the company it is trained in, beyond the rounding of batched products.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal, Protocol, runtime_checkable

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.func import vmap

from archenc.predictors.flow import Parameters
from archenc.predictors.losses import MARGIN, PAIRS_PER_ARCHITECTURE, Choice, Loss, evaluate, prepare


@dataclass(frozen=True)
class Schedule:
    """AdamW with a cosine per epoch; the defaults are FLAN's published ones.

    decay: "cosine" from `lr` to `lr_min`, or "constant". Without weight decay AdamW is Adam. loss: see
    `archenc.predictors.losses`; choice: which pairs are kept where there are too many. weights: of the
    columns of labels [n, k], 1 each where none are given; with `fading` all but the first fall to 0.
    clip: longest gradient of a network, if any. shuffle: whether every epoch has an order of its own.
    """

    epochs: int = 150
    batch_size: int = 8
    lr: float = 1e-3
    lr_min: float = 1e-6
    weight_decay: float = 1e-5
    pairs_per_architecture: int = PAIRS_PER_ARCHITECTURE
    margin: float = MARGIN
    decay: Literal["cosine", "constant"] = "cosine"
    loss: Loss = "hinge"
    choice: Choice = "random"
    weights: tuple[float, ...] = ()
    fading: bool = False
    clip: float | None = None
    shuffle: bool = True

    def at(self, epoch: int) -> Schedule:
        """Return the schedule of one epoch: with `fading`, its weights after the first by a cosine to 0."""
        if not self.fading:
            return self
        factor = 0.5 + 0.5 * math.cos(math.pi * epoch / self.epochs)
        return replace(self, weights=(*self.weights[:1], *(factor * weight for weight in self.weights[1:])))


@runtime_checkable
class ScoreFunction(Protocol):
    """A network: (parameters, tensors of a batch, dropout multipliers) -> one score a row, or k scores."""

    def __call__(self, parameters: Parameters, *batch: Tensor, keep: Tensor | None) -> Float[Tensor, "b ..."]:
        """Return the scores of a batch."""
        ...


def batches(n: int, size: int) -> list[slice]:
    """Cut n positions into batches; a last batch of one, which has no pair, joins the one before it."""
    starts = list(range(0, n, size))
    if len(starts) > 1 and n - starts[-1] == 1:
        starts.pop()
    return [slice(a, b) for a, b in zip(starts, [*starts[1:], n], strict=True)]


def stack(parameters: Sequence[Parameters]) -> Parameters:
    """Stack the parameters of several networks along a new first axis."""
    return {k: torch.stack([p[k] for p in parameters]) for k in parameters[0]}


def unstack(parameters: Parameters) -> list[Parameters]:
    """Undo `stack`."""
    n = len(next(iter(parameters.values())))
    return [{k: v[i].clone() for k, v in parameters.items()} for i in range(n)]


@dataclass
class Copy:
    """One network to train: rows of the shared tensors, their labels, and its own randomness.

    y: one label a row, or k of them for a network that gives k scores; NaN is missing.
    """

    rows: Int[np.ndarray, " n"]
    y: Float[np.ndarray, "n ..."]
    seed: int


def train(
    score: ScoreFunction,
    parameters: Parameters,
    tensors: Sequence[Tensor],
    copies: Sequence[Copy],
    schedule: Schedule,
    *,
    dropped: int = 0,
    dropout: float = 0.0,
    noise: int = 0,
    frozen: Sequence[str] = (),
    on_epoch: Callable[[int, int], None] | None = None,
) -> Parameters:
    """Train stacked copies on their rows of `tensors`; returns the stacked parameters.

    parameters: stacked, first axis = copies; left unchanged. tensors: inputs of all architectures, first
    axis = architectures. All copies must have the same number of rows. dropped: total width of the hidden
    layers that dropout acts on; noise: how many N(0, 1) a row wants behind the multipliers.
    on_epoch(done, epochs) is called after every epoch.
    """
    n = len(copies[0].rows)
    learned = {k: v for k, v in parameters.items() if k not in frozen}
    # One leaf for all parameters: the optimiser and autograd then handle one tensor, not seventy.
    flat = torch.cat([v.flatten(1) for v in learned.values()], dim=1).requires_grad_()
    device = flat.device
    optimiser = torch.optim.AdamW([flat], lr=schedule.lr, weight_decay=schedule.weight_decay, fused=True)
    floor = schedule.lr_min if schedule.decay == "cosine" else schedule.lr
    cosine = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, schedule.epochs, floor)
    generators = [torch.Generator().manual_seed(c.seed) for c in copies]
    orders = [np.random.default_rng([c.seed, 1]) for c in copies]

    current = schedule

    def loss(p: Parameters, keep: Tensor, compared: Sequence[Sequence[Tensor]], *batch: Tensor) -> Tensor:
        return _total(current, score(p, *batch, keep=keep if dropped + noise else None), compared)

    losses = vmap(loss, in_dims=0) if len(copies) > 1 else _alone(loss)
    cuts = batches(n, schedule.batch_size)
    for epoch in range(schedule.epochs):
        current = schedule.at(epoch)
        order = [rng.permutation(n) if schedule.shuffle else np.arange(n) for rng in orders]
        keep = torch.stack([_draws(n, dropped, dropout, noise, g) for g in generators]).to(device)
        for cut in cuts:
            rows = torch.as_tensor(np.stack([c.rows[o[cut]] for c, o in zip(copies, order, strict=True)]))
            drawn = [
                _compared(schedule, c.y[o[cut]], rng) for c, o, rng in zip(copies, order, orders, strict=True)
            ]
            compared = [
                [torch.as_tensor(np.stack(parts)).to(device) for parts in zip(*column, strict=True)]
                for column in zip(*drawn, strict=True)
            ]
            batch = [t[rows.to(t.device)] for t in tensors]
            optimiser.zero_grad(set_to_none=True)
            losses(_cut(flat, parameters, learned), keep[:, cut], compared, *batch).sum().backward()
            if schedule.clip is not None:
                _clip(flat.grad, schedule.clip)
            optimiser.step()
        cosine.step()
        if on_epoch is not None:
            on_epoch(epoch + 1, schedule.epochs)
    return {k: v.clone() for k, v in _cut(flat.detach(), parameters, learned).items()}


def _clip(gradients: Float[Tensor, "s p"] | None, longest: float) -> None:
    """Shorten the gradient of each network to a greatest length, in place."""
    if gradients is not None:
        lengths = gradients.norm(dim=1, keepdim=True)
        gradients.mul_((longest / (lengths + 1e-6)).clamp(max=1.0))


def _cut(flat: Float[Tensor, "s p"], parameters: Parameters, learned: Parameters) -> Parameters:
    """Return all parameters by name: views of the flat ones, and the frozen ones as they are."""
    parts = flat.split([v[0].numel() for v in learned.values()], dim=1)
    return parameters | {k: part.view(v.shape) for (k, v), part in zip(learned.items(), parts, strict=True)}


def _compared(
    schedule: Schedule, y: Float[np.ndarray, "n ..."], rng: np.random.Generator
) -> list[tuple[np.ndarray, ...]]:
    """Prepare, for each column of the labels, what its scores are compared with."""
    columns = y[:, None] if y.ndim == 1 else y
    return [
        prepare(schedule.loss, column, schedule.pairs_per_architecture, rng, schedule.choice)
        for column in columns.T
    ]


def _total(schedule: Schedule, scores: Tensor, compared: Sequence[Sequence[Tensor]]) -> Tensor:
    """Weigh and add the losses of all columns."""
    columns = [scores] if scores.ndim == 1 else scores.unbind(1)
    losses = [
        evaluate(schedule.loss, column, *with_what, margin=schedule.margin)
        for column, with_what in zip(columns, compared, strict=True)
    ]
    if schedule.weights:
        losses = [weight * part for weight, part in zip(schedule.weights, losses, strict=True)]
    return losses[0] if len(losses) == 1 else torch.stack(losses).sum()


def _alone(loss: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """Stand in for vmap over a first axis of length one, without its cost a call."""

    def run(
        parameters: Parameters, keep: Tensor, compared: Sequence[Sequence[Tensor]], *batch: Tensor
    ) -> Tensor:
        first = [[t[0] for t in column] for column in compared]
        return loss({k: v.squeeze(0) for k, v in parameters.items()}, keep[0], first, *[t[0] for t in batch])

    return run


def _draws(n: int, width: int, p: float, noise: int, generator: torch.Generator) -> Float[Tensor, "n h"]:
    """Dropout as multipliers, 0 with probability p, else 1 / (1 - p); behind them N(0, 1)."""
    multipliers = (torch.rand(n, width, generator=generator) >= p).float() / (1.0 - p)
    if not noise:
        return multipliers
    return torch.cat([multipliers, torch.randn(n, noise, generator=generator)], dim=1)


def predict(
    score: ScoreFunction, parameters: Parameters, tensors: Sequence[Tensor], *, chunk: int = 64
) -> Float[Tensor, "n ..."]:
    """Score all rows of `tensors` with one network.

    chunk: rows at once; small ones stay in the processor's cache, which is worth more here than fewer calls.
    """
    with torch.inference_mode():
        parts = [t.split(chunk) for t in tensors]
        return torch.cat([score(parameters, *batch, keep=None) for batch in zip(*parts, strict=True)])
