"""Experiments as data: what `archenc reproduce NAME` runs, and the published figures beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

from archenc.evaluation.comparison import compare
from archenc.evaluation.costs import training_costs
from archenc.evaluation.definitions import named, read_definitions
from archenc.evaluation.intervals import IntervalKind
from archenc.evaluation.metrics import DEFAULT_METRICS
from archenc.evaluation.pages import difference_notes
from archenc.evaluation.protocols import Draw, Protocol, SplitKind
from archenc.evaluation.publications import PublishedFigure, published
from archenc.evaluation.results import TRIAL_COLUMNS, ResultRow, TrialRow, results_table, write_csv
from archenc.evaluation.run import TRIALS, evaluate
from archenc.evaluation.setup import Pool, Wanted, combine, set_up
from archenc.tables import BenchmarkTable

Name = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Part:
    """Methods that share sizes and trials. published: series printed beside a method, by its names."""

    sizes: tuple[int, ...]
    trials: int
    methods: tuple[Wanted, ...]
    published: dict[Name, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Experiment:
    """One table, one pool, its metrics, and parts that are all paired with each other.

    table: what `BenchmarkTable.open` takes, the space itself or a table that comes with archenc. split,
    reference, draw: of the protocol. against: methods that all others are compared with, trial by trial.
    """

    name: str
    title: str
    space: str
    table: str
    metrics: tuple[str, ...]
    seed: int
    scores: str | None
    pool: Pool
    parts: tuple[Part, ...]
    beside: tuple[str, ...]
    split: SplitKind = "random"
    reference: int = 0
    against: tuple[str, ...] = ()
    draw: Draw = "random"

    @property
    def command(self) -> str:
        """The command that runs it."""
        return f"archenc reproduce {self.name}"

    def protocol(self, part: Part) -> Protocol:
        """The protocol of one part."""
        return Protocol(
            part.sizes,
            part.trials,
            self.seed,
            split=self.split,
            reference=self.reference,
            draw=self.draw,
        )

    def compared(self) -> list[PublishedFigure]:
        """Every published figure that is printed with this experiment, in the order of its parts."""
        series = [name for part in self.parts for names in part.published.values() for name in names]
        return published(series=dict.fromkeys([*series, *self.beside]))


@dataclass(frozen=True, slots=True)
class Reproduction:
    """What an experiment gave: trial rows of all parts, their table, predictions of the largest budget.

    costs: a line for each score that took trainings of its own.
    """

    experiment: Experiment
    trials: list[TrialRow]
    rows: list[ResultRow]
    predictions: dict[str, dict[str, Any]]
    n_pool: int
    costs: tuple[str, ...] = ()

    def notes(self, metric: str = "kendall_tau") -> list[str]:
        """Return what scores cost, and the lines that compare every method with those it is `against`."""
        lines = [*self.costs, ""] if self.costs else []
        for task in dict.fromkeys(row["task"] for row in self.trials):
            mine = [row for row in self.trials if (row["task"], row["metric"]) == (task, metric)]
            names = list(dict.fromkeys((row["method"], row["encoding"]) for row in mine))
            for rival in self.experiment.against:
                found = [
                    one
                    for name in names
                    if name[0] != rival
                    for one in compare(mine, name, rival, metric=metric)
                ]
                lines += difference_notes(found, task)
        return lines


def experiments() -> dict[str, Experiment]:
    """Return every packaged experiment by name."""
    return dict(_experiments())


def experiment(name: str) -> Experiment:
    """Return the experiment called `name`. Raises UnknownName, which lists them."""
    return named("experiments", name, _experiments())


def reproduce(
    this: Experiment,
    table: BenchmarkTable,
    out: str | Path,
    *,
    trials: int | None = None,
    interval: IntervalKind = "t",
    metrics: Sequence[str] = DEFAULT_METRICS,
    jobs: int = 1,
    progress: bool = False,
) -> Reproduction:
    """Run what the journal in `out` does not hold yet, and sum up.

    trials: instead of the experiment's own number. Raises what `evaluate` and `set_up` raise.
    """
    rows: list[TrialRow] = []
    predictions: dict[str, dict[str, Any]] = {}
    beside: dict[Name, tuple[PublishedFigure, ...]] = {}
    largest = max(size for part in this.parts for size in part.sizes)
    n_pool = 0
    for metric, part in product(this.metrics, this.parts):
        task, methods = set_up(table, metric, part.methods, scores=this.scores, pool=this.pool)
        protocol = this.protocol(part)
        if trials is not None:
            protocol = protocol.replace(trials=trials)
        found = evaluate(
            methods,
            task,
            protocol,
            metrics=metrics,
            experiment=this.name,
            out=out,
            aside=len(this.parts) > 1,  # of several parts one may have the methods that take a reference
            jobs=jobs,
            progress=progress,
        )
        rows += found.trials
        n_pool = len(task)
        if max(part.sizes) == largest:
            label = f"{metric}: " if len(this.metrics) > 1 else ""
            predictions |= {label + name: value for name, value in found.predicted_and_true().items()}
        for wanted, method in zip(part.methods, methods, strict=True):
            if series := part.published.get(wanted.names):
                name = (method.method, method.encoding)
                beside[name] = (*beside.get(name, ()), *published(series=series))
    costs = [
        line for metric in this.metrics for line in training_costs(table, this.scores, metric, this.reference)
    ]
    write_csv(rows, Path(out) / TRIALS, TRIAL_COLUMNS)  # of all parts; each part wrote its own
    table_of_rows = results_table(
        rows, published=beside, interval=interval, command=this.command, seed=this.seed
    )
    return Reproduction(this, rows, table_of_rows, predictions, n_pool, tuple(dict.fromkeys(costs)))


@cache
def _experiments() -> dict[str, Experiment]:
    return read_definitions("experiments.toml", _experiment)


def _experiment(name: str, fields: dict[str, Any]) -> Experiment:
    return Experiment(
        name=name,
        title=fields["title"],
        space=fields["space"],
        table=fields.get("table", fields["space"]),
        metrics=tuple(fields["metrics"]) if "metrics" in fields else (fields["metric"],),
        seed=fields["seed"],
        scores=fields.get("scores"),
        pool=fields.get("pool", "complete"),
        parts=tuple(_part(part) for part in fields["parts"]),
        beside=tuple(fields.get("beside", ())),
        split=fields.get("split", "random"),
        reference=fields.get("reference", 0),
        against=tuple(fields.get("against", ())),
        draw=fields.get("draw", "random"),
    )


def _part(fields: dict[str, Any]) -> Part:
    methods = [Wanted(one["predictor"], one.get("encoder")) for one in fields.get("methods", ())]
    beside = {
        wanted.names: tuple(one["published"])
        for wanted, one in zip(methods, fields.get("methods", ()), strict=True)
        if "published" in one
    }
    for names, series in fields.get("published", {}).items():
        method, _, encoding = names.partition(" ")
        beside[method, encoding] = tuple(series)
    if "predictors" in fields:
        methods += combine(fields["predictors"], fields["encoders"])
    return Part(tuple(fields["sizes"]), fields["trials"], tuple(methods), beside)
