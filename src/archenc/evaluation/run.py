"""Evaluate methods on a task: trial by trial, journalled, so that a killed run resumes to the same result."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from archenc.errors import DataError, InvalidArgument
from archenc.evaluation.fingerprint import fingerprint
from archenc.evaluation.method import Method, as_methods, with_reference
from archenc.evaluation.metrics import DEFAULT_METRICS
from archenc.evaluation.protocols import Protocol
from archenc.evaluation.results import TRIAL_COLUMNS, TrialRow, write_csv
from archenc.evaluation.task import Task
from archenc.evaluation.trials import Cell, Outcome, Plan, run
from archenc.evaluation.workers import run_in_processes
from archenc.progress import Bar, bar
from archenc.store import Journal, atomic_path, content_key, write_json

JOURNAL = "journal.jsonl"
TRIALS = "trials.csv"
CONFIG = "config.json"


@dataclass(frozen=True)
class Evaluation:
    """What an evaluation found: trial rows, by methods, sizes, trials and metrics, and predictions.

    predictions: of the largest budget, by (method label, trial): positions in the pool and what was
    predicted. resumed: how many trials an earlier run had left in the journal.
    """

    task: Task
    protocol: Protocol
    methods: tuple[Method, ...]
    trials: list[TrialRow]
    predictions: dict[tuple[str, int], tuple[np.ndarray, np.ndarray]]
    resumed: int

    def predicted_and_true(self, trial: int = 0) -> dict[str, dict[str, Any]]:
        """Return `true`, `pred` and `label` of a trial at the largest budget, in the metric's direction."""
        sign = 1.0 if self.task.direction == "max" else -1.0
        shown = {}
        for (label, number), (positions, prediction) in self.predictions.items():
            if number == trial:
                shown[label] = {"true": sign * self.task.y[positions], "pred": sign * prediction}
                if self.task.keys:
                    shown[label]["label"] = [self.task.keys[position] for position in positions]
        return shown


def evaluate(
    methods: Any,
    task: Task,
    protocol: Protocol,
    *,
    metrics: Sequence[str] = DEFAULT_METRICS,
    experiment: str = "evaluate",
    out: str | Path | None = None,
    jobs: int = 1,
    together: int = 9,
    aside: bool = False,
    progress: bool = False,
) -> Evaluation:
    """Train and test every method on every training size and trial of a protocol.

    methods: an unfitted estimator, a Method, or several. A fresh clone is trained each time, its seeds set
    from (protocol seed, trial), on the same architectures for every method. An estimator with `fit_trials`
    trains up to `together` trials at once. metrics: names as `archenc.evaluation.metric` takes them. out: a
    folder for the journal (a trial is on the disk before the next begins), the predictions of the largest
    budget and `trials.csv`, the rows of the last call. A run that was killed continues there and ends with
    the same values; trials that any earlier call left in the journal are not run again. What is trained
    together is written together: a stop loses the group under way. jobs: processes. aside: a reference is set
    aside even if no method takes one, so that trials pair with those of other methods. progress: a bar on
    standard error. Raises InvalidArgument, UnknownName or DataError before anything runs, if anything is
    wrong that can be known then.
    """
    listed = as_methods(methods)
    if jobs < 1 or together < 1:
        raise InvalidArgument(f"jobs={jobs}, together={together}: expected integers >= 1")
    if protocol.reference:
        held = task.take(protocol.reference_of(len(task), rows=task.rows, n_rows=task.n_rows))
        listed = with_reference(listed, held, needed=not aside)
    plan = Plan.make(task, listed, protocol, tuple(metrics))
    book = _Book(plan, None if out is None else Path(out))
    groups = [cells for cells in plan.groups(together) if not all(book.has(cell) for cell in cells)]
    # A group is trained whole even if some of its trials are known: alone, a trial would round differently.
    with bar("trials", progress, total=book.total, done=book.resumed) as shown:
        outcomes = run_in_processes(plan, groups, jobs) if jobs > 1 else _run_here(plan, groups, shown)
        with closing(outcomes):  # an interrupt ends the workers too
            for outcome in outcomes:
                if not book.has(outcome.cell):
                    book.add(outcome)
                    shown.advance(
                        f"{plan.methods[outcome.cell.method].label}, {outcome.cell.n_train} to train on"
                    )
    return book.close(experiment)


def _run_here(plan: Plan, groups: Sequence[tuple[Cell, ...]], shown: Bar) -> Generator[Outcome]:
    for cells in groups:
        shown.note(f"{plan.methods[cells[0].method].label}, {cells[0].n_train} to train on")
        yield from run(plan, cells)


