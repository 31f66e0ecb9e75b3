"""Losses on scores that are computed once per architecture.

The published loops push both members of every pair through the network; here each architecture is scored
once and pairs are index tensors into the scores, which gives the same loss and gradient. What a loss compares
the scores of a batch with is prepared outside the graph, in arrays whose shapes depend on the size of the
batch only, so that the batches of several trials stack. A missing label (NaN) takes part in nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Literal

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional as F

Loss = Literal["hinge", "squared_hinge", "three_way", "bce", "mse", "listmle"]
Choice = Literal["random", "largest"]
LOSSES: tuple[Loss, ...] = ("hinge", "squared_hinge", "three_way", "bce", "mse", "listmle")
CHOICES: tuple[Choice, ...] = ("random", "largest")

MARGIN = 0.1
PAIRS_PER_ARCHITECTURE = 4
_FULL_SORT = 4096  # pairs; FLAN's batches stay below, and keep the order in which they always summed


def all_pairs(n: int) -> Int[np.ndarray, "2 p"]:
    """Return every pair i < j of n positions."""
    return _all_pairs(n).copy()


@lru_cache(maxsize=64)
def _all_pairs(n: int) -> Int[np.ndarray, "2 p"]:
    return np.stack(np.triu_indices(n, k=1))


def draw_pairs(
    y: Float[np.ndarray, " n"],
    per_architecture: int,
    rng: np.random.Generator,
    *,
    choice: Choice = "random",
    ties: bool = False,
) -> tuple[Int[np.ndarray, "2 p"], Float[np.ndarray, " p"]]:
    """Choose the pairs of one mini-batch.

    Usable pairs have different labels. Where more than `per_architecture * n` are usable a random subset of
    that size without replacement is kept, or with `choice="largest"` the largest gaps. Returns pair positions
    and signs in {-1, 0, +1}: the shape depends on n only, unusable places have sign 0, so that batches of
    several trials stack. With `ties`, equal labels are usable with sign 0, and unusable places have NaN.
    """
    pairs = _all_pairs(len(y))
    gap = y[pairs[0]] - y[pairs[1]]
    sign = np.sign(gap)
    if not ties:
        sign = np.nan_to_num(sign)
    keep = per_architecture * len(y)
    if pairs.shape[1] > keep:
        # Random keys, unusable pairs last: a uniform draw among the usable ones.
        keys = rng.random(pairs.shape[1]) + (np.isnan(sign) if ties else sign == 0)
        if choice == "largest":
            keys += 3.0 - 3.0 * np.nan_to_num(_ranks(np.abs(gap)))
        small = pairs.shape[1] <= _FULL_SORT
        order = np.argsort(keys)[:keep] if small else np.argpartition(keys, keep)[:keep]
        return pairs[:, order], sign[order]
    return pairs.copy(), sign


def _ranks(gap: Float[np.ndarray, " p"]) -> Float[np.ndarray, " p"]:
    """Number the distinct gaps 0, 1, 2, ... from the smallest; NaN stays."""
    values, number = np.unique(gap, return_inverse=True)
    return np.where(np.isnan(gap), np.nan, number.reshape(gap.shape)).astype(float) if len(values) else gap


def prepare(
    loss: Loss, y: Float[np.ndarray, " n"], per_architecture: int, rng: np.random.Generator, choice: Choice
) -> tuple[np.ndarray, ...]:
    """Return what `loss` compares the scores of a batch with: pairs and signs, an order, or the labels."""
    if loss == "mse":
        return (y.astype(np.float32),)
    if loss == "listmle":
        order = np.argsort(-(y + 0.0), kind="stable")  # NaN last
        return order, np.isfinite(y[order]).astype(np.float32)
    pairs, sign = draw_pairs(y, per_architecture, rng, choice=choice, ties=loss == "three_way")
    return pairs, sign.astype(np.float32)


def evaluate(loss: Loss, scores: Float[Tensor, " n"], *compared: Tensor, margin: float) -> Float[Tensor, ""]:
    """Return the loss of the scores against what `prepare` gave."""
    if loss == "mse":
        return squared_error(scores, *compared)
    if loss == "listmle":
        return list_likelihood(scores, *compared)
    return _PAIRWISE[loss](scores, *compared, margin)


def pairwise_hinge(
    scores: Float[Tensor, " n"], pairs: Int[Tensor, "2 p"], sign: Float[Tensor, " p"], margin: float = MARGIN
) -> Float[Tensor, ""]:
    """Mean over usable pairs of max(0, margin - sign * (s_i - s_j)); 0 where no pair is usable.

    sign: +1 where i is better, -1 where j is, 0 for a pair that does not count.
    """
    difference = scores[pairs[0]] - scores[pairs[1]]
    usable = sign.abs()
    hinge = torch.relu(margin - sign * difference) * usable
    return hinge.sum() / usable.sum().clamp(min=1.0)


def squared_hinge(
    scores: Float[Tensor, " n"], pairs: Int[Tensor, "2 p"], sign: Float[Tensor, " p"], margin: float = MARGIN
) -> Float[Tensor, ""]:
    """Mean over usable pairs of max(0, margin - sign * (s_i - s_j)) squared."""
    difference = scores[pairs[0]] - scores[pairs[1]]
    usable = sign.abs()
    hinge = torch.relu(margin - sign * difference).square() * usable
    return hinge.sum() / usable.sum().clamp(min=1.0)


def three_way_hinge(
    scores: Float[Tensor, " n"], pairs: Int[Tensor, "2 p"], sign: Float[Tensor, " p"], margin: float = MARGIN
) -> Float[Tensor, ""]:
    """Pairwise hinge in which ties count too: max(0, |s_i - s_j| - margin / 2) for sign 0; NaN does not."""
    difference = scores[pairs[0]] - scores[pairs[1]]
    usable = (~sign.isnan()).float()
    sign = sign.nan_to_num()
    hinge = torch.where(
        sign == 0, torch.relu(difference.abs() - margin / 2), torch.relu(margin - sign * difference)
    )
    return (hinge * usable).sum() / usable.sum().clamp(min=1.0)


def comparator(
    scores: Float[Tensor, " n"], pairs: Int[Tensor, "2 p"], sign: Float[Tensor, " p"], margin: float = MARGIN
) -> Float[Tensor, ""]:
    """Mean binary cross-entropy of sigma(s_i - s_j) against "i is better"; it knows no margin."""
    del margin
    difference = scores[pairs[0]] - scores[pairs[1]]
    usable = sign.abs()
    return (F.softplus(-sign * difference) * usable).sum() / usable.sum().clamp(min=1.0)


def squared_error(scores: Float[Tensor, " n"], y: Float[Tensor, " n"]) -> Float[Tensor, ""]:
    """Mean squared error of sigma(s) against labels in (0, 1)."""
    known = (~y.isnan()).float()
    return ((torch.sigmoid(scores) - y.nan_to_num()).square() * known).sum() / known.sum().clamp(min=1.0)


def list_likelihood(
    scores: Float[Tensor, " n"], order: Int[Tensor, " n"], known: Float[Tensor, " n"]
) -> Float[Tensor, ""]:
    """ListMLE: mean negative log-likelihood of the true order, best first, in the Plackett-Luce model.

    order: positions from best to worst, missing labels last. known: 1 for a label that is there, in that
    order. Xia et al., "Listwise approach to learning to rank", ICML 2008.
    """
    ranked = scores[order].masked_fill(known == 0, -1e9)
    rest = torch.logcumsumexp(ranked.flip(0), dim=0).flip(0)
    return ((rest - ranked) * known).sum() / known.sum().clamp(min=1.0)


_PAIRWISE: dict[str, Callable[..., Tensor]] = {
    "hinge": pairwise_hinge,
    "squared_hinge": squared_hinge,
    "three_way": three_way_hinge,
    "bce": comparator,
}
