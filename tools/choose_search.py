"""Measure variants of a search on digits201 and TransNAS-Bench-101, for choosing one without NAS-Bench-201.

    python tools/choose_search.py out.csv recommended recommended:target=raw local

For every task, the median over seeds of the evaluations until the best 2 %, 0.4 % and 0.1 % of architectures;
then the geometric means over the tasks, and their product, by which the least is chosen. TransNAS must be
imported; a search that does not get there within the budget counts as one evaluation more.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import numpy as np

from archenc.search.measures import evaluations_to
from archenc.search.simulation import Method, curve, simulate
from archenc.search.study import Task
from archenc.tables import BenchmarkTable

SEEDS, BUDGET = 40, 80
SHARES = (0.02, 0.004, 0.001)


def tasks() -> list[Task]:
    """Return digits201 and the seven tasks of TransNAS."""
    transnas = BenchmarkTable.open("transnasbench101")
    finals = [name for name in transnas.metrics if name.endswith("_final")]
    return [
        Task(BenchmarkTable.open("digits201"), "digits_val_accuracy_16ep"),
        *(Task(transnas, metric) for metric in finals),
    ]


def medians(task: Task, method: Method) -> list[float]:
    """Return the median evaluations until each share of the best."""
    problem = task.problem(BUDGET)
    curves = np.stack(
        [curve(problem, run.numbers) for run in simulate(problem, method.begin(), list(range(SEEDS)))]
    )
    ranked = np.sort(problem.values)[::-1]
    thresholds = [ranked[max(0, round(share * len(ranked)) - 1)] for share in SHARES]
    return [
        float(np.median(np.minimum(evaluations_to(curves, threshold), BUDGET + 1)))
        for threshold in thresholds
    ]


def main() -> None:
    out, *names = sys.argv[1:]
    rows = []
    for name in names:
        spec, _, encoder = name.partition("@")  # an encoder may follow: gaussian_process@path
        found = np.array([medians(task, Method(spec, encoder or None)) for task in tasks()])
        means = np.exp(np.log(found).mean(axis=0))
        rows.append([name, *means.round(1).tolist(), round(float(means.prod()))])
        print(rows[-1], flush=True)
    with Path(out).open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["algorithm", "to_best_2pct", "to_best_0.4pct", "to_best_0.1pct", "product"])
        writer.writerows(rows)


if __name__ == "__main__":
    main()
