"""Transfers as data: what `archenc transfer NAME` runs, and what it writes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from archenc.evaluation.definitions import named, read_definitions
from archenc.evaluation.intervals import IntervalKind
from archenc.evaluation.method import GRAPH, Method
from archenc.evaluation.metrics import DEFAULT_METRICS
from archenc.evaluation.protocols import Protocol
from archenc.evaluation.publications import PublishedFigure, published
from archenc.evaluation.results import TRIAL_COLUMNS, ResultRow, TrialRow, results_table, write_csv
from archenc.evaluation.run import TRIALS
from archenc.evaluation.samples import Needed, needed
from archenc.evaluation.task import Task
from archenc.evaluation.transfer import Start, train_sources, transfer
from archenc.pipelines.by_name import assemble
from archenc.tables import BenchmarkTable

SCRATCH = "scratch"
_APART = 1  # added to the seed for the source's draws: within one space they are others than the target's


@dataclass(frozen=True, slots=True)
class Side:
    """A table and a metric; size, epochs, batch_size: of the training, for a source."""

    space: str
    metric: str
    size: int = 0
    epochs: int = 0
    batch_size: int = 0


@dataclass(frozen=True, slots=True)
class Transfer:
    """One predictor, a source, a target, and the ways from one to the other.

    parts: (sizes, trials); all parts share their first trials. ways: options of `fine_tune` by the name that
    stands in the table, behind "from SPACE". published: series printed beside a way, or beside "scratch".
    """

    name: str
    title: str
    predictor: str
    seed: int
    source: Side
    target: Side
    parts: tuple[tuple[tuple[int, ...], int], ...]
    ways: dict[str, dict[str, Any]]
    published: dict[str, tuple[str, ...]]

    @property
    def command(self) -> str:
        """The command that runs it."""
        return f"archenc transfer {self.name}"

    def compared(self) -> list[PublishedFigure]:
        """Every published figure that is printed with it."""
        return published(series=dict.fromkeys(name for names in self.published.values() for name in names))


@dataclass(frozen=True, slots=True)
class Found:
    """What a transfer gave. needed: labels for equal Kendall tau. sources: one record a trial."""

    transfer: Transfer
    trials: list[TrialRow]
    rows: list[ResultRow]
    needed: dict[str, list[Needed]]
    sources: list[dict[str, Any]]
    n_pool: int

    def notes(self) -> list[str]:
        """What a table does not say: what the source cost, and the labels for equal tau."""
        this = self.transfer
        seconds = sum(record["seconds"] for record in self.sources) / len(self.sources)
        lines = [
            f"`n_train` counts labels of the target. A transfer has seen {this.source.size} labels of the "
            f"source, {this.source.metric} of {this.source.space}, before: {this.source.epochs} epochs in "
            f"batches of {this.source.batch_size}, {seconds:.0f} seconds a trial on the machine that ran "
            f"this; every trial has a source of its own.",
            "",
        ]
        for way, found in self.needed.items():
            lines += [
                f"Labels of the target for the same Kendall tau, {way} (between budgets: in log n):",
                "",
            ]
            lines += ["| tau | from scratch | after transfer | ratio |", "|---|---|---|---|"]
            lines += [one.line() for one in found]
            lines.append("")
        return lines


def transfers() -> dict[str, Transfer]:
    """Return every packaged transfer by name."""
    return dict(_transfers())


def find(name: str) -> Transfer:
    """Return the transfer called `name`. Raises UnknownName, which lists them."""
    return named("transfers", name, _transfers())


def run_transfer(
    this: Transfer,
    tables: Mapping[str, BenchmarkTable],
    out: str | Path,
    *,
    trials: int | None = None,
    interval: IntervalKind = "t",
    metrics: Sequence[str] = DEFAULT_METRICS,
    jobs: int = 1,
    progress: bool = False,
) -> Found:
    """Run what the folder `out` does not hold yet, and sum up.

    tables: of the source's space and of the target's. trials: at most so many. Raises what `evaluate` raises.
    """
    source = Task.from_table(tables[this.source.space], this.source.metric)
    target = Task.from_table(tables[this.target.space], this.target.metric)
    learner = assemble(this.predictor, epochs=this.source.epochs, batch_size=this.source.batch_size)
    scratch = Method(this.predictor, GRAPH, assemble(this.predictor))
    counts = [count if trials is None else min(trials, count) for _, count in this.parts]
    protocol = Protocol(sizes=(0,), few=True, seed=this.seed)
    seeds = {trial: protocol.seed_of(trial) for trial in range(max(counts))}
    sources, records = train_sources(
        Start(learner, source, this.source.size),
        seeds,
        Protocol(sizes=(this.source.size,), seed=this.seed + _APART),
        out=out,
        progress=progress,
    )
    ways = {f"{way} from {this.source.space}": options for way, options in this.ways.items()}
    rows: list[TrialRow] = []
    for (sizes, _), count in zip(this.parts, counts, strict=True):
        rows += transfer(
            scratch,
            ways,
            target,
            protocol.replace(sizes=sizes, trials=count),
            sources=sources,
            metrics=metrics,
            experiment=f"transfer-{this.name}",
            out=out,
            jobs=jobs,
            progress=progress,
        )
    write_csv(rows, Path(out) / TRIALS, TRIAL_COLUMNS)
    beside = {
        (this.predictor, GRAPH if way == SCRATCH else f"{way} from {this.source.space}"): published(
            series=series
        )
        for way, series in this.published.items()
    }
    rows.sort(key=lambda row: (row["encoding"] != GRAPH, row["encoding"], row["n_train"], row["trial"]))
    table = results_table(rows, published=beside, interval=interval, command=this.command, seed=this.seed)
    curve = _curve(table, GRAPH)
    return Found(
        this, rows, table, {way: needed(curve, _curve(table, way)) for way in ways}, records, len(target)
    )


def _curve(rows: Sequence[ResultRow], encoding: str) -> dict[int, float]:
    return {
        row["n_train"]: row["mean"]
        for row in rows
        if row["encoding"] == encoding and row["metric"] == "kendall_tau"
    }


@cache
def _transfers() -> dict[str, Transfer]:
    return read_definitions("transfers.toml", _transfer)


def _transfer(name: str, fields: dict[str, Any]) -> Transfer:
    return Transfer(
        name=name,
        title=fields["title"],
        predictor=fields["predictor"],
        seed=fields["seed"],
        source=Side(**fields["source"]),
        target=Side(**fields["target"]),
        parts=tuple((tuple(part["sizes"]), part["trials"]) for part in fields["parts"]),
        ways={one["name"]: {k: v for k, v in one.items() if k != "name"} for one in fields["methods"]},
        published={way: tuple(series) for way, series in fields.get("published", {}).items()},
    )
