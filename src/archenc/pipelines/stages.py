"""Which architectures are no small cells, and what the recommended predictor does otherwise for stages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import numpy as np
from jaxtyping import Float64
from sklearn.base import clone

from archenc.encoders.base import Population
from archenc.errors import UnknownName
from archenc.graph import as_batch
from archenc.pipelines.blending import folds
from archenc.predictors import ExtraTrees, GaussianProcess
from archenc.predictors.tabular.bending import bent, robust
from archenc.predictors.tabular.gaussian_process import LINEAR_WEIGHT
from archenc.spaces import space

_FEW_CELLS, _MANY_OPS = 2, 16
LITTLE, MUCH = LINEAR_WEIGHT, 1.0
"""What the weights of a linear part are believed to be: what they are anywhere, and in the whole."""
SHARE, SHARE_LABELS = 0.25, 16.0
"""What the forests' share is believed to be, and how many labels that belief is worth."""


def are_stages(X: Population) -> bool:
    """Say whether architectures are rows of stages: whether they have more cells than two."""
    return as_batch(X).n_cells > _FEW_CELLS


def n_ops(X: Population) -> int:
    """Return how many operations the space of a population has; 0 where nobody knows it."""
    try:
        return len(space(as_batch(X).space).ops)
    except UnknownName:  # encoders say what they need then
        return 0


def has_many_ops(X: Population) -> bool:
    """Say whether a space has more operations than any of cells: einspace, and modules of one's own."""
    return n_ops(X) > _MANY_OPS


def number_groups(encoder: Any, X: Population) -> list[tuple[int, float]]:
    """Return the last groups of columns of the default encoder; empty but for rows of stages.

    Width, and what the weights of a linear part are believed to be. The groups are sizes, and those of
    `Totals`, where the whole is believed to tell most.
    """
    if not are_stages(X):
        return []
    (_, sizes), (_, totals) = encoder.transformer_list[-2:]
    widths = (len(sizes.get_feature_names_out()), *totals.widths_)
    believed = (LITTLE, MUCH, MUCH, LITTLE, LITTLE)
    return [group for group in zip(widths, believed, strict=True) if group[0]]


def bent_labels(
    features: Float64[np.ndarray, "n d"],
    y: Float64[np.ndarray, " n"],
    groups: Sequence[int],
    linear: Sequence[float],
    seed: int,
) -> Float64[np.ndarray, " n"]:
    """Return labels in the unit that a Gaussian process with a linear part finds likeliest, standardised."""
    process = GaussianProcess(groups=groups, linear=linear, n_restarts=0, target="bent", seed=seed)
    return bent(robust(y), process.fit(features, y).bend_)


def forests_share(
    process: GaussianProcess,
    without_process: Float64[np.ndarray, " n"],
    forests: Sequence[tuple[ExtraTrees, Float64[np.ndarray, "n _"]]],
    target: Float64[np.ndarray, " n"],
    seed: int,
) -> float:
    """Return the share of forests beside a process that has the least squared error on held-out thirds.

    without_process: what is added to the scores of the process. forests: fitted, with their inputs. The share
    is drawn towards `SHARE` while labels are few. The process keeps its scales, and the target its bend: only
    labels are held out.
    """
    gaps, errors = [], []
    for _, held in folds(len(target), seed):
        kept = np.setdiff1d(np.arange(len(target)), held)
        if not len(held) or np.ptp(target[kept]) == 0:
            continue
        first = process.held_out(held) + without_process[held]
        fresh = [(cast("ExtraTrees", clone(forest)), X) for forest, X in forests]
        second = [forest.fit(X[kept], target[kept]).predict(X[held]) for forest, X in fresh]
        gaps.append(np.mean(second, axis=0) - first)
        errors.append(target[held] - first)
    gap, error = (np.concatenate(parts) if parts else np.zeros(0) for parts in (gaps, errors))
    square = float(gap @ gap)
    best = float(np.clip(gap @ error / square, 0, 1)) if square > 0 else SHARE
    trust = len(gap) / (len(gap) + SHARE_LABELS)
    return trust * best + (1 - trust) * SHARE
