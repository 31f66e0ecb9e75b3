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
PRIOR, PRIOR_LABELS = 0.25, 64.0
"""What the second predictor's share is believed to be, and how many labels that belief is worth."""


@dataclass(frozen=True, slots=True)
class Blend:
    """share: of the second predictor, 0..1. spreads, centres: deviation and mean of the scores of both."""

    share: float
    spreads: tuple[float, float]
    centres: tuple[float, float] = (0.0, 0.0)

    def mean(
        self, first: Float64[np.ndarray, " n"], second: Float64[np.ndarray, " n"]
    ) -> Float64[np.ndarray, " n"]:
        """Return the blended scores, in the unit of the first predictor."""
        return (1 - self.share) * first + self.share * self._translated(second)

    def variance(
        self,
        first: Float64[np.ndarray, " n"],
        second: Float64[np.ndarray, " n"],
        of_first: Float64[np.ndarray, " n"],
    ) -> Float64[np.ndarray, " n"]:
        """Return the variance of the blend: that of the first predictor, and that between the two."""
        return of_first + self.share * (1 - self.share) * np.square(first - self._translated(second))

    def _translated(self, second: Float64[np.ndarray, " n"]) -> Float64[np.ndarray, " n"]:
        """Return scores of the second predictor in the unit of the first."""
        return (second - self.centres[1]) * (self.spreads[0] / self.spreads[1]) + self.centres[0]


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
    while labels are few; the prior itself without any fold.
    """
    if not y:
        return Blend(PRIOR, (1.0, 1.0))
    joined = [np.concatenate(list(scores)) for scores in (first, second)]
    spreads = (max(float(joined[0].std()), 1e-12), max(float(joined[1].std()), 1e-12))
    centres = (float(joined[0].mean()), float(joined[1].mean()))
    trials = [Blend(float(share), spreads, centres) for share in _GRID]
    taus = np.array(
        [
            np.mean([_tau(truth, one.mean(a, b)) for truth, a, b in zip(y, first, second, strict=True)])
            for one in trials
        ]
    )
    best = float(np.mean(_GRID[taus >= taus.max() - 1e-12]))
    n = sum(len(truth) for truth in y)
    trust = n / (n + PRIOR_LABELS)
    return Blend(trust * best + (1 - trust) * PRIOR, spreads, centres)


def _tau(truth: np.ndarray, scores: np.ndarray) -> float:
    """Kendall tau; 0 where either is constant and orders nothing."""
    if len(truth) == 0 or (truth == truth[0]).all() or (scores == scores[0]).all():
        return 0.0
    tested: Any = kendalltau(truth, scores)
    return float(tested.statistic)
