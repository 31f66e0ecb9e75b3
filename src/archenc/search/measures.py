"""How good a search was: evaluations to come near the best, regret, and how sure these are over seeds."""

from __future__ import annotations

import math

import numpy as np
from jaxtyping import Float64
from scipy import stats

from archenc.errors import InvalidArgument
from archenc.typing import Seed, as_generator

Curves = Float64[np.ndarray, "seeds budget"]
"""Best value so far after each evaluation, a row a seed."""

NEAR = 0.01
_RESAMPLES = 2000


def near_best(best: float, share: float = NEAR) -> float:
    """Return the least value within a share (1 %) of the best, relative to its size."""
    return best - abs(best) * share


def evaluations_to(curves: Curves, threshold: float) -> Float64[np.ndarray, " seeds"]:
    """Return, for each seed, the first evaluation that reaches the threshold; infinity where none does."""
    reached = np.nan_to_num(curves, nan=-np.inf) >= threshold
    return np.where(reached.any(axis=1), reached.argmax(axis=1) + 1.0, np.inf)


def evaluations_to_of_mean(curves: Curves, threshold: float) -> float:
    """Return the first evaluation at which the mean of the seeds reaches the threshold; infinity if none.

    Seeds without a success so far are left out of the mean.
    """
    counted = np.maximum((~np.isnan(curves)).sum(axis=0), 1)
    mean = np.where(np.isnan(curves).all(axis=0), -np.inf, np.nansum(curves, axis=0) / counted)
    return float(np.argmax(mean >= threshold) + 1) if (mean >= threshold).any() else math.inf


def interval_of_median(values: Float64[np.ndarray, " n"], confidence: float = 0.95) -> tuple[float, float]:
    """Return order statistics that hold the median with a confidence; infinite values may be among them.

    NaN where all of the values together do not: for 95 %, where there are fewer than six.
    """
    ordered, n = np.sort(values), len(values)
    below = int(stats.binom.ppf((1 - confidence) / 2, n, 0.5))
    return (float(ordered[below - 1]), float(ordered[n - below])) if below else (math.nan, math.nan)


def interval_of_crossing(
    curves: Curves, threshold: float, confidence: float = 0.95, seed: Seed = 0
) -> tuple[float, float]:
    """Return percentiles of `evaluations_to_of_mean` over seeds drawn with replacement; NaN for one seed."""
    if len(curves) < 2:
        return math.nan, math.nan
    rng = as_generator(seed)
    rows = rng.integers(len(curves), size=(_RESAMPLES, len(curves)))
    found = np.array([evaluations_to_of_mean(curves[drawn], threshold) for drawn in rows])
    tail = (1 - confidence) / 2
    low, high = np.quantile(found, [tail, 1 - tail], method="inverted_cdf")
    return float(low), float(high)


def median_difference(
    first: Float64[np.ndarray, " n"], second: Float64[np.ndarray, " n"], budget: int
) -> tuple[float, float, float, float]:
    """Return the median of first minus second over paired seeds, its interval, and the p of a sign test.

    Seeds that never got there count as budget + 1. Raises InvalidArgument for unequal numbers of seeds.
    """
    if first.shape != second.shape:
        raise InvalidArgument(f"{len(first)} and {len(second)} seeds: expected pairs")
    difference = np.minimum(first, budget + 1) - np.minimum(second, budget + 1)
    wins, losses = int((difference < 0).sum()), int((difference > 0).sum())
    p = float(stats.binomtest(wins, wins + losses).pvalue) if wins + losses else math.nan
    return float(np.median(difference)), *interval_of_median(difference), p
