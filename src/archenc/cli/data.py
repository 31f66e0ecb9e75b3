"""`archenc data`: import public files into a table, say what a table holds, ask it in SQL."""

from __future__ import annotations

from enum import StrEnum
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from archenc.cli.data_views import Format, print_catalogue, print_import, print_metric, print_rows
from archenc.errors import InvalidArgument, UnknownName

if TYPE_CHECKING:
    import pyarrow as pa

    from archenc.tables import BenchmarkTable, Metric

app = typer.Typer(
    add_completion=False, no_args_is_help=True, help="Import, describe and query benchmark tables."
)

_SHOWN_ROWS = 50


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

    What is there is imported, the rest is named. The table appears whole or not at all.
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
            progress=lambda what, done, total: bar.update(
                task, description=what, completed=done, total=total
            ),
        )
    print_import(report, verify)


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
        print_metric(table, chosen[0])
        return
    print_catalogue(table, chosen, output)


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


def _records(result: pa.Table) -> list[dict[str, Any]]:
    columns = [column.to_pylist() for column in result.columns]
    return [dict(zip(result.column_names, row, strict=True)) for row in zip(*columns, strict=True)]
