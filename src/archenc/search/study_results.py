"""A study as tables: evaluations to come near the best, regret at budgets, curves, paired comparisons."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypedDict

import numpy as np
from jaxtyping import Float64

from archenc.evaluation.intervals import summarise
from archenc.evaluation.results import ResultRow, write_csv
from archenc.search.measures import (
    evaluations_to,
    evaluations_to_of_mean,
    interval_of_crossing,
    interval_of_median,
    median_difference,
    near_best,
)
from archenc.search.simulation import Method
from archenc.search.study import Found

HIT = "evaluations_to_1pct"
CROSSING = "evaluations_to_1pct_curve"
AT = (8, 16, 25, 32, 50, 64, 100, 128, 150, 200, 300, 500)


class CurveRow(TypedDict):
    """One point of a curve: the best value so far over the seeds, and its regret, in the metric's unit."""

    method: str
    encoding: str
    evaluations: int
    mean_best: float
    median_best: float
    mean_regret: float
    standard_error: float
    n_seeds: int


def result_rows(
    found: Found, *, experiment: str, space: str, task: str, seed: int, command: str = ""
) -> list[ResultRow]:
    """Return a line a method and measure; n_train is the budget, n_test how many could be asked for.

    evaluations_to_1pct: over seeds, the first evaluation within 1 % of the best; median, its interval from
    order statistics, and the mean, which is infinite where a seed never got there. evaluations_to_1pct_curve:
    where the mean curve of the seeds gets there, with a bootstrap interval. regret_at_N: the best value there
    is minus the best found.
    """
    problem = found.problem
    best = float(np.nanmax(problem.values))
    rows: list[ResultRow] = []

    def add(method: Method, metric: str, **numbers: Any) -> None:
        name, encoding = method.names
        blank = {
            "mean": math.nan,
            "median": math.nan,
            "std": math.nan,
            "ci_low": math.nan,
            "ci_high": math.nan,
        }
        rows.append(
            ResultRow(
                **{**blank, **numbers},
                experiment=experiment,
                space=space,
                task=task,
                method=name,
                encoding=encoding,
                n_train=problem.budget,
                metric=metric,
                published=math.nan,
                n_test=len(problem.domain),
                seed=str(seed),
                command=command,
            )
        )

    for method in found.methods:
        curves = found.curves(method)
        hits = evaluations_to(curves, near_best(best))
        low, high = interval_of_median(hits)
        std = float(np.std(hits, ddof=1)) if np.isfinite(hits).all() and len(hits) > 1 else math.nan
        add(
            method,
            HIT,
            mean=float(hits.mean()),
            median=float(np.median(hits)),
            std=std,
            ci_low=low,
            ci_high=high,
            n_trials=len(hits),
        )
        low, high = interval_of_crossing(curves, near_best(best))
        crossing = evaluations_to_of_mean(curves, near_best(best))
        add(method, CROSSING, mean=crossing, ci_low=low, ci_high=high, n_trials=len(hits))
        for at in sorted({at for at in AT if at <= problem.budget} | {problem.budget}):
            add(method, f"regret_at_{at}", **_summary(best - curves[:, at - 1]))
    return rows


def curve_rows(found: Found) -> list[CurveRow]:
    """Return a line a method and number of evaluations."""
    best = float(np.nanmax(found.problem.values))
    rows = []
    for method in found.methods:
        curves = found.curves(method)
        for at in range(found.problem.budget):
            values = curves[:, at][~np.isnan(curves[:, at])]
            known = len(values) > 0
            rows.append(
                CurveRow(
                    method=method.names[0],
                    encoding=method.names[1],
                    evaluations=at + 1,
                    mean_best=float(values.mean()) if known else math.nan,
                    median_best=float(np.median(values)) if known else math.nan,
                    mean_regret=best - float(values.mean()) if known else math.nan,
                    standard_error=float(values.std(ddof=1) / len(values) ** 0.5)
                    if len(values) > 1
                    else math.nan,
                    n_seeds=len(values),
                )
            )
    return rows


def comparison_rows(found: Found) -> list[dict[str, Any]]:
    """Return the first method against every other: medians of paired differences in evaluations_to_1pct."""
    threshold = near_best(float(np.nanmax(found.problem.values)))
    hits = {method: evaluations_to(found.curves(method), threshold) for method in found.methods}
    first, *others = found.methods
    rows = []
    for other in others:
        difference, low, high, p = median_difference(hits[first], hits[other], found.problem.budget)
        rows.append(
            {
                "first": " · ".join(first.names),
                "second": " · ".join(other.names),
                "metric": HIT,
                "median_difference": difference,
                "ci_low": low,
                "ci_high": high,
                "p_sign": p,
                "n_seeds": len(hits[first]),
            }
        )
    return rows


def history_rows(found: Found) -> list[dict[str, Any]]:
    """Return a line an evaluation: what was asked for, and its value."""
    spellings = _Spellings(found.problem.domain.arch)
    return [
        {
            "method": method.names[0],
            "encoding": method.names[1],
            "seed": run.seed,
            "evaluation": at + 1,
            "architecture": spellings[number],
            "value": float(found.problem.values[number]),
        }
        for method in found.methods
        for run in found.runs[method]
        for at, number in enumerate(run.numbers)
    ]


def write_tables(found: Found, rows: Sequence[ResultRow], folder: Path) -> list[Path]:
    """Write results.csv, curves.csv, comparisons.csv and histories.csv into a folder; return the paths."""
    histories = history_rows(found)
    compared = comparison_rows(found)
    paths = [
        write_csv(rows, folder / "results.csv"),
        write_csv(curve_rows(found), folder / "curves.csv", tuple(CurveRow.__annotations__)),
        write_csv(histories, folder / "histories.csv", tuple(histories[0])),
    ]
    if compared:
        paths.append(write_csv(compared, folder / "comparisons.csv", tuple(compared[0])))
    return paths


class _Spellings(dict[int, str]):
    """The native spelling of a number, found once."""

    def __init__(self, arch: Any) -> None:
        super().__init__()
        self._arch = arch

    def __missing__(self, number: int) -> str:
        from archenc.spaces import space

        arch = self._arch(number)
        self[number] = space(arch.space).format(arch)
        return self[number]


def _summary(values: Float64[np.ndarray, " n"]) -> dict[str, Any]:
    known = values[~np.isnan(values)]
    if not len(known):
        return {"n_trials": 0}
    summary = summarise(known)
    return {
        "mean": summary.mean,
        "median": summary.median,
        "std": summary.std,
        "ci_low": summary.ci_low,
        "ci_high": summary.ci_high,
        "n_trials": summary.n_trials,
    }
