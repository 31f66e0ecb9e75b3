"""How `archenc data` prints: tables for people, CSV and JSON for programs."""

from __future__ import annotations

import csv
import json
import sys
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

if TYPE_CHECKING:
    from archenc.tables import BenchmarkTable, ImportReport, Metric

_WIDE = 140  # columns that the whole catalogue needs
_NARROW = ["metric", "split", "epochs", "unit", "direction", "rows"]
_SHOWN_CONFLICTS = 20


class Format(StrEnum):
    """How a result is printed."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"


def describe(table: BenchmarkTable, metric: Metric) -> dict[str, Any]:
    """Return what the catalogue says about a metric, and how many rows have it."""
    return {
        "metric": metric.name,
        "dataset": metric.dataset,
        "quantity": metric.quantity,
        "split": metric.split,
        "epochs": metric.epochs,
        "unit": metric.unit,
        "direction": metric.direction,
        "runs": metric.runs,
        "rows": len(table) - sum(table.missing(metric.name).values()),
        "source": metric.source,
    }


def print_catalogue(table: BenchmarkTable, chosen: list[Metric], output: Format) -> None:
    """Print one line a metric; for people, also what the import found."""
    rows = [describe(table, member) for member in chosen]
    if output is not Format.TABLE:
        print_rows(rows, output)
        return
    console = _console()
    narrow = console.width < _WIDE
    title = f"{len(chosen)} of {len(table.metrics)} metrics"
    console.print(_rich(rows, title, _NARROW if narrow else None))
    if narrow:
        console.print("dataset, quantity, runs, source: in a wider window, or with --format csv")
    console.print(f"{table.space}: {len(table):,} architectures, {len(table.metrics)} metrics")
    _print_comparisons(console, table.provenance.get("comparisons", []))
    for file, lacking in _by_file(table.absent).items():
        console.print(f"not imported, {file} was not there: {', '.join(lacking)}")


def print_import(report: ImportReport, verify: bool) -> None:
    """Print which files were read and which were not, and where they contradict each other."""
    console = _console()
    rows = [
        {
            "file": file["file"],
            "rows": file["rows"],
            "metrics": file["metrics"],
            "checksum": "as known" if verify else "not compared",
            "licence": file["licence"],
        }
        for file in report.files
    ]
    console.print(_rich(rows, "Files read"))
    for file, lacking in _by_file(report.absent).items():
        console.print(f"[yellow]{escape(file)} was not there[/]; without it: {', '.join(lacking)}")
    comparisons = [
        {"rows": comparison.rows, "conflicts": len(comparison.conflicts)} for comparison in report.comparisons
    ]
    _print_comparisons(console, comparisons)
    for conflict in report.conflicts[:_SHOWN_CONFLICTS]:
        console.print(f"  {escape(str(conflict))}", style="yellow")
    if len(report.conflicts) > _SHOWN_CONFLICTS:
        console.print(f"  ... all {len(report.conflicts):,} are in {report.report}", style="yellow")
    console.print(f"{report.rows:,} architectures x {len(report.metrics)} metrics in {report.table}")
    console.print(f"what was read, and what disagreed: {report.report}")


def _print_comparisons(console: Console, comparisons: list[dict[str, Any]]) -> None:
    if comparisons:
        cells = sum(comparison["rows"] for comparison in comparisons)
        conflicts = sum(comparison["conflicts"] for comparison in comparisons)
        console.print(
            f"{cells:,} values are given by two files: "
            + (f"[bold yellow]{conflicts:,} contradict each other[/]" if conflicts else "all agree")
        )


def print_metric(table: BenchmarkTable, metric: Metric) -> None:
    """Print all that is known about one metric."""
    import numpy as np

    values = table.values(metric.name)
    present = values[~np.isnan(values)]
    facts = {key: value for key, value in describe(table, metric).items() if value not in (None, "")}
    if len(present):
        low, middle, high = (f"{value:g}" for value in np.quantile(present, [0, 0.5, 1]))
        facts |= {"minimum": low, "median": middle, "maximum": high}
    for reason, count in table.missing(metric.name).items():
        facts[f"missing {count:,}"] = reason
    for comparison in table.provenance.get("comparisons", []):
        if comparison["metric"] == metric.name:
            facts[f"also in {comparison['other_source']}"] = (
                f"{comparison['rows']:,} rows compared, {comparison['conflicts']:,} contradict"
            )
    facts["note"] = metric.note
    grid = Table.grid(padding=(0, 2))
    for key, value in facts.items():
        grid.add_row(f"[bold]{escape(key)}[/]", escape(str(value)))
    _console().print(grid)


def _by_file(absent: dict[str, str]) -> dict[str, list[str]]:
    """Group absent metrics by the file that would bring them."""
    return {file: [metric for metric in absent if absent[metric] == file] for file in absent.values()}


def print_rows(rows: list[dict[str, Any]], output: Format, names: list[str] | None = None) -> None:
    """Print records in the format asked for. names: the columns, needed where there may be no record."""
    names = names or list(rows[0])
    if output is Format.JSON:
        typer.echo(json.dumps(rows, indent=1, ensure_ascii=False, default=str))
    elif output is Format.CSV:
        writer = csv.DictWriter(sys.stdout, names, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    else:
        _console().print(_rich(rows, None, names))


def _rich(rows: list[dict[str, Any]], title: str | None, names: list[str] | None = None) -> Table:
    table = Table(title=title, header_style="bold", title_justify="left")
    names = names or list(rows[0])
    for number, name in enumerate(names):
        numeric = all(isinstance(row[name], int | float | None) for row in rows)
        table.add_column(escape(name), justify="right" if numeric else "left", no_wrap=number == 0)
    for row in rows:
        table.add_row(*(_cell(row[name]) for name in names))
    return table


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.10g}"
    return f"{value:,}" if isinstance(value, int) else escape(str(value))


def _console() -> Console:
    """Return a console that does not squeeze tables when the output goes to a file or a pipe."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(width=200, highlight=False)
