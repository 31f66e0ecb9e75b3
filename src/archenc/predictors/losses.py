"""Ranking losses on scores that are computed once per architecture.

The published loops push both members of every pair through the network; here each architecture is scored
once and pairs are index tensors into the scores, which gives the same loss and gradient.
"""

from __future__ import annotations

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

MARGIN = 0.1
PAIRS_PER_ARCHITECTURE = 4


def all_pairs(n: int) -> Int[np.ndarray, "2 p"]:
    """Return every pair i < j of n positions."""
    return np.stack(np.triu_indices(n, k=1))


def draw_pairs(
    y: Float[np.ndarray, " n"], per_architecture: int, rng: np.random.Generator
) -> tuple[Int[np.ndarray, "2 p"], Float[np.ndarray, " p"]]:
    """Choose the pairs of one mini-batch.

    Usable pairs have different labels. Where more than `per_architecture * n` are usable a random subset of
    that size without replacement is kept. Returns pair positions and signs in {-1, 0, +1}: the shape
    depends on n only, unusable places have sign 0, so that batches of several trials stack.
    """
    pairs = all_pairs(len(y))
    sign = np.sign(y[pairs[0]] - y[pairs[1]])
    keep = per_architecture * len(y)
    if pairs.shape[1] > keep:
        # Random keys, unusable pairs last: a uniform draw among the usable ones.
        order = np.argsort(rng.random(pairs.shape[1]) + (sign == 0))[:keep]
        pairs, sign = pairs[:, order], sign[order]
    return pairs, sign


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
