"""Published figures as data, each with its source and the setting it was measured in."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from archenc.errors import DataError, UnknownName

Study = Literal["scratch", "transfer", "ablation", "replication"]


@dataclass(frozen=True, slots=True)
class PublishedFigure:
    """One printed number: what was measured, how, and where it is written.

    series: name of the line of figures it belongs to ("flan/nb201/zcp"). n_train: training architectures,
    None for a mean over several budgets. value, std, low, high: NaN where unknown. kind: "result file",
    "constants", "log", "figure", "abstract" or "unverified". trials, test, split, label: the setting, which
    is rarely ours.
    """

    series: str
    paper: str
    venue: str
    arxiv: str
    where: str
    kind: str
    study: Study
    space: str
    task: str
    method: str
    encoding: str
    n_train: int | None
    metric: str
    value: float
    std: float
    low: float
    high: float
    trials: int
    test: str
    split: str
    label: str
    transfer_from: str
    variant: str
    note: str

    @property
    def name(self) -> str:
        """Method, encoding and venue: the name of a curve of published points."""
        encoding = "" if self.encoding == "graph" else f" · {self.encoding}"
        origin = f" from {self.transfer_from}" if self.transfer_from else ""
        return f"{self.method}{encoding}{origin} ({', '.join(filter(None, (self.venue, self.variant)))})"

    @property
    def setting(self) -> str:
        """The setting in one line, to be printed beside our own figure."""
        parts = [
            f"{self.trials} trial{'s' if self.trials != 1 else ''}",
            f"test: {self.test}",
            f"split: {self.split}",
            f"label: {self.label}",
        ]
        parts += [f"from {self.transfer_from}"] if self.transfer_from else []
        return "; ".join([*parts, *(text for text in (self.variant, self.note) if text)])

    def to_dict(self) -> dict[str, Any]:
        """What a report shows of it: label, n_train, value, method, encoding, source, setting."""
        return {
            "label": self.name,
            "n_train": self.n_train,
            "value": self.value,
            "method": self.method,
            "encoding": self.encoding,
            "source": self.source,
            "setting": self.setting,
        }

    @property
    def source(self) -> str:
        """Paper, place in it and kind of source, in one line."""
        arxiv = f", arXiv {self.arxiv}" if self.arxiv else ""
        return f"{self.paper}{arxiv} ({self.where}; {self.kind})"


def published(
    *,
    space: str | None = None,
    task: str | None = None,
    method: str | None = None,
    encoding: str | None = None,
    n_train: int | Iterable[int] | None = None,
    metric: str | None = "kendall_tau",
    study: Study | None = "scratch",
    series: str | Iterable[str] | None = None,
) -> list[PublishedFigure]:
    """Return the published figures that match every argument given, in the order of the data.

    space: a name or an alias ("nb201"). metric, study: None for all; both default to what most readers want.
    series: one name or several; naming a series takes it whatever its metric and study are.
    Raises UnknownName for a space, method or series of which nothing is known.
    """
    figures = every_published_figure()
    names = _listed(series)
    if names is not None:
        known = {figure.series for figure in figures}
        for name in names:
            if name not in known:
                raise UnknownName(f"published series: no {name!r}. Known: {', '.join(sorted(known))}")
        figures = tuple(figure for figure in figures if figure.series in names)
        metric = study = None
    canonical = None if space is None else _aliases().get(space, space)
    if canonical is not None and canonical not in {figure.space for figure in every_published_figure()}:
        spaces = sorted({figure.space for figure in every_published_figure()})
        raise UnknownName(f"published figures: no space {space!r}. Known: {', '.join(spaces)}")
    if method is not None and method not in (
        methods := {figure.method for figure in every_published_figure()}
    ):
        raise UnknownName(f"published figures: no method {method!r}. Known: {', '.join(sorted(methods))}")
    budgets = None if n_train is None else {n_train} if isinstance(n_train, int) else set(n_train)
    wanted = {"space": canonical, "task": task, "method": method, "encoding": encoding}
    wanted |= {"metric": metric, "study": study}
    return [
        figure
        for figure in figures
        if all(value is None or getattr(figure, name) == value for name, value in wanted.items())
        and (budgets is None or figure.n_train in budgets)
    ]


_NEEDED = ("where", "kind", "study", "space", "task", "method", "encoding", "metric")
_NEEDED += ("trials", "test", "split", "label")


@cache
def every_published_figure() -> tuple[PublishedFigure, ...]:
    """Return every figure of the packaged data. Raises DataError where the data contradict themselves."""
    document = _document()
    figures: list[PublishedFigure] = []
    seen: set[str] = set()
    for table in document["table"]:
        shared = {name: value for name, value in table.items() if name not in ("id", "rows")}
        for row in table["rows"]:
            series = f"{table['id']}/{row['id']}"
            if series in seen:
                raise DataError(f"published.toml names the series {series!r} twice")
            seen.add(series)
            figures += _series(series, {**shared, **row, "id": series}, document["papers"])
    return tuple(figures)


def _series(series: str, row: dict[str, Any], papers: dict[str, Any]) -> list[PublishedFigure]:
    values = row["value"]
    columns = {name: row.get(name, [math.nan] * len(values)) for name in ("std", "low", "high")}
    budgets = row.get("n_train", [None] * len(values))
    lengths = {len(column) for column in (values, budgets, *columns.values())}
    if len(lengths) != 1:
        raise DataError(f"published.toml, {series}: columns of unequal lengths {sorted(lengths)}")
    paper = papers[row["paper"]]
    return [
        PublishedFigure(
            series=series,
            paper=paper["title"],
            venue=paper["venue"],
            arxiv=paper["arxiv"],
            n_train=budgets[index],
            value=float(values[index]),
            std=float(columns["std"][index]),
            low=float(columns["low"][index]),
            high=float(columns["high"][index]),
            transfer_from=row.get("transfer_from", ""),
            variant=row.get("variant", ""),
            note=row.get("note", ""),
            **{name: row[name] for name in _NEEDED},
        )
        for index in range(len(values))
    ]


def _listed(series: str | Iterable[str] | None) -> list[str] | None:
    return None if series is None else [series] if isinstance(series, str) else list(series)


def _aliases() -> dict[str, str]:
    return _document()["aliases"]


@cache
def _document() -> dict[str, Any]:
    text = files("archenc.evaluation").joinpath("data/published.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)
