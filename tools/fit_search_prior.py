"""Fit the coefficients from which the recommended search knows what to expect of a cell.

    python tools/fit_search_prior.py src/archenc/search/data/structure_prior.csv

For digits201 and each task of TransNAS-Bench-101 (micro), which must be imported: a ridge regression of the
values, robust and half by rank, on the counts of `archenc.search.structure_prior`, both standardised.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import numpy as np

from archenc.pipelines.graph_and_scores import half_ranked
from archenc.search.structure_prior import FEATURES, structure
from archenc.search.study import Task
from archenc.tables import BenchmarkTable

RIDGE = 0.03


def tasks() -> dict[str, Task]:
    """Return the tables and tasks that are learned from."""
    transnas = BenchmarkTable.open("transnasbench101")
    finals = [name for name in transnas.metrics if name.endswith("_final")]
    return {
        "digits201": Task(BenchmarkTable.open("digits201"), "digits_val_accuracy_16ep"),
        **{f"transnasbench101/{name.split('_val_')[0]}": Task(transnas, name) for name in finals},
    }


def coefficients(task: Task) -> list[float]:
    """Return the coefficients of one task."""
    problem = task.problem(1)
    rows = np.array([structure(arch) for arch in problem.domain.archs(range(len(problem.domain)))])
    std = rows.std(axis=0)
    rows = (rows - rows.mean(axis=0)) / np.where(std > 1e-12, std, 1.0)
    n, y = len(rows), half_ranked(problem.values)
    return np.linalg.solve(rows.T @ rows / n + RIDGE * np.eye(len(FEATURES)), rows.T @ y / n).tolist()


def main() -> None:
    with Path(sys.argv[1]).open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["task", *FEATURES])
        writer.writerows(
            [name, *(f"{one:.4f}" for one in coefficients(task))] for name, task in tasks().items()
        )


if __name__ == "__main__":
    main()
