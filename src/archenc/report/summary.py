"""From trial rows to what a page shows: one row a method and budget, with the published value beside it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from archenc.errors import InvalidArgument
from archenc.evaluation.intervals import Summary, summarise
from archenc.evaluation.method import GRAPH

HEADLINE_METRIC = "kendall_tau"

_COLUMNS = ("experiment", "space", "task", "method", "encoding", "n_train", "trial", "metric", "value")


@dataclass(frozen=True, slots=True)
class Published:
    """A figure from a paper: its value at a budget, where it is printed, and under which setting."""

    label: str
    n_train: int
    value: float
    method: str = ""
    encoding: str = ""
    source: str = ""
    setting: str = ""

    @property
    def series(self) -> Series:
        """The curve of ours that this figure belongs beside."""
        return Series(self.method, self.encoding)


@dataclass(frozen=True, slots=True, order=True)
class Series:
    """One curve: a method on an encoding."""

    method: str
    encoding: str = ""

    def __str__(self) -> str:
        return self.method if self.encoding in ("", GRAPH) else f"{self.method} · {self.encoding}"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the result table. `failed` counts trials without a value; `summary` is of the others."""

    series: Series
    n_train: int
    metric: str
    summary: Summary | None
    failed: int
    published: tuple[Published, ...]


@dataclass(frozen=True, slots=True)
class Panel:
    """What one table and one chart show: the rows of one experiment on one task of one space."""

    experiment: str
    space: str
    task: str
    rows: tuple[Row, ...]

    @property
    def metrics(self) -> tuple[str, ...]:
        """The rank metrics of the panel, the headline metric first."""
        return tuple(dict.fromkeys(row.metric for row in self.rows))

    def of_metric(self, metric: str) -> tuple[Row, ...]:
        """The rows of one metric."""
        return tuple(row for row in self.rows if row.metric == metric)

    @property
    def series(self) -> tuple[Series, ...]:
        """The curves in order of first appearance."""
        return tuple(dict.fromkeys(row.series for row in self.rows))

    def best(self) -> Row | None:
        """The best mean of the headline metric at the largest budget; None where nothing was measured."""
        rows = [row for row in self.of_metric(HEADLINE_METRIC) if row.summary]
        if not rows:
            return None
        largest = max(row.n_train for row in rows)
        return max((row for row in rows if row.n_train == largest), key=lambda row: row.summary.mean)  # pyright: ignore


def published_figures(figures: Iterable[Mapping[str, Any]]) -> tuple[Published, ...]:
    """Check published figures given as mappings. Raises InvalidArgument that shows the offending one."""
    checked = []
    for figure in figures:
        missing = {"label", "n_train", "value"} - set(figure)
        if missing:
            raise InvalidArgument(f"published figure {dict(figure)!r} lacks {sorted(missing)}")
        known = {
            name: figure[name] for name in Published.__dataclass_fields__ if figure.get(name) is not None
        }
        checked.append(
            Published(**known | {"n_train": int(figure["n_train"]), "value": float(figure["value"])})
        )
    return tuple(checked)


def panels(trials: Sequence[Mapping[str, Any]], published: Sequence[Published] = ()) -> tuple[Panel, ...]:
    """Group trial rows into panels, summarised by method, encoding and budget, in order of first appearance.

    trials: rows of the journal. A value of None or NaN is a failed trial: it is counted, never averaged.
    Raises InvalidArgument for no rows, or a row without one of the journal's columns.
    """
    if not trials:
        raise InvalidArgument("trials is empty: a report needs at least one trial row")
    grouped: dict[tuple[str, ...], dict[tuple[str, Series, int], list[float]]] = {}
    for trial in trials:
        missing = [name for name in _COLUMNS if name not in trial]
        if missing:
            raise InvalidArgument(f"trial row {dict(trial)!r} lacks {missing}")
        place = tuple(str(trial[name]) for name in ("experiment", "space", "task"))
        series = Series(str(trial["method"]), str(trial["encoding"] or ""))
        key = (str(trial["metric"]), series, int(trial["n_train"]))
        value = trial["value"]
        grouped.setdefault(place, {}).setdefault(key, []).append(np.nan if value is None else float(value))
    return tuple(Panel(*place, rows=_rows(cells, published)) for place, cells in grouped.items())


def _rows(
    cells: Mapping[tuple[str, Series, int], list[float]], published: Sequence[Published]
) -> tuple[Row, ...]:
    order = list(dict.fromkeys(series for _, series, _ in cells))
    metrics = sorted(
        dict.fromkeys(metric for metric, _, _ in cells), key=lambda name: name != HEADLINE_METRIC
    )
    rows = []
    for (metric, series, n_train), values in cells.items():
        finite = [value for value in values if np.isfinite(value)]
        printed = tuple(
            figure
            for figure in published
            if metric == HEADLINE_METRIC and figure.n_train == n_train and figure.series == series
        )
        summary = summarise(finite) if finite else None
        rows.append(Row(series, n_train, metric, summary, len(values) - len(finite), printed))
    return tuple(
        sorted(rows, key=lambda row: (metrics.index(row.metric), order.index(row.series), row.n_train))
    )