class _Book:
    """The records of a run by cell, in memory and, with a folder, in its journal."""

    def __init__(self, plan: Plan, out: Path | None) -> None:
        self.plan, self.out = plan, out
        self.keys = _keys(plan)
        self.largest = max(plan.protocol.sizes)
        self.journal = None if out is None else Journal(out / JOURNAL)
        written = {} if self.journal is None else {record["key"]: record for record in self.journal}
        self.records: dict[Cell, dict[str, Any]] = {
            cell: written[key]
            for cell, key in self.keys.items()
            if key in written and set(plan.metrics) <= set(written[key]["values"])
        }
        self.resumed, self.total = len(self.records), len(self.keys)
        self.predictions: dict[Cell, np.ndarray] = {}

    def has(self, cell: Cell) -> bool:
        return cell in self.records

    def add(self, outcome: Outcome) -> None:
        cell = outcome.cell
        method = self.plan.methods[cell.method]
        record = {
            "key": self.keys[cell],
            "method": method.method,
            "encoding": method.encoding,
            "n_train": cell.n_train,
            "n_test": outcome.n_test,
            "trial": cell.trial,
            "seed": self.plan.protocol.seed_of(cell.trial),
            "seconds": round(outcome.seconds, 3),
            "values": outcome.values,
        }
        if cell.n_train == self.largest:
            self.predictions[cell] = outcome.prediction
            if self.out is not None:  # before the journal: a trial on record has its predictions
                with atomic_path(self._file(self.out, cell)) as path, path.open("wb") as file:
                    np.savez_compressed(file, prediction=outcome.prediction)
        if self.journal is not None:
            self.journal.append(record)
        self.records[cell] = record

    def close(self, experiment: str) -> Evaluation:
        plan = self.plan
        rows = [
            TrialRow(
                experiment=experiment,
                space=plan.task.space,
                task=plan.task.name,
                method=plan.methods[cell.method].method,
                encoding=plan.methods[cell.method].encoding,
                n_train=cell.n_train,
                n_test=record["n_test"],
                trial=cell.trial,
                seed=record["seed"],
                metric=name,
                value=record["values"][name],
                seconds=record["seconds"],
            )
            for cell in self.keys
            for record in [self.records[cell]]
            for name in plan.metrics
        ]
        if self.out is not None:
            write_csv(rows, self.out / TRIALS, TRIAL_COLUMNS)
            write_json(self.out / CONFIG, _config(plan, experiment))
        return Evaluation(plan.task, plan.protocol, plan.methods, rows, self._kept(), self.resumed)

    def _kept(self) -> dict[tuple[str, int], tuple[np.ndarray, np.ndarray]]:
        kept = {}
        for cell in self.keys:
            if cell.n_train == self.largest:
                prediction = self.predictions.get(cell)
                if prediction is None and self.out is not None:
                    prediction = _read_prediction(self._file(self.out, cell))
                if prediction is not None:
                    split = self.plan.splits[cell.trial][cell.n_train]
                    kept[self.plan.methods[cell.method].label, cell.trial] = (split.test, prediction)
        return kept

    def _file(self, out: Path, cell: Cell) -> Path:
        return out / "predictions" / f"{self.keys[cell][:32]}.npz"


def _keys(plan: Plan) -> dict[Cell, str]:
    """The digest of each cell: of everything that decides its outcome, and of nothing else."""
    pool, split = plan.task.key(), plan.protocol.split_key()
    whats = [content_key(fingerprint(method.estimator)) for method in plan.methods]
    code = version("archenc")
    return {
        cell: content_key(code, pool, split, whats[cell.method], cell.n_train, cell.trial)
        for cells in plan.groups(together=1)
        for cell in cells
    }


def _config(plan: Plan, experiment: str) -> dict[str, Any]:
    return {
        "archenc": version("archenc"),
        "experiment": experiment,
        "space": plan.task.space,
        "task": plan.task.name,
        "direction": plan.task.direction,
        "unit": plan.task.unit,
        "pool": {"size": len(plan.task), "key": plan.task.key()},
        "protocol": plan.protocol.to_dict(),
        "metrics": list(plan.metrics),
        "methods": [
            {"method": one.method, "encoding": one.encoding, "estimator": fingerprint(one.estimator)}
            for one in plan.methods
        ],
    }


def _read_prediction(path: Path) -> np.ndarray | None:
    """Read the predictions of a cell; None where its budget was not the largest one when it ran."""
    if not path.exists():
        return None
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as file:
            return np.asarray(file["prediction"], dtype=np.float64)
    except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
        raise DataError(f"{path}: not predictions that archenc wrote ({error}); remove the file") from error
