"""Two predictors as one: how much each says is measured on architectures that neither was trained on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float64, Int
from scipy.stats import kendalltau

FOLDS = 3
_GRID = np.linspace(0, 1, 11)
_PRIOR, _PRIOR_LABELS = 0.25, 64.0
"""What the second predictor's share is believed to be, and how many labels that belief is worth."""


@dataclass(frozen=True, slots=True)
class Blend:
    """share: of the second predictor, 0..1. spreads: standard deviations of the scores of both."""

    share: float
    spreads: tuple[float, float]

    def mean(
        self, first: Float64[np.ndarray, " n"], second: Float64[np.ndarray, " n"]
    ) -> Float64[np.ndarray, " n"]:
        """Return the blended scores, in the unit of the first predictor."""
        return (1 - self.share) * first + self.share * second * (self.spreads[0] / self.spreads[1])

    def variance(
        self,
        first: Float64[np.ndarray, " n"],
        second: Float64[np.ndarray, " n"],
        of_first: Float64[np.ndarray, " n"],
    ) -> Float64[np.ndarray, " n"]:
        """Return the variance of the blend: that of the first predictor, and that between the two."""
        apart = first - second * (self.spreads[0] / self.spreads[1])
        return of_first + self.share * (1 - self.share) * np.square(apart)


def folds(n: int, seed: int) -> list[tuple[Int[np.ndarray, " t"], Int[np.ndarray, " h"]]]:
    """Return (training rows, held-out rows) of every fold; training sets of one size, so that they batch."""
    order = np.random.default_rng([seed, n]).permutation(n)
    size = n // FOLDS
    held = [order[k * size : (k + 1) * size] for k in range(FOLDS)]
    return [(np.setdiff1d(order[: FOLDS * size], rows), rows) for rows in held]


def blend(
    y: Sequence[Float64[np.ndarray, " h"]],
    first: Sequence[Float64[np.ndarray, " h"]],
    second: Sequence[Float64[np.ndarray, " h"]],
) -> Blend:
    """Choose the share of the second predictor from labels and scores of held-out rows, fold by fold.

    The share with the highest mean Kendall tau over the folds (of a tie, the middle), drawn towards a prior
    while labels are few.
    """
    spreads = tuple(max(float(np.concatenate(list(scores)).std()), 1e-12) for scores in (first, second))
    trials = [Blend(float(share), (spreads[0], spreads[1])) for share in _GRID]
    taus = np.array(
        [
            np.mean([_tau(truth, one.mean(a, b)) for truth, a, b in zip(y, first, second, strict=True)])
            for one in trials
        ]
    )
    best = float(np.mean(_GRID[taus >= taus.max() - 1e-12]))
    n = sum(len(truth) for truth in y)
    trust = n / (n + _PRIOR_LABELS)
    return Blend(trust * best + (1 - trust) * _PRIOR, (spreads[0], spreads[1]))


def _tau(truth: np.ndarray, scores: np.ndarray) -> float:
    """Kendall tau; 0 where either is constant and orders nothing."""
    if len(truth) == 0 or (truth == truth[0]).all() or (scores == scores[0]).all():
        return 0.0
    tested: Any = kendalltau(truth, scores)
    return float(tested.statistic)
