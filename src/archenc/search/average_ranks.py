"""Methods on many tables: average ranks, and whether they differ by more than chance."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import final

import numpy as np
from jaxtyping import Float64
from scipy import stats

from archenc.errors import InvalidArgument


@final
@dataclass(frozen=True)
class Ranks:
    """Average ranks of methods, 1 the best.

    p: of Friedman's test that all methods are alike. critical: the difference of two average ranks from which
    on they differ at 5 % (Nemenyi; Demšar, JMLR 2006); NaN for fewer than three methods.
    """

    average: Float64[np.ndarray, " methods"]
    p: float
    critical: float


def average_ranks(losses: Float64[np.ndarray, "tables methods"]) -> Ranks:
    """Rank methods on every table, lower losses first, equal ones alike, and take the mean over the tables.

    Raises InvalidArgument for NaN, or fewer than two tables or methods.
    """
    tables, methods = losses.shape
    if tables < 2 or methods < 2 or np.isnan(losses).any():
        raise InvalidArgument(f"losses of shape {losses.shape}: expected two tables and methods, and no NaN")
    ranks = np.apply_along_axis(stats.rankdata, 1, losses)
    if methods < 3:
        return Ranks(ranks.mean(axis=0), math.nan, math.nan)
    alike = (ranks == ranks[:, :1]).all()
    p = 1.0 if alike else float(stats.friedmanchisquare(*losses.T).pvalue)
    studentised = float(stats.studentized_range.ppf(0.95, methods, np.inf)) / math.sqrt(2)
    return Ranks(ranks.mean(axis=0), p, studentised * math.sqrt(methods * (methods + 1) / (6 * tables)))
