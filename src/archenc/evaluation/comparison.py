"""Two methods on the same trials: how much better is one, and how sure is that."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import stats

from archenc.errors import InvalidArgument, UnknownName
from archenc.evaluation.corrected import corrected_t_test
from archenc.evaluation.intervals import IntervalKind, summarise
from archenc.evaluation.metrics import higher_is_better

Name = tuple[str, str]
"""Method and encoding, as in the columns of the trial rows."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """The first method minus the second at one budget, trial by trial.

    difference, median, std, ci_low, ci_high: of the paired differences; positive means that the first is
    better, also for metrics of which less is better. wins, ties, losses: of the first. p_sign: exact sign
    test, ties left out. p_wilcoxon: Wilcoxon's signed-rank test. p_corrected: `corrected_t_test`, for trials
    whose training sets overlap. All two-sided; NaN where no two trials differ.
    """

    first: Name
    second: Name
    n_train: int
    metric: str
    difference: float
    median: float
    std: float
    ci_low: float
    ci_high: float
    n_trials: int
    wins: int
    ties: int
    losses: int
    p_sign: float
    p_wilcoxon: float
    p_corrected: float = math.nan

    @property
    def excludes_zero(self) -> bool:
        """Whether the interval of the mean difference leaves out 0."""
        return self.ci_low > 0 or self.ci_high < 0


def compare(
    trials: Iterable[Mapping[str, Any]],
    first: Name | str,
    second: Name | str,
    *,
    metric: str = "kendall_tau",
    interval: IntervalKind = "t",
    confidence: float = 0.95,
    seed: int = 0,
) -> list[Comparison]:
    """Compare two methods on the trials that both ran, at every budget that both have, smallest first.

    trials: rows of one experiment, as `evaluate` gives them; first, second: (method, encoding), or the method
    alone where it ran on one encoding. interval: "t" or "bootstrap". Raises UnknownName for a method that did
    not run, InvalidArgument where the two share no trial, or where trials of equal number had other seeds or
    test sets: those are not pairs.
    """
    rows = [row for row in trials if row["metric"] == metric]
    first, second = _resolve(rows, first), _resolve(rows, second)
    sign = 1.0 if higher_is_better(metric) else -1.0
    ones, others = _by_trial(rows, first), _by_trial(rows, second)
    shared = sorted(ones.keys() & others.keys())
    if not shared:
        raise InvalidArgument(f"{first} and {second} share no trial of {metric!r} at an equal budget")
    for budget, trial in shared:
        one, other = ones[budget, trial], others[budget, trial]
        for column in ("space", "task", "seed", "n_test"):
            if one.get(column) != other.get(column):
                raise InvalidArgument(
                    f"trial {trial} at {budget}: {column} is {one.get(column)!r} for {first} and "
                    f"{other.get(column)!r} for {second}, so they are no pair; compare trials of one protocol"
                )
    comparisons = []
    for budget in sorted({budget for budget, _ in shared}):
        differences = np.array(
            [sign * (ones[at]["value"] - others[at]["value"]) for at in shared if at[0] == budget],
            dtype=np.float64,
        )
        differences = differences[~np.isnan(differences)]
        if not len(differences):
            continue
        summary = summarise(differences, interval=interval, confidence=confidence, seed=seed)
        wins, losses = int((differences > 0).sum()), int((differences < 0).sum())
        comparisons.append(
            Comparison(
                first=first,
                second=second,
                n_train=budget,
                metric=metric,
                difference=summary.mean,
                median=summary.median,
                std=summary.std,
                ci_low=summary.ci_low,
                ci_high=summary.ci_high,
                n_trials=summary.n_trials,
                wins=wins,
                ties=len(differences) - wins - losses,
                losses=losses,
                p_sign=float(stats.binomtest(wins, wins + losses).pvalue) if wins + losses else math.nan,
                p_wilcoxon=_wilcoxon(differences),
                p_corrected=corrected_t_test(differences, budget, _tested(ones, shared, budget)),
            )
        )
    return comparisons


def _tested(
    rows: Mapping[tuple[int, int], Mapping[str, Any]], shared: list[tuple[int, int]], n: int
) -> float:
    """Return how many architectures a trial of a budget tested, on average; NaN where the rows do not say."""
    return float(np.mean([rows[at].get("n_test", math.nan) for at in shared if at[0] == n]))


def _wilcoxon(differences: np.ndarray) -> float:
    if not (differences != 0).any():
        return math.nan
    # "auto": exact for few trials without ties, else scipy falls back to the normal approximation.
    tested: Any = stats.wilcoxon(differences, zero_method="wilcox", method="auto")
    return float(tested.pvalue)


def _resolve(rows: list[Mapping[str, Any]], name: Name | str) -> Name:
    known = list(dict.fromkeys(_name(row) for row in rows))
    matching = [one for one in known if name in (one, one[0])]
    if len(matching) != 1:
        which = "ran on several encodings: give (method, encoding)" if matching else "is not among the trials"
        raise UnknownName(f"{name!r} {which}; there are {', '.join(map(str, known))}")
    return matching[0]


def _name(row: Mapping[str, Any]) -> Name:
    return str(row["method"]), str(row["encoding"])


def _by_trial(rows: list[Mapping[str, Any]], name: Name) -> dict[tuple[int, int], Mapping[str, Any]]:
    found: dict[tuple[int, int], Mapping[str, Any]] = {}
    for row in rows:
        if _name(row) == name:
            at = (int(row["n_train"]), int(row["trial"]))
            if at in found:
                raise InvalidArgument(
                    f"{name}: trial {at[1]} at {at[0]} occurs twice; give the rows of one experiment"
                )
            found[at] = row
    return found
