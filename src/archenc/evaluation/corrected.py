"""Tests of paired differences that know that training sets overlap, and of several at once."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike
from scipy import stats

from archenc.errors import InvalidArgument


def corrected_t_test(differences: Float[np.ndarray, " trials"], n_train: int, n_test: float) -> float:
    """Return the two-sided p-value of the corrected resampled t-test; NaN where no two trials differ.

    Trials that draw from one pool are not independent: the variance of their mean is taken as 1 / trials +
    n_test / n_train times that of one, n_train being the architectures that were trained on, not those that
    might have been. Cautious: with few trained on and many tested it finds little.
    Nadeau & Bengio, "Inference for the generalization error", Machine Learning 52, 2003.
    """
    values = np.asarray(differences, dtype=np.float64)
    if len(values) < 2 or values.std() == 0 or n_train < 1:
        return math.nan
    scale = math.sqrt((1 / len(values) + n_test / n_train) * values.var(ddof=1))
    return float(2 * stats.t.sf(abs(values.mean()) / scale, len(values) - 1))


def holm(p_values: ArrayLike) -> list[float]:
    """Return p-values of several comparisons, adjusted so that they may be read together; NaN stays.

    Holm's step-down: the smallest times their number, the next times one less, and so on, never falling, at
    most 1. Raises InvalidArgument for what is no p-value.
    """
    values = np.asarray(p_values, dtype=np.float64)
    if values.ndim != 1 or not ((np.isnan(values)) | ((values >= 0) & (values <= 1))).all():
        raise InvalidArgument(f"p_values={p_values!r}: expected a list of numbers in [0, 1]")
    adjusted = values.copy()
    known = [int(at) for at in np.argsort(values, kind="stable") if not math.isnan(values[at])]
    greatest = 0.0
    for rank, at in enumerate(known):
        greatest = max(greatest, min(1.0, float(values[at]) * (len(known) - rank)))
        adjusted[at] = greatest
    return adjusted.tolist()


def holm_by_budget(budgets: Sequence[int], p_values: Sequence[float]) -> list[float]:
    """Return `holm` within the comparisons of each budget, in their order."""
    adjusted = [math.nan] * len(p_values)
    for budget in set(budgets):
        places = [at for at, one in enumerate(budgets) if one == budget]
        for at, value in zip(places, holm([p_values[at] for at in places]), strict=True):
            adjusted[at] = value
    return adjusted
