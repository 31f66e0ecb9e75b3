"""Summaries of repeated trials: mean, median, standard deviation, and how sure the mean is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from archenc.errors import InvalidArgument
from archenc.typing import Seed, as_generator

IntervalKind = Literal["t", "bootstrap"]


@dataclass(frozen=True, slots=True)
class Summary:
    """What n trials say: mean, median, standard deviation (n - 1) and a confidence interval of the mean.

    With one trial the standard deviation and the interval are NaN: one trial does not tell.
    """

    mean: float
    median: float
    std: float
    ci_low: float
    ci_high: float
    n_trials: int


def interval_kind(interval: str) -> IntervalKind:
    """Return the kind of confidence interval called `interval`. Raises InvalidArgument for another name."""
    if interval == "t" or interval == "bootstrap":
        return interval
    raise InvalidArgument(f"interval={interval!r}: expected 't' or 'bootstrap'")


def summarise(
    values: ArrayLike, *, interval: IntervalKind = "t", confidence: float = 0.95, seed: Seed = 0
) -> Summary:
    """Summarise the values of several trials, [n_trials].

    interval: "t" (Student) or "bootstrap" (percentiles of 10,000 resampled means, seeded).
    Raises InvalidArgument for NaN, no values, or a confidence outside (0, 1).
    """
    array = _checked(values)
    low, high = interval_of_mean(array, interval=interval, confidence=confidence, seed=seed)
    std = float(np.std(array, ddof=1)) if len(array) > 1 else float("nan")
    return Summary(float(array.mean()), float(np.median(array)), std, low, high, len(array))


def interval_of_mean(
    values: ArrayLike,
    *,
    interval: IntervalKind = "t",
    confidence: float = 0.95,
    resamples: int = 10_000,
    seed: Seed = 0,
) -> tuple[float, float]:
    """Return the lower and upper end of a confidence interval of the mean of `values`; NaN for one value."""
    array = _checked(values)
    if not 0 < confidence < 1:
        raise InvalidArgument(f"confidence={confidence!r}: expected a number in (0, 1), such as 0.95")
    n = len(array)
    if n < 2:
        return float("nan"), float("nan")
    tail = (1 - confidence) / 2
    if interval_kind(interval) == "t":
        half = stats.t.ppf(1 - tail, n - 1) * np.std(array, ddof=1) / np.sqrt(n)
        return float(array.mean() - half), float(array.mean() + half)
    drawn = as_generator(seed).integers(0, n, size=(resamples, n))
    low, high = np.quantile(array[drawn].mean(axis=1), [tail, 1 - tail])
    return float(low), float(high)


def _checked(values: ArrayLike) -> np.ndarray:
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 1 or len(array) == 0:
        raise InvalidArgument(f"values has shape {array.shape}: expected one value a trial, at least one")
    if np.isnan(array).any():
        raise InvalidArgument(f"values holds {np.isnan(array).sum()} NaN of {len(array)}: none is allowed")
    return array
