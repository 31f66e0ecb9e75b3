"""`archenc data info`, `query` and `export`: what a table holds, answers in SQL, files for other programs."""

from __future__ import annotations

from enum import StrEnum
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from archenc.cli.data_options import FormatOption, Home, Name
from archenc.cli.data_views import print_catalogue, print_metric
from archenc.cli.printing import Format, amount, print_rows
from archenc.errors import InvalidArgument, UnknownName

if TYPE_CHECKING:
    import pyarrow as pa

    from archenc.tables import BenchmarkTable, Metric

_SHOWN_ROWS = 50


class FileFormat(StrEnum):
    """What kind of file is written."""

    CSV = "csv"
    PARQUET = "parquet"
    JSONL = "jsonl"


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
    chosen = list(table.metrics.values()) if metric is None else _matching(table, metric)
    if len(chosen) == 1 and metric == chosen[0].name and output is Format.TABLE:
        print_metric(table, chosen[0])
        return
    print_catalogue(table, chosen, output)


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
    """Ask a table in SQL (read only; missing is NULL)."""
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
    print_rows(_records(result.slice(0, shown)), output, result.column_names)
    if shown < result.num_rows:
        Console(stderr=True).print(f"{shown:,} of {result.num_rows:,} rows; more with --limit")


def export(
    name: Name,
    to: Annotated[
        Path, typer.Option("--to", help="The file to write; FILE.json beside it says what it holds.")
    ],
    metrics: Annotated[str, typer.Option(help="Metrics or patterns, separated by commas; default all.")] = "",
    rows: Annotated[str, typer.Option(help="Only rows for which this SQL condition holds.")] = "",
    output: Annotated[
        FileFormat | None, typer.Option("--format", help="Default: as the name of the file ends.")
    ] = None,
    style: Annotated[str, typer.Option(help="How architectures are spelt: a style of the space.")] = "native",
    home: Home = None,
) -> None:
    """Write a table, or a part of it, as CSV, parquet or JSON lines.

    Beside the file is FILE.json with unit, direction, split, source and licence of every column: a number
    without them is easily mixed up. A missing value is empty (CSV) or null.
    """
    from archenc.tables import export as write
    from archenc.tables import query as ask

    table = _open(name, home)
    if metrics and not all(part.strip() for part in metrics.split(",")):
        raise InvalidArgument(f"--metrics {metrics!r}: expected names or patterns, separated by commas")
    chosen = [metric.name for part in metrics.split(",") if part for metric in _matching(table, part.strip())]
    numbers = None
    if rows:
        found = ask(table, f"SELECT row FROM {table.space} WHERE {rows}")  # noqa: S608
        numbers = sorted(found.column(0).to_pylist())
    written = write(
        table,
        to,
        metrics=list(dict.fromkeys(chosen)) or None,
        rows=numbers,
        style=style,
        kind=output.value if output else None,
    )
    out = Console(highlight=False, soft_wrap=True)
    out.print(
        f"{written.rows:,} architectures x {written.metrics} metrics in {to} ({amount(to.stat().st_size)})\n"
        f"what the columns mean, and under which licences they are: {written.description}"
    )


def _open(name: str, home: Path | None) -> BenchmarkTable:
    from archenc.tables import BenchmarkTable

    return BenchmarkTable.open(name, home)


def _matching(table: BenchmarkTable, pattern: str) -> list[Metric]:
    if any(mark in pattern for mark in "*?["):
        chosen = [metric for metric in table.metrics.values() if fnmatchcase(metric.name, pattern)]
        if not chosen:
            raise UnknownName(f"metric={pattern!r}: no metric of {table.space} matches")
        return chosen
    return [table.resolve(pattern)]


def _records(result: pa.Table) -> list[dict[str, Any]]:
    columns = [column.to_pylist() for column in result.columns]
    return [dict(zip(result.column_names, row, strict=True)) for row in zip(*columns, strict=True)]
