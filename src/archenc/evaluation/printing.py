"""Results on the terminal: ours, the published figures beside them, paired differences."""

from __future__ import annotations

import math
from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.table import Table

from archenc.evaluation.comparison import Comparison
from archenc.evaluation.method import Method
from archenc.evaluation.publications import PublishedFigure
from archenc.evaluation.results import ResultRow


def print_results(console: Console, rows: Sequence[ResultRow], *, metric: str, title: str) -> None:
    """Print one metric of a results table: mean, spread, its 95 % interval, and the published figure."""
    shown = [row for row in rows if row["metric"] == metric]
    with_published = any(not math.isnan(row["published"]) for row in shown)
    table = _table(title, left=("method",))
    for column in ("train", "mean", "std", "95 % interval", "trials", *["published"] * with_published):
        table.add_column(column, justify="right", no_wrap=True)
    last = ""
    for row in shown:
        name = _joined((row["method"], row["encoding"]))
        if last not in ("", name):
            table.add_section()
        cells = [str(row["n_train"]), _number(row["mean"]), _number(row["std"])]
        cells += [_interval(row["ci_low"], row["ci_high"]), str(row["n_trials"])]
        cells += [_number(row["published"])] * with_published
        table.add_row(name if name != last else "", *cells)
        last = name
    console.print(table)


def print_overview(console: Console, rows: Sequence[ResultRow], *, metric: str, title: str) -> None:
    """Print one metric with a row a method and a column a training size: mean, and half its 95 % interval."""
    shown = [row for row in rows if row["metric"] == metric]
    sizes = sorted({row["n_train"] for row in shown})
    table = _table(title, left=("method",), whole=True)
    for size in sizes:
        table.add_column(str(size), justify="right", no_wrap=True)
    for name in dict.fromkeys((row["method"], row["encoding"]) for row in shown):
        own = {row["n_train"]: row for row in shown if (row["method"], row["encoding"]) == name}
        table.add_row(_joined(name), *[_halved(own[size]) if size in own else "" for size in sizes])
    console.print(table)


def print_published(console: Console, figures: Sequence[PublishedFigure]) -> None:
    """Print published figures, a line a series, and below them the settings they were measured in."""
    if not figures:
        return
    by_series = {
        series: [figure for figure in figures if figure.series == series]
        for series in dict.fromkeys(figure.series for figure in figures)
    }
    settings = list(dict.fromkeys(f"{own[0].setting} ({own[0].kind})" for own in by_series.values()))
    table = _table("Published, each in its own setting", left=("method", "by training architectures"))
    table.add_column("setting", justify="right")
    for own in by_series.values():
        values = ", ".join(f"{figure.n_train}: {_number(figure.value)}" for figure in own)
        metric = "" if own[0].metric == "kendall_tau" else f" {own[0].metric}"
        number = settings.index(f"{own[0].setting} ({own[0].kind})") + 1
        table.add_row(own[0].name + metric, values, f"\\[{number}]")
    console.print(table)
    for number, setting in enumerate(settings, start=1):
        console.print(f"[{number}] {setting}", markup=False, highlight=False)
    console.print()


def print_comparisons(console: Console, comparisons: Sequence[Comparison]) -> None:
    """Print what one method, the first of every comparison, has over others, in paired trials.

    p: of the sign test, and of Wilcoxon's signed-rank test.
    """
    if not comparisons:
        return
    first = _joined(comparisons[0].first)
    table = _table(
        f"{first}: paired difference in {comparisons[0].metric}, positive is better", left=("against",)
    )
    for column in ("train", "mean", "95 % interval", "won", "p, signs", "p, ranks"):
        table.add_column(column, justify="right", no_wrap=True)
    for one in comparisons:
        table.add_row(
            _joined(one.second),
            str(one.n_train),
            f"{one.difference:+.3f}",
            _interval(one.ci_low, one.ci_high, "+.3f"),
            f"{one.wins}/{one.n_trials}",
            _number(one.p_sign),
            _number(one.p_wilcoxon),
        )
    console.print(table)


def _table(title: str, *, left: Sequence[str], whole: bool = False) -> Table:
    table = Table(
        title=title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False, collapse_padding=True
    )
    for column in left:
        table.add_column(column, overflow="fold", no_wrap=whole)
    return table


def _joined(name: tuple[str, str]) -> str:
    return Method(*name, estimator=None).label


def _interval(low: float, high: float, form: str = ".3f") -> str:
    return "" if math.isnan(low) else f"{low:{form}} to {high:{form}}"


def _halved(row: ResultRow) -> str:
    half = (row["ci_high"] - row["ci_low"]) / 2
    return _number(row["mean"]) + ("" if math.isnan(half) else f" ± {half:.3f}".replace("0.", ".", 1))


def _number(value: float) -> str:
    return "" if math.isnan(value) else f"{value:.3f}"
