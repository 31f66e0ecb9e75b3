"""BANANAS on NAS-Bench-201, CIFAR-100, in COLE's setting: paths right and as wired in print, texts, controls.

    python tools/bananas_cole.py runs/bananas docs/results/search-bananas.csv 30 260 [arm ...]

The arguments: a folder from which a killed run goes on, the table, seeds, evaluations, and names of arms, all
by default. Seeds go through the arms ten by ten, and the table is written anew after each ten: more seeds
later cost only themselves. Published, with 100 and 500: the mean curve crosses 99 % of the best after 200
with paths, 132 with COLE. 20 architectures first, ten a round, an ensemble of three, duplicates charged.
Wired as published, the operations of the edges 1-2 and 0-3 change places before paths are read, so that two
of the four are none.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator

from archenc.encoders import Path as Paths
from archenc.graph import Architecture
from archenc.search.making import start
from archenc.search.measures import (
    evaluations_to,
    evaluations_to_of_mean,
    interval_of_crossing,
    interval_of_median,
    median_difference,
    near_best,
)
from archenc.search.recipes import Start
from archenc.search.simulation import Method
from archenc.search.study import Found, Task, run_study
from archenc.spaces.nasbench201 import NasBench201
from archenc.tables import BenchmarkTable

STEP = 10


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


@dataclass(frozen=True)
class Arm(Method):
    """A method of the study; miswired: its predictor reads paths as wired in print."""

    miswired: bool = False

    @property
    def spelled(self) -> list[str | None]:
        """What the histories depend on, as plain values."""
        return [*super().spelled, "miswired"] if self.miswired else super().spelled

    def begin(self, scores: Any = None) -> Start:
        """Return what starts its searches."""
        return start(self.algorithm, encoder=Miswired()) if self.miswired else super().begin(scores)


def arms() -> list[Arm]:
    """Return the arms: those that need no model of text come first."""
    bananas = "bananas:preset=cole"
    texts = "bananas:preset=cole:components=128"
    model, ours = "cole:reduction=none:dtype=bfloat16", "canonical=true:pooling=avg_all"
    return [
        Arm("evolution:charge_duplicates=true", label="evolution, duplicates charged"),
        Arm("local", label="local search"),
        Arm(bananas, label="BANANAS, paths as wired in print", miswired=True),
        Arm(bananas, "path", label="BANANAS, paths"),
        Arm(bananas, "adjacency", label="BANANAS, one-hot"),
        Arm(texts, "bag_of_tokens:unit=words:canonical=true", label="BANANAS, words of the canonical text"),
        Arm(texts, model, label="BANANAS, COLE, text as published"),
        Arm(texts, f"{model}:{ours}", label="BANANAS, COLE, canonical text"),
        Arm(texts, f"{model}:{ours}:random_weights=0", label="BANANAS, random weights, canonical text"),
    ]


def main() -> None:
    folder, out, seeds, budget = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
    wanted = sys.argv[5:] or [arm.label for arm in arms()]
    task = Task(BenchmarkTable.open("nasbench201"), "cifar100_val_accuracy_200ep")
    for upto in range(STEP, seeds + STEP, STEP):
        found = {}
        for arm in arms():
            if arm.label not in wanted:
                continue
            many = min(upto, seeds)
            done = run_study(task, [arm], budget=budget, seeds=many, together=STEP, out=folder)
            found[arm] = done
            print(*row(arm, done), sep=", ", flush=True)
        write(out, found, budget)


def row(arm: Arm, found: Found) -> list[Any]:
    """Return the measures of an arm, each with its interval."""
    near = near_best(float(found.problem.values.max()))
    curves = found.curves(arm)
    hits = evaluations_to(curves, near)
    crossing = [evaluations_to_of_mean(curves, near), *interval_of_crossing(curves, near)]
    return [arm.label, *crossing, float(np.median(hits)), *interval_of_median(hits), len(curves)]


def write(out: Path, found: dict[Arm, Found], budget: int) -> None:
    """Write a line an arm; the last columns compare it with the paths as wired in print, by seed."""
    near = near_best(float(next(iter(found.values())).problem.values.max()))
    hits = {arm: evaluations_to(one.curves(arm), near) for arm, one in found.items()}
    paths = next((arm for arm in hits if arm.miswired), None)
    with out.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        crossing = ["evaluations_to_1pct_curve", "curve_low", "curve_high"]
        median = ["evaluations_to_1pct", "median_low", "median_high"]
        paired = ["less_than_wired_in_print", "less_low", "less_high", "p"]
        writer.writerow(
            ["method", *crossing, *median, "n_seeds", *paired, "best", "standard_error", "budget"]
        )
        for arm, one in found.items():
            apart = ["", "", "", ""]
            if paths not in (None, arm) and len(hits[arm]) == len(hits[paths]):
                middle, low, high, p = median_difference(hits[paths], hits[arm], budget)
                apart = [middle, low, high, f"{p:.2g}"]
            ends = one.curves(arm)[:, -1]
            error = ends.std(ddof=1) / np.sqrt(len(ends))
            writer.writerow([*row(arm, one), *apart, f"{ends.mean():.4f}", f"{error:.4f}", budget])


if __name__ == "__main__":
    main()
