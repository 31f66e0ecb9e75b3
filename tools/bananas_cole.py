"""BANANAS on NAS-Bench-201, CIFAR-100, in COLE's setting: with right paths, and with those of its authors.

    python tools/bananas_cole.py runs/bananas docs/results/search-bananas.csv 10 260

The arguments: a folder from which a killed run goes on, the table, seeds, evaluations. Published, with 100
and 500: the mean curve crosses 99 % of the best after 200 with paths, 132 with COLE. 20 architectures first,
ten a round, an ensemble of three, duplicates charged. Wired as published, the operations of the edges 1-2 and
0-3 change places before paths are read, so that two of the four are none.
"""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator

from archenc.encoders import Path as Paths
from archenc.graph import Architecture
from archenc.pipelines.by_name import encoders
from archenc.search.making import start
from archenc.search.measures import (
    evaluations_to,
    evaluations_to_of_mean,
    interval_of_crossing,
    interval_of_median,
    near_best,
)
from archenc.search.simulation import curve, simulate
from archenc.search.study import Task
from archenc.spaces.nasbench201 import NasBench201
from archenc.store import write_json
from archenc.tables import BenchmarkTable


class Miswired(BaseEstimator):
    """Paths of cells in which the operations of the edges 1-2 and 0-3 have changed places."""

    def fit(self, X: Sequence[Architecture], y: Any = None) -> Self:  # noqa: ARG002
        """Learn the columns."""
        self.paths_ = Paths().fit(self._swapped(X))
        return self

    def transform(self, X: Sequence[Architecture]) -> np.ndarray:
        """Return a row an architecture."""
        return self.paths_.transform(self._swapped(X))

    def _swapped(self, X: Sequence[Architecture]) -> list[Architecture]:
        space = NasBench201()
        return [space.from_code(np.array(space.code(arch))[[0, 1, 3, 2, 4, 5]].tolist()) for arch in X]


def arms() -> dict[str, Any]:
    """Return what starts the searches of each arm."""
    return {
        "evolution, duplicates charged": start("evolution", charge_duplicates=True),
        "local search": start("local"),
        "BANANAS, paths as wired in print": start("bananas", preset="cole", encoder=Miswired()),
        "BANANAS, paths": start("bananas", preset="cole", encoder="path"),
        "BANANAS, one-hot": start("bananas", preset="cole", encoder="adjacency"),
        "BANANAS, bag of tokens": start(
            "bananas", preset="cole", encoder=encoders("bag_of_tokens"), components=128
        ),
    }


def main() -> None:
    folder, out, seeds, budget = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
    folder.mkdir(parents=True, exist_ok=True)
    problem = Task(BenchmarkTable.open("nasbench201"), "cifar100_val_accuracy_200ep").problem(budget)
    near = near_best(float(problem.values.max()))
    rows = []
    for place, (name, begin) in enumerate(arms().items()):
        done = folder / f"arm{place}.json"
        if not done.exists():
            snapshot = folder / f"arm{place}.under_way.json"
            runs = simulate(problem, begin, list(range(seeds)), snapshot)
            write_json(done, [run.numbers for run in runs])
        histories = json.loads(done.read_text(encoding="utf-8"))
        curves = np.stack([curve(problem, numbers) for numbers in histories])
        hits = evaluations_to(curves, near)
        crossing = interval_of_crossing(curves, near)
        row = [name, evaluations_to_of_mean(curves, near), *crossing]
        rows.append([*row, float(np.median(hits)), *interval_of_median(hits), len(curves), budget])
        print(rows[-1], flush=True)
        with out.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator="\n")
            measured = ["evaluations_to_1pct_curve", "curve_low", "curve_high"]
            median = ["evaluations_to_1pct", "median_low", "median_high"]
            writer.writerow(["method", *measured, *median, "n_seeds", "budget"])
            writer.writerows(rows)


if __name__ == "__main__":
    main()
