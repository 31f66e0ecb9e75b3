"""Measure variants of a search on digits201 and TransNAS-Bench-101, for choosing one without NAS-Bench-201.

    python tools/choose_search.py out.csv 10 recommended:prior=0 recommended:without={task} \\
        recommended:without={table} gaussian_process@graph_features

The number is that of the seeds. {task} and {table} stand for what is searched, as `without` names it. For
every algorithm: geometric means, over tasks and seeds, of the evaluations until the best 2 %, 0.4 % and 0.1 %
of architectures, beyond 60 counted as 100, and their product; the area under the curve, as
`tools/search_study.py` has it, mean of the tasks; and the worst of the tasks, the area there less that of the
algorithm named first. TransNAS must be imported.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import numpy as np

from archenc.search.measures import evaluations_to
from archenc.search.simulation import Method, Problem, curve, simulate
from archenc.search.study import Task
from archenc.tables import BenchmarkTable

BUDGET, BEYOND, AREA = 60, 100, 40
SHARES = (0.02, 0.004, 0.001)


def problems() -> dict[tuple[str, str], Problem]:
    """Return digits201 and the seven tasks of TransNAS, by table and task."""
    digits, transnas = BenchmarkTable.open("digits201"), BenchmarkTable.open("transnasbench101")
    finals = [name for name in transnas.metrics if name.endswith("_final")]
    return {
        ("digits201", "digits201"): Task(digits, "digits_val_accuracy_16ep").problem(BUDGET),
        **{
            ("transnasbench101", f"transnasbench101/{name.split('_val_')[0]}"): Task(transnas, name).problem(
                BUDGET
            )
            for name in finals
        },
    }


def measured(problem: Problem, method: Method, seeds: int) -> tuple[np.ndarray, float]:
    """Return the evaluations until each share of the best, a row a seed, and the area."""
    runs = simulate(problem, method.begin(), list(range(seeds)))
    curves = np.stack([curve(problem, run.numbers) for run in runs])
    ranked = np.sort(problem.values)[::-1]
    thresholds = [ranked[max(0, round(share * len(ranked)) - 1)] for share in SHARES]
    needed = np.stack([evaluations_to(curves, threshold) for threshold in thresholds], axis=1)
    regret = (ranked[0] - curves[:, :AREA]) / (ranked[0] - np.median(ranked))
    return np.where(needed > BUDGET, BEYOND, needed), float(np.minimum(regret, 1).mean())


def main() -> None:
    out, seeds, *names = sys.argv[1:]
    rows, first = [], np.zeros(0)
    for name in names:
        spec, _, encoder = name.partition("@")  # an encoder may follow: gaussian_process@path
        found = [
            measured(problem, Method(spec.format(table=table, task=task), encoder or None), int(seeds))
            for (table, task), problem in problems().items()
        ]
        means = np.exp(np.log([needed for needed, _ in found]).mean(axis=(0, 1)))
        areas = np.array([area for _, area in found])
        first = first if len(first) else areas
        shown = [*means.round(1).tolist(), round(float(means.prod()))]
        rows.append([name, seeds, *shown])
        rows[-1] += [f"{one:.3f}" for one in (areas.mean(), (areas - first).max(), *areas)]
        print(rows[-1], flush=True)
    with Path(out).open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        shares = ["to_best_2pct", "to_best_0.4pct", "to_best_0.1pct", "product"]
        each = [f"area_{task.split('/')[-1]}" for _, task in problems()]
        writer.writerow(["algorithm", "seeds", *shares, "area", "worst_area_over_first", *each])
        writer.writerows(rows)


if __name__ == "__main__":
    main()
