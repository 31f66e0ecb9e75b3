"""How `archenc data list`, `pull` and `import` print."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from rich.markup import escape

from archenc.cli.printing import amount, console, indented, rich_table

if TYPE_CHECKING:
    from archenc.tables import ImportReport, Pulled
    from archenc.tables.sources import KnownBenchmark, KnownFile

_SHOWN_CONFLICTS = 20


def file_records(member: KnownBenchmark, home: Path | None) -> list[dict[str, Any]]:
    """Return all that is known about each file of a benchmark, and whether it is here."""
    from archenc.tables.sources import files_folder

    imported = _imported(member, home)
    return [
        {
            "benchmark": member.name,
            "file": file.name,
            "here": _here(file, files_folder(home)),
            "imported": any(file.name in report["names"] for report in imported),
            "pullable": file.pullable,
            **{key: value for key, value in asdict(file).items() if key not in ("name", "papers")},
            "papers": "; ".join(file.papers),
        }
        for file in member.files
    ]


def print_benchmarks(members: Sequence[KnownBenchmark], home: Path | None) -> None:
    """Print a line a benchmark."""
    from archenc.tables.sources import files_folder

    folder, rows = files_folder(home), []
    for member in members:
        usual = [file for file in member.files if file.pullable and not file.official]
        there = sum(_here(file, folder) == "yes" for file in usual)
        tables = [f"{report['rows']:,} x {report['metrics']}" for report in _imported(member, home)]
        rows.append(
            {
                "benchmark": member.name,
                "title": member.title,
                "size": amount(sum(file.bytes or 0 for file in usual)),
                "pulled": f"{there} of {len(usual)}",
                "table": ", ".join(tables) or ("no" if member.spaces else "no importer yet"),
            }
        )
    out = console()
    out.print(rich_table(rows, None))
    out.print(f"pulled files: {folder}; table: architectures x metrics")
    out.print(
        "[bold]archenc data list NAME[/] shows files, licences and papers; [bold]pull NAME[/] fetches them, "
        "[bold]import NAME[/] makes the table"
    )


def print_benchmark(member: KnownBenchmark, home: Path | None) -> None:
    """Print a line a file, what cannot be pulled and why, and what to cite."""
    from archenc.tables.pulling.names import why_not

    rows = [
        {
            "file": PurePosixPath(record["file"]).name,
            "size": "?" if record["bytes"] is None else amount(record["bytes"]),
            "licence": record["licence"],
            "here": record["here"] if record["pullable"] or record["here"] != "no" else "-",
            "table": "yes" if record["imported"] else "no",
        }
        for record in file_records(member, home)
    ]
    out = console()
    out.print(rich_table(rows, f"{member.name}: {member.title}"))
    apart = [file for file in member.files if not file.pullable or file.official]
    if apart:
        out.print(f"[bold]not pulled by the name {member.name}[/]")
    for file in apart:
        indented(out, f"{PurePosixPath(file.name).name}: {why_not(file)}")
    _print_duties(member.files)


def print_pulled(
    pulled: Sequence[Pulled], left_out: Sequence[KnownFile], benchmarks: Sequence[str], folder: Path
) -> None:
    """Print what came, under which licences, what to cite, and what to do next with some benchmarks."""
    rows = [
        {
            "file": PurePosixPath(one.file.name).name,
            "size": amount(one.path.stat().st_size),
            "licence": one.file.licence,
            "state": _state(one),
        }
        for one in pulled
    ]
    out = console()
    if rows:
        out.print(rich_table(rows, f"Verified, in {folder}"))
    for kind, official in (("derived", False), ("official", True)):
        if named := [PurePosixPath(file.name).name for file in left_out if file.official is official]:
            out.print(f"not pulled, {kind}: {escape(', '.join(named))}")
    _print_duties([one.file for one in pulled])
    for member in benchmarks:
        if left_out:
            out.print(f"why some are not pulled: [bold]archenc data list {member}[/]")
        out.print(f"next: [bold]archenc data import {member}[/]")


def print_import(report: ImportReport, verify: bool) -> None:
    """Print which files were read and which were not, and where they contradict each other."""
    from archenc.cli.data_views import by_file, print_comparisons, some

    unchecked = "none known" if verify else "not compared"
    rows = [
        {
            "file": file["file"],
            "rows": file["rows"],
            "metrics": file["metrics"],
            "checksum": "as known" if file["verified"] else unchecked,
            "licence": file["licence"],
        }
        for file in report.files
    ]
    out = console()
    out.print(rich_table(rows, "Files read"))
    for file, lacking in by_file(report.absent).items():
        out.print(f"[yellow]{escape(file)} was not there[/]; without it: {some(lacking)}")
    print_comparisons(
        out, [{"rows": found.rows, "conflicts": len(found.conflicts)} for found in report.comparisons]
    )
    for conflict in report.conflicts[:_SHOWN_CONFLICTS]:
        out.print(f"  {escape(str(conflict))}", style="yellow")
    if len(report.conflicts) > _SHOWN_CONFLICTS:
        out.print(f"  ... all {len(report.conflicts):,} are in {report.report}", style="yellow")
    out.print(f"{report.rows:,} architectures x {len(report.metrics)} metrics in {report.table}")
    out.print(f"what was read, and what disagreed: {report.report}")


def _print_duties(files: Sequence[KnownFile]) -> None:
    """Print the licences that restrict, and the papers to cite."""
    from archenc.tables.sources import NONE_STATED

    out = console()
    bare = [PurePosixPath(file.name).name for file in files if file.licence == NONE_STATED]
    if bare:
        out.print(f"[yellow]licence none stated[/], so no right to redistribute: {escape(', '.join(bare))}")
    for licence in sorted({file.licence for file in files if "-NC" in file.licence}):
        named = [PurePosixPath(file.name).name for file in files if file.licence == licence]
        out.print(f"[yellow]licence {licence}[/]: no commercial use of {escape(', '.join(named))}")
    papers = dict.fromkeys(paper for file in files for paper in file.papers)
    if papers:
        out.print("[bold]cite[/]")
        for paper in papers:
            indented(out, paper)


def _here(file: KnownFile, folder: Path) -> str:
    """Return "yes", "no", or how much of a file is here; by its size, as `pull` and `import` verify."""
    path = folder / file.name
    if path.is_file() and file.bytes in (None, path.stat().st_size):
        return "yes"
    part = path.with_name(f"{path.name}.part")
    if not part.is_file():
        return "no"
    return f"{part.stat().st_size / file.bytes:.0%}" if file.bytes else "in part"


def _state(one: Pulled) -> str:
    if not one.received:
        return "was here"
    if one.received >= one.path.stat().st_size:
        return "fetched"
    return f"continued: {amount(one.received)}"


def _imported(member: KnownBenchmark, home: Path | None) -> list[dict[str, Any]]:
    """Return rows, number of metrics and files of each imported table of a benchmark."""
    from archenc.store import home as home_folder

    found = []
    for name in member.spaces:
        path = home_folder(home) / "tables" / f"{name}.import.json"
        try:
            report = json.loads(path.read_bytes())
            names = {file["file"] for file in report["files"]}
            found.append({"rows": report["rows"], "metrics": report["metrics"], "names": names})
        except (OSError, ValueError, LookupError, TypeError):
            continue  # no table yet, or one of another version: `info` says what is wrong with it
    return found
