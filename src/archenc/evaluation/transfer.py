"""From a source to few of a target: the same trials from scratch and after a transfer, journalled and paired.

Each trial has a source predictor of its own, trained once, saved, and fine-tuned at every budget. All else is
an evaluation like any other: methods, trials, splits, journal.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import InitVar, dataclass
from pathlib import Path
from typing import Any, Self

from sklearn.base import BaseEstimator, RegressorMixin

from archenc.errors import InvalidArgument
from archenc.evaluation.fingerprint import fingerprint
from archenc.evaluation.method import GRAPH, Method
from archenc.evaluation.metrics import DEFAULT_METRICS
from archenc.evaluation.protocols import Protocol
from archenc.evaluation.results import TrialRow
from archenc.evaluation.run import evaluate
from archenc.evaluation.task import Task
from archenc.predictors import load
from archenc.predictors.transfer import fine_tune_trials, holding
from archenc.progress import bar
from archenc.spaces import space
from archenc.store import Journal, content_key

SOURCES = "sources"
JOURNAL = "sources.jsonl"
_SHOWN = 16  # architectures that show a predictor a space of which it gets no labels


@dataclass(frozen=True)
class Sources:
    """Predictors trained on a source, by the seed of the trial that they are for.

    key: a digest of all that decides what they learned. models: seed -> fitted predictor; they are shared,
    not copied, where an estimator that holds them is cloned.
    """

    key: str
    models: InitVar[Mapping[int, Any]]

    def __post_init__(self, models: Mapping[int, Any]) -> None:
        object.__setattr__(self, "_models", dict(models))

    def __getitem__(self, seed: int) -> Any:
        models: dict[int, Any] = vars(self)["_models"]
        if seed not in models:
            raise InvalidArgument(f"seed={seed}: there is no source for it; there are {sorted(models)}")
        return models[seed]

    def __deepcopy__(self, memo: Any) -> Self:
        del memo
        return self


class FineTuned(RegressorMixin, BaseEstimator):
    """A source predictor, fine-tuned on what `fit` gets; with no labels or one, carried over.

    sources: see `Sources`. target: the space of the labels. seed: of the trial, which decides the source too.
    All others: see `archenc.predictors.transfer.fine_tune`.
    """

    def __init__(
        self,
        sources: Sources,
        target: str,
        *,
        epochs: int | None = None,
        batch_size: int = 8,
        lr: float = 1e-3,
        stop: bool = True,
        mapping: str = "meaning",
        seed: int = 0,
    ) -> None:
        self.sources = sources
        self.target = target
        self.epochs = epochs
        self.batch_size = batch_size
        self.lr = lr
        self.stop = stop
        self.mapping = mapping
        self.seed = seed

    def fit(self, X: Any, y: Any) -> Self:
        """Fine-tune on architectures and labels [n], n may be 0. Raises InvalidArgument."""
        self.fitted_ = self.fit_trials([(X, y, self.seed)])[0].fitted_
        return self

    def fit_trials(self, trials: Sequence[tuple[Any, Any, int]]) -> list[Self]:
        """Fine-tune one clone for each (X, y, seed), in the same training loop where sizes are equal."""
        shown = space(self.target).sample(_SHOWN, 0)
        tuned = fine_tune_trials(
            [(self.sources[seed], X if len(y) else shown, y, seed) for X, y, seed in trials],
            epochs=self.epochs,
            batch_size=self.batch_size,
            lr=self.lr,
            stop=self.stop,
            mapping=self.mapping,  # pyright: ignore[reportArgumentType]
        )
        return [holding(self, *made) for made in zip(tuned, (trial[2] for trial in trials), strict=True)]

    def predict(self, X: Any) -> Any:
        """Return scores [n], higher is better."""
        return self.fitted_.predict(X)


@dataclass(frozen=True)
class Start:
    """The first training: an unfitted graph predictor, a task, and how many labels each trial takes."""

    predictor: Any
    task: Task
    size: int


def train_sources(
    start: Start,
    seeds: Mapping[int, int],
    draws: Protocol,
    *,
    out: str | Path | None = None,
    together: int = 9,
    progress: bool = False,
) -> tuple[Sources, list[dict[str, Any]]]:
    """Train, or load, the source predictor of each trial; returns them and their records, with seconds.

    seeds: trial -> seed of its predictor. draws: the protocol that draws the labels of each trial. out: a
    folder where finished ones are kept; what is trained together is trained again together if one is missing.
    """
    task, method = start.task, Method("source", GRAPH, start.predictor)
    draws = draws.replace(sizes=(start.size,), trials=len(seeds))
    key = content_key(fingerprint(start.predictor), task.key(), draws.split_key(), start.size)
    folder = None if out is None else Path(out) / SOURCES
    journal = None if out is None else Journal(Path(out) / JOURNAL)
    known = {record["key"]: record for record in journal or ()}
    names = {trial: content_key(key, trial, seed)[:32] for trial, seed in seeds.items()}
    models: dict[int, Any] = {}
    records: list[dict[str, Any]] = []
    order = sorted(seeds)
    groups = [order[i : i + together] for i in range(0, len(order), together)]
    with bar("sources", progress, total=len(order)) as shown:
        for group in groups:
            if folder is None or journal is None or any(names[trial] not in known for trial in group):
                shown.note(f"{task.space}, {start.size} to train on")
                began = time.perf_counter()
                splits = [draws.splits(len(task), trial)[start.size].train for trial in group]
                material = [
                    (task.take(rows), task.y[rows], seeds[trial])
                    for rows, trial in zip(splits, group, strict=True)
                ]
                fitted = method.fresh(seeds[group[0]]).fit_trials(material)
                seconds = round((time.perf_counter() - began) / len(group), 3)
                for trial, model in zip(group, fitted, strict=True):
                    models[seeds[trial]] = model
                    record = {"key": names[trial], "trial": trial, "labels": start.size, "seconds": seconds}
                    if folder is not None and journal is not None:
                        model.save(folder / names[trial])
                        if names[trial] not in known:
                            journal.append(record)
                    records.append(record)
            else:
                models |= {seeds[trial]: load(folder / names[trial]) for trial in group}
                records += [known[names[trial]] for trial in group]
            for _ in group:
                shown.advance()
    return Sources(key, models), records


def transfer(
    scratch: Method | None,
    ways: Mapping[str, Mapping[str, Any]],
    task: Task,
    protocol: Protocol,
    *,
    sources: Sources,
    metrics: Sequence[str] = DEFAULT_METRICS,
    experiment: str = "transfer",
    out: str | Path | None = None,
    jobs: int = 1,
    together: int = 9,
    progress: bool = False,
) -> list[TrialRow]:
    """Run the trials of a protocol on the target: from scratch, and from the sources in every way named.

    scratch: what is trained from nothing, at the sizes of two labels and more. ways: name -> options of
    `FineTuned`; the name stands in the column `encoding`. Raises what `evaluate` raises.
    """
    rows: list[TrialRow] = []
    given = {"metrics": metrics, "experiment": experiment, "out": out, "jobs": jobs}
    given |= {"together": together, "progress": progress}
    sizes = tuple(size for size in protocol.sizes if size >= 2)
    if scratch is not None and sizes:
        rows += evaluate(scratch, task, protocol.replace(sizes=sizes, few=False), **given).trials
    name = "FLAN" if scratch is None else scratch.method
    methods = [Method(name, way, FineTuned(sources, task.space, **options)) for way, options in ways.items()]
    if methods:
        rows += evaluate(methods, task, protocol.replace(few=True), **given).trials
    return rows
