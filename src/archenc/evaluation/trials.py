"""Training and testing, without any bookkeeping: the pure middle of an evaluation."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float64

from archenc.errors import InvalidArgument
from archenc.evaluation.method import Method
from archenc.evaluation.metrics import metric
from archenc.evaluation.protocols import Protocol, Split
from archenc.evaluation.task import Task


@dataclass(frozen=True, slots=True)
class Cell:
    """One trial of one method at one budget: the unit of the journal."""

    method: int
    n_train: int
    trial: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a cell gave. prediction: of every test architecture, [n_test], higher is better."""

    cell: Cell
    values: dict[str, float]
    n_test: int
    seconds: float
    prediction: Float64[np.ndarray, " n_test"]


@dataclass(frozen=True)
class Plan:
    """All that a cell needs; the same plan gives the same outcomes, in one process or in several."""

    task: Task
    methods: tuple[Method, ...]
    protocol: Protocol
    metrics: tuple[str, ...]
    splits: Mapping[int, Mapping[int, Split]]

    @classmethod
    def make(
        cls, task: Task, methods: tuple[Method, ...], protocol: Protocol, metrics: tuple[str, ...]
    ) -> Plan:
        """Draw every split and check that every cell can be measured, before anything is trained.

        Raises InvalidArgument for training sizes that do not fit the pool, labels that are all equal within a
        training or test set, or a metric that a test set is too small for; UnknownName for an unknown metric.
        """
        classes = task.classes(protocol.group)
        splits = {
            trial: protocol.splits(
                len(task), trial, rows=task.rows, n_rows=task.n_rows, classes=classes, labels=task.y
            )
            for trial in range(protocol.trials)
        }
        plan = cls(task, methods, protocol, metrics, splits)
        functions = [metric(name) for name in metrics]
        for trial, by_size in splits.items():
            for size, split in by_size.items():
                for name, positions in (("training", split.train), ("test", split.test)):
                    labels = task.y[positions]
                    if name == "training" and protocol.few:
                        continue
                    if (labels == labels[0]).all():
                        raise InvalidArgument(
                            f"train size {size}, trial {trial}: all {len(labels)} labels of the {name} set "
                            f"are equal, so there is no order; choose a larger size or another seed"
                        )
        for split in splits[0].values():
            for function in functions:
                function(true=task.y[split.test], pred=task.y[split.test])
        return plan

    def groups(self, together: int) -> Iterator[tuple[Cell, ...]]:
        """Yield the cells in order; those that one call of `fit_trials` trains come together."""
        for index, method in enumerate(self.methods):
            at_once = together if hasattr(method.estimator, "fit_trials") else 1
            for size in self.protocol.sizes:
                for first in range(0, self.protocol.trials, at_once):
                    last = min(first + at_once, self.protocol.trials)
                    yield tuple(Cell(index, size, trial) for trial in range(first, last))


def run(plan: Plan, cells: tuple[Cell, ...]) -> Iterator[Outcome]:
    """Train and test the cells of one group and yield their outcomes; a group shares method and budget.

    Raises InvalidArgument where a prediction is not one finite number an architecture.
    """
    method, task, protocol = plan.methods[cells[0].method], plan.task, plan.protocol
    splits = [plan.splits[cell.trial][cell.n_train] for cell in cells]
    seeds = [protocol.seed_of(cell.trial) for cell in cells]
    start = time.perf_counter()
    if len(cells) > 1:
        together = [
            (task.take(split.train), task.y[split.train], seed)
            for split, seed in zip(splits, seeds, strict=True)
        ]
        fitted = method.fresh(seeds[0]).fit_trials(together)
    else:
        fitted = [method.fresh(seeds[0]).fit(task.take(splits[0].train), task.y[splits[0].train])]
    training = (time.perf_counter() - start) / len(cells)
    for cell, split, estimator in zip(cells, splits, fitted, strict=True):
        start = time.perf_counter()
        prediction = _prediction(estimator.predict(task.take(split.test)), len(split.test), method, cell)
        seconds = training + time.perf_counter() - start
        truth = task.y[split.test]
        values = {name: float(metric(name)(true=truth, pred=prediction)) for name in plan.metrics}
        yield Outcome(cell, values, len(split.test), seconds, prediction)


def _prediction(given: Any, n: int, method: Method, cell: Cell) -> Float64[np.ndarray, " n_test"]:
    where = f"{method.label}, train size {cell.n_train}, trial {cell.trial}"
    prediction = np.asarray(given, dtype=np.float64)
    if prediction.shape != (n,):
        raise InvalidArgument(
            f"{where}: predict returned shape {prediction.shape} for {n} architectures; expected ({n},)"
        )
    if not np.isfinite(prediction).all():
        raise InvalidArgument(
            f"{where}: predict returned NaN or infinity; expected one finite number an architecture"
        )
    return prediction
