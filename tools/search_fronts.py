"""Search NAS-Bench-201 for accuracy and two latencies at once: hypervolume against evaluations, as a table.

python tools/search_fronts.py docs/results/search-fronts.csv 100

The last argument is the number of seeds, which are paired.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

from archenc.evaluation.intervals import summarise
from archenc.search.fronts import FrontTask, shares_of_hypervolume
from archenc.search.simulation import Method
from archenc.tables import BenchmarkTable

METRICS = ("cifar100_val_accuracy_200ep", "latency_1080ti_1", "cifar10_raspi4_latency")
BUDGET, AT = 60, (10, 20, 30, 40, 50, 60)
METHODS = [
    Method("random"),
    Method("evolution"),
    Method("local"),
    Method("gaussian_process:initial=5"),
    Method("recommended:prior=0", label="recommended, nothing expected"),
]


def main() -> None:
    seeds = int(sys.argv[2])
    problem = FrontTask(BenchmarkTable.open("nasbench201"), METRICS).problem(BUDGET)
    with Path(sys.argv[1]).open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["method", "evaluations", "share_of_hypervolume", "ci_low", "ci_high", "n_seeds"])
        for method in METHODS:
            shares = shares_of_hypervolume(problem, [method], seeds=seeds, at=AT)[method]
            for evaluations, column in zip(AT, shares.T, strict=True):
                found = summarise(column)
                row = [found.mean, found.ci_low, found.ci_high]
                writer.writerow([method.names[0], evaluations, *(f"{one:.4f}" for one in row), seeds])
            file.flush()
            print(method.names[0], shares.mean(axis=0).round(3), flush=True)


if __name__ == "__main__":
    main()
