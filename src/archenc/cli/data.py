"""`archenc data`: import public files into a table, say what a table holds, ask it in SQL."""

from __future__ import annotations

import csv
import json
import sys
from enum import StrEnum
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table

from archenc.errors import InvalidArgument, UnknownName

if TYPE_CHECKING:
    import pyarrow as pa

    from archenc.tables import BenchmarkTable, ImportReport, Metric

app = typer.Typer(no_args_is_help=True, help="Import, describe and query benchmark tables.")

_WIDE = 140  # columns that the whole catalogue needs
_NARROW = ["metric", "split", "epochs", "unit", "direction", "rows"]
_SHOWN_CONFLICTS = 20
_SHOWN_ROWS = 50


class Format(StrEnum):
    """How a result is printed."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"


class OnConflict(StrEnum):
    """What becomes of a cell for which two files have different values."""

    KEEP = "keep"
    MISSING = "missing"
    FAIL = "fail"


Name = Annotated[str, typer.Argument(help="Benchmark, by the name of its space: nasbench201 or nb201.")]
Home = Annotated[
    Path | None,
    typer.Option("--home", help="Where tables are kept; default $ARCHENC_HOME or ~/.local/share/archenc."),
]
FormatOption = Annotated[Format, typer.Option("--format", help="How to print.")]


@app.command("import")
def import_(
    name: Name,
    folder: Annotated[Path, typer.Option("--from", help="Folder that holds the public files.")],
    home: Home = None,
    verify: Annotated[
        bool, typer.Option("--verify/--no-verify", help="Compare each file with its known checksum.")
    ] = True,
    on_conflict: Annotated[
        OnConflict,
        typer.Option(
            "--on-conflict",
            help="Where two files contradict: keep the value of the first, make it missing, or fail.",
        ),
    ] = OnConflict.KEEP,
) -> None:
    """Join the public files of a benchmark into one table.

    What is there is imported, the rest is named. The table appears whole or not at all; importing again
    gives the same table.
    """
    from archenc.tables import import_benchmark

    console = Console(stderr=True)
    with Progress(
        TextColumn("[progress.description]{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        console=console,
        disable=not console.is_terminal,
        transient=True,
    ) as bar:
        task = bar.add_task("reading", total=None)
        report = import_benchmark(
            name,
            folder,
            home=home,
            verify=verify,
            on_conflict=on_conflict.value,
            progress=lambda file, done, total: bar.update(
                task, description=file or "writing", completed=done, total=total
            ),
        )
    _print_import(report, verify)


@app.command()
def info(
    name: Name,
    metric: Annotated[
        str | None, typer.Argument(help="One metric, or a pattern such as 'cifar10_zc64_*'; default all.")
    ] = None,
    home: Home = None,
    output: FormatOption = Format.TABLE,
) -> None:
    """Say what a table holds: every metric, or all about one."""
    table = _open(name, home)
    chosen = _matching(table, metric)
    if len(chosen) == 1 and metric == chosen[0].name and output is Format.TABLE:
        _print_metric(table, chosen[0])
        return
    rows = [_describe(table, member) for member in chosen]
    if output is Format.TABLE:
        console = _console()
        narrow = console.width < _WIDE
        console.print(
            _rich(rows, f"{len(chosen)} of {len(table.metrics)} metrics", _NARROW if narrow else None)
        )
        if narrow:
            console.print("dataset, quantity, runs, source: in a wider window, or with --format csv")
        console.print(f"{table.space}: {len(table):,} architectures, {len(table.metrics)} metrics")
        _print_comparisons(console, table.provenance.get("comparisons", []))
        for file, lacking in _by_file(table.absent).items():
            console.print(f"not imported, {file} was not there: {', '.join(lacking)}")
    else:
        _print_rows(rows, output)


@app.command()
def query(
    name: Name,
    sql: Annotated[
        str | None,
        typer.Argument(help="One SELECT; the table has the name of its space, a row is an architecture."),
    ] = None,
    columns: Annotated[str, typer.Option(help="Instead of SQL: columns, separated by commas.")] = "",
    where: Annotated[str, typer.Option(help="Instead of SQL: a condition.")] = "",
    limit: Annotated[int | None, typer.Option(min=1, help="Print at most so many rows.")] = None,
    home: Home = None,
    output: FormatOption = Format.TABLE,
) -> None:
    """Ask a table in SQL (DuckDB). Nothing can be changed; a missing value is NULL."""
    from archenc.tables import query as ask

    if (sql is None) == (not columns):
        raise InvalidArgument("give a SELECT, or --columns a,b with or without --where: one of the two")
    table = _open(name, home)
    if sql is None:
        sql = f"SELECT {columns} FROM {table.space}" + (f" WHERE {where}" if where else "")  # noqa: S608
    elif where:
        raise InvalidArgument("--where goes with --columns; a SELECT has its own WHERE")
    result = ask(table, sql)
    shown = limit if limit is not None else _SHOWN_ROWS if output is Format.TABLE else result.num_rows
    _print_rows(_records(result.slice(0, shown)), output, result.column_names)
    if shown < result.num_rows:
        Console(stderr=True).print(f"{shown:,} of {result.num_rows:,} rows; more with --limit")


def _open(name: str, home: Path | None) -> BenchmarkTable:
    from archenc.tables import BenchmarkTable

    return BenchmarkTable.open(name, home)


def _matching(table: BenchmarkTable, pattern: str | None) -> list[Metric]:
    if pattern is None:
        return list(table.metrics.values())
    if any(mark in pattern for mark in "*?["):
        chosen = [metric for metric in table.metrics.values() if fnmatchcase(metric.name, pattern)]
        if not chosen:
            raise UnknownName(f"metric={pattern!r}: no metric of {table.space} matches")
        return chosen
    return [table.resolve(pattern)]


def _describe(table: BenchmarkTable, metric: Metric) -> dict[str, Any]:
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


def _print_import(report: ImportReport, verify: bool) -> None:
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


def _print_comparisons(console: Console, comparisons: list[dict[str, Any]]) -> None:
    if comparisons:
        cells = sum(comparison["rows"] for comparison in comparisons)
        conflicts = sum(comparison["conflicts"] for comparison in comparisons)
        console.print(
            f"{cells:,} values are given by two files: "
            + (f"[bold yellow]{conflicts:,} contradict each other[/]" if conflicts else "all agree")
        )


def _print_metric(table: BenchmarkTable, metric: Metric) -> None:
    import numpy as np

    values = table.values(metric.name)
    present = values[~np.isnan(values)]
    facts = {key: value for key, value in _describe(table, metric).items() if value not in (None, "")}
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


def _records(result: pa.Table) -> list[dict[str, Any]]:
    columns = [column.to_pylist() for column in result.columns]
    return [dict(zip(result.column_names, row, strict=True)) for row in zip(*columns, strict=True)]


def _print_rows(rows: list[dict[str, Any]], output: Format, names: list[str] | None = None) -> None:
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
