"""`archenc data list`, `pull` and `import`: the public files there are, fetch them, make a table of them."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from archenc.cli.data_file_views import (
    file_records,
    print_benchmark,
    print_benchmarks,
    print_import,
    print_pulled,
)
from archenc.cli.data_options import FormatOption, Home, Name
from archenc.cli.printing import Format, print_rows
from archenc.errors import UnknownName


class OnConflict(StrEnum):
    """What becomes of a cell for which two files have different values."""

    KEEP = "keep"
    MISSING = "missing"
    FAIL = "fail"


def list_(
    name: Annotated[str | None, typer.Argument(help="Benchmark; default all of them, a line each.")] = None,
    home: Home = None,
    output: FormatOption = Format.TABLE,
) -> None:
    """List the public files that archenc knows: size, licence, whether they are here, and what to cite.

    With --format csv or json, a record a file, with address and checksum.
    """
    from archenc.tables.pulling.names import benchmark_named
    from archenc.tables.sources import known_benchmarks

    members = list(known_benchmarks().values())
    if name is not None:
        member = benchmark_named(name)
        if member is None:
            raise UnknownName(
                f"{name!r} is no benchmark of the catalogue; known: {', '.join(known_benchmarks())}"
            )
        members = [member]
    if output is not Format.TABLE:
        print_rows([record for member in members for record in file_records(member, home)], output)
    elif name is None:
        print_benchmarks(members, home)
    else:
        print_benchmark(members[0], home)


def pull(
    names: Annotated[
        list[str], typer.Argument(help="Benchmarks (nb201) or files (nats_bench.csv); see `data list`.")
    ],
    mirror: Annotated[
        str | None,
        typer.Option(
            "--from",
            help="Address that has the files as FOLDER/FILE instead of their own; default $ARCHENC_MIRROR.",
        ),
    ] = None,
    offline: Annotated[
        bool, typer.Option("--offline", help="Use no network; fail where a file is not here.")
    ] = False,
    retries: Annotated[int, typer.Option(min=0, help="Further attempts where a failure may pass.")] = 5,
    timeout: Annotated[
        float, typer.Option(min=0.1, help="Seconds to wait for a connection, and for each piece.")
    ] = 30.0,
    home: Home = None,
) -> None:
    """Fetch public files, verified by checksum.

    A file is there whole or not at all; after an interrupt the same command continues where it was.

    Proxies are those of the environment (HTTPS_PROXY, NO_PROXY).
    """
    from archenc.cli.pull_progress import PullProgress
    from archenc.tables import pull as fetch
    from archenc.tables.pulling.names import select
    from archenc.tables.sources import files_folder

    selection = select(names)
    try:
        with PullProgress() as progress:
            pulled = fetch(
                names,
                home=home,
                mirror=mirror,
                offline=offline,
                retries=retries,
                timeout=timeout,
                progress=progress.update,
            )
    except KeyboardInterrupt as stop:
        typer.echo(
            f"interrupted: what came is kept in {files_folder(home)}; the same command continues there",
            err=True,
        )
        raise typer.Exit(130) from stop
    print_pulled(pulled, selection.left_out, selection.importable, files_folder(home))


def _import_own(name: str, path: Path, home: Path | None) -> None:
    from archenc.tables import stored_path, table_from_csv

    table = table_from_csv(name, path)
    target = stored_path(name, home)
    table.save(target)
    typer.echo(f"{len(table):,} architectures x {len(table.metrics)} metrics in {target}")


def import_(
    name: Name,
    folder: Annotated[
        Path | None,
        typer.Option("--from", help="Folder that holds the public files; default what `data pull` fetched."),
    ] = None,
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

    What is there is imported, the rest is named. The table appears whole or not at all. --from FILE.csv makes
    the table of a space of your own: a column `architecture` with spellings, the others numbers.
    """
    from archenc.tables import import_benchmark

    if folder is not None and folder.suffix == ".csv":
        _import_own(name, folder, home)
        return

    console = Console(stderr=True)
    with Progress(
        TextColumn("[progress.description]{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
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
