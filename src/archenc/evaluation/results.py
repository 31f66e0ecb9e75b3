"""Rows of single trials, the table that sums them up, and both as CSV."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypedDict

from archenc.errors import DataError, InvalidArgument
from archenc.evaluation.intervals import IntervalKind, summarise
from archenc.evaluation.publications import PublishedFigure
from archenc.store import write_text


class TrialRow(TypedDict):
    """One metric of one trial. value: NaN where the metric is undefined. seconds: training and prediction."""

    experiment: str
    space: str
    task: str
    method: str
    encoding: str
    n_train: int
    n_test: int
    trial: int
    seed: int
    metric: str
    value: float
    seconds: float


class ResultRow(TypedDict):
    """One line of a results table. published: the figure of a paper, in its own setting; NaN without one."""

    experiment: str
    space: str
    task: str
    method: str
    encoding: str
    n_train: int
    metric: str
    mean: float
    median: float
    std: float
    n_trials: int
    published: float
    ci_low: float
    ci_high: float
    n_test: int
    seed: str
    command: str


RESULT_COLUMNS = tuple(ResultRow.__annotations__)
TRIAL_COLUMNS = tuple(TrialRow.__annotations__)
_GROUP = ("experiment", "space", "task", "method", "encoding", "n_train", "metric")


def results_table(
    trials: Iterable[Mapping[str, Any]],
    *,
    published: Mapping[tuple[str, str], Sequence[PublishedFigure]] | None = None,
    interval: IntervalKind = "t",
    command: str = "",
    seed: int | str = "",
) -> list[ResultRow]:
    """Sum up trial rows, one line a method, encoding, budget and metric, in order of first appearance.

    published: figures to print beside, by (method, encoding); of several at one budget and metric, the best
    counts. interval: of the mean at 95 %, "t" or "bootstrap". Trials whose metric is undefined (NaN) are left
    out, and n_trials says how many remain. seed: of the protocol. Raises InvalidArgument for rows without the
    columns.
    """
    groups: dict[tuple[Any, ...], list[Mapping[str, Any]]] = {}
    for trial in trials:
        missing = [name for name in (*_GROUP, "value") if name not in trial]
        if missing:
            raise InvalidArgument(f"trial row {dict(trial)!r} lacks {missing}")
        groups.setdefault(tuple(trial[name] for name in _GROUP), []).append(trial)
    rows: list[ResultRow] = []
    for group, members in groups.items():
        place = dict(zip(_GROUP, group, strict=True))
        values = [float(row["value"]) for row in members if not math.isnan(float(row["value"]))]
        summary = summarise(values, interval=interval) if values else None
        figures = (published or {}).get((place["method"], place["encoding"]), ())
        rows.append(
            ResultRow(
                **place,  # pyright: ignore[reportArgumentType]
                mean=summary.mean if summary else math.nan,
                median=summary.median if summary else math.nan,
                std=summary.std if summary else math.nan,
                n_trials=len(values),
                published=_best(figures, place["n_train"], place["metric"]),
                ci_low=summary.ci_low if summary else math.nan,
                ci_high=summary.ci_high if summary else math.nan,
                n_test=min(int(row.get("n_test", 0)) for row in members),
                seed=str(seed),
                command=command,
            )
        )
    return rows


def write_csv(
    rows: Sequence[Mapping[str, Any]], path: str | Path, columns: Sequence[str] = RESULT_COLUMNS
) -> Path:
    """Write rows as CSV, whole or not at all; every digit of a number is kept, NaN is left empty."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_cell(row.get(name, "")) for name in columns] for row in rows)
    write_text(path, text.getvalue())
    return Path(path)


def read_trials(path: str | Path) -> list[TrialRow]:
    """Read trial rows back from the CSV that an evaluation wrote. Raises DataError for another layout."""
    try:
        with Path(path).open(newline="", encoding="utf-8") as file:
            reader = csv.DictReader(file)
            if tuple(reader.fieldnames or ()) != TRIAL_COLUMNS:
                raise DataError(
                    f"{path}: expected the columns {', '.join(TRIAL_COLUMNS)}, found {reader.fieldnames}"
                )
            return [_trial(row) for row in reader]
    except (OSError, ValueError, TypeError) as error:
        raise DataError(f"{path}: not a table of trials ({error})") from error


def _trial(row: Mapping[str, str]) -> TrialRow:
    whole = {name: int(row[name]) for name in ("n_train", "n_test", "trial", "seed")}
    real = {name: float(row[name] or "nan") for name in ("value", "seconds")}
    return TrialRow(**{**row, **whole, **real})  # pyright: ignore[reportArgumentType]


def _best(figures: Sequence[PublishedFigure], n_train: int, metric: str) -> float:
    return max(
        (one.value for one in figures if (one.n_train, one.metric) == (n_train, metric)), default=math.nan
    )


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return "" if math.isnan(value) else repr(value)
    return str(value)
