"""Experiments as data: what `archenc reproduce NAME` runs, and the published figures beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

from archenc.evaluation.carried import Labelled, carried
from archenc.evaluation.comparison import compare
from archenc.evaluation.costs import training_costs
from archenc.evaluation.definitions import named, read_definitions
from archenc.evaluation.intervals import IntervalKind
from archenc.evaluation.metrics import DEFAULT_METRICS
from archenc.evaluation.pages import corrected_notes, difference_notes
from archenc.evaluation.protocols import Draw, Protocol, SplitKind
from archenc.evaluation.publications import PublishedFigure, published
from archenc.evaluation.results import TRIAL_COLUMNS, ResultRow, TrialRow, results_table, write_csv
from archenc.evaluation.run import TRIALS, evaluate
from archenc.evaluation.setup import Pool, Wanted, combine, set_up
from archenc.evaluation.task import Task
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
class Source:
    """Where the methods of a zero-shot experiment learn: a metric of a space, on `size` labels a trial.

    sample: how many architectures these are drawn from; None is all that have the metric.
    """

    space: str
    metric: str
    size: int
    sample: int | None = None


@dataclass(frozen=True, slots=True)
class Experiment:
    """One table, one pool, its metrics, and parts that are all paired with each other.

    table: what `BenchmarkTable.open` takes, the space itself or a table that comes with archenc. sample: so
    many architectures of the pool, drawn by the seed, are all there is; None is the pool. split, reference,
    draw: of the protocol. against: methods that all others are compared with, trial by trial: "gates" is a
    method with whatever encoding, "ridge path" one with its encoding. everywhere: options of predictors and
    encoders by name that the tables do not repeat. measures: metrics of ranking. source: of a zero-shot
    experiment, which has sizes [0].
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
    sample: int | None = None
    everywhere: tuple[tuple[str, str], ...] = ()
    measures: tuple[str, ...] = DEFAULT_METRICS
    source: Source | None = None

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
            few=self.source is not None,
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
        """Return what the tables leave out, what scores cost, and what methods have over those `against`."""
        this = self.experiment
        lines = [*self.costs, ""] if self.costs else []
        if this.everywhere:
            lines += ["Throughout: " + ", ".join(f"{a}:{b}" for a, b in this.everywhere) + ".", ""]
        if this.source is not None:
            lines += [
                f"Zero-shot: every trial learns from {this.source.size} labels of {this.source.space}, "
                f"{this.source.metric}, its own draw, and from none of {this.space}.",
                "",
            ]
        for task in dict.fromkeys(row["task"] for row in self.trials):
            mine = [row for row in self.trials if (row["task"], row["metric"]) == (task, metric)]
            names = list(dict.fromkeys((row["method"], row["encoding"]) for row in mine))
            for rival in this.against:
                method, _, encoding = rival.partition(" ")
                other = (method, encoding) if encoding else method
                found = [
                    one
                    for name in names
                    if other not in (name, name[0])
                    for one in compare(mine, name, other, metric=metric)
                ]
                lines += (corrected_notes if this.split == "folds" else difference_notes)(found, task)
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
    metrics: Sequence[str] | None = None,
    jobs: int = 1,
    progress: bool = False,
) -> Reproduction:
    """Run what the journal in `out` does not hold yet, and sum up.

    trials, metrics: instead of the experiment's own. The table of a source is opened by its name. Raises what
    `evaluate` and `set_up` raise.
    """
    rows: list[TrialRow] = []
    predictions: dict[str, dict[str, Any]] = {}
    beside: dict[Name, tuple[PublishedFigure, ...]] = {}
    largest = max(size for part in this.parts for size in part.sizes)
    n_pool = 0
    for metric, part in product(this.metrics, this.parts):
        task, methods = set_up(table, metric, part.methods, scores=this.scores, pool=this.pool)
        if this.sample is not None:
            task = task.sample(this.sample, this.seed)
        if this.source is not None:
            methods = carried(methods, _source(this.source, this.seed))
        protocol = this.protocol(part)
        if trials is not None:
            protocol = protocol.replace(trials=trials)
        found = evaluate(
            methods,
            task,
            protocol,
            metrics=this.measures if metrics is None else metrics,
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


def _source(source: Source, seed: int) -> Labelled:
    task = Task.from_table(BenchmarkTable.open(source.space), source.metric)
    return Labelled.of(task if source.sample is None else task.sample(source.sample, seed), source.size)


@cache
def _experiments() -> dict[str, Experiment]:
    files = ("experiments.toml", "cole.toml", "wide.toml")
    return {name: one for file in files for name, one in read_definitions(file, _experiment).items()}


def _experiment(name: str, fields: dict[str, Any]) -> Experiment:
    everywhere = tuple(sorted(fields.get("everywhere", {}).items()))
    return Experiment(
        name=name,
        title=fields["title"],
        space=fields["space"],
        table=fields.get("table", fields["space"]),
        metrics=tuple(fields["metrics"]) if "metrics" in fields else (fields["metric"],),
        seed=fields["seed"],
        scores=fields.get("scores"),
        pool=fields.get("pool", "complete"),
        parts=tuple(_part(part, everywhere) for part in fields["parts"]),
        beside=tuple(fields.get("beside", ())),
        split=fields.get("split", "random"),
        reference=fields.get("reference", 0),
        against=tuple(fields.get("against", ())),
        draw=fields.get("draw", "random"),
        sample=fields.get("sample"),
        everywhere=everywhere,
        measures=tuple(fields.get("measures", DEFAULT_METRICS)),
        source=Source(**fields["source"]) if "source" in fields else None,
    )


def _part(fields: dict[str, Any], everywhere: tuple[tuple[str, str], ...]) -> Part:
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
    methods = [replace(wanted, everywhere=everywhere) for wanted in methods]
    return Part(tuple(fields["sizes"]), fields["trials"], tuple(methods), beside)
