"""Make one table of the public files of a benchmark."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from archenc.errors import DataError, UnknownName
from archenc.spaces import SearchSpace, space
from archenc.store import file_sha256, write_json
from archenc.tables.content import InMemory
from archenc.tables.header import Header
from archenc.tables.importers import benchmark
from archenc.tables.importing import Sheet, Source
from archenc.tables.joining import Comparison, Conflict, Join, OnConflict
from archenc.tables.metric import Metric
from archenc.tables.pulling.names import benchmark_named
from archenc.tables.rows import Rows
from archenc.tables.sources import KnownFile, files_folder, known_files, locate
from archenc.tables.table import BenchmarkTable, stored_path

_EXAMPLES = 20

Progress = Callable[[str, int, int], None]
"""Called with what is being done (a file's name, "listing", "writing"), files done, files in all."""


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did.

    table: where the table is. report: the JSON beside it, with the same facts. files: files read, with rows,
    metrics, checksum, licence and origin. absent: metric -> the file that would bring it. comparisons:
    metrics that two files give. conflicts: contradicting values, one by one.
    """

    table: Path
    report: Path
    rows: int
    metrics: dict[str, Metric]
    files: list[dict[str, Any]]
    absent: dict[str, str]
    comparisons: list[Comparison]

    @property
    def conflicts(self) -> list[Conflict]:
        """Every pair of contradicting values."""
        return [conflict for comparison in self.comparisons for conflict in comparison.conflicts]


def import_benchmark(
    name: str,
    folder: str | Path | None = None,
    *,
    home: str | Path | None = None,
    verify: bool = True,
    on_conflict: OnConflict = "keep",
    progress: Progress | None = None,
) -> ImportReport:
    """Join the public files of a benchmark into one table, kept in archenc's home.

    name: space or alias. folder: where the files are; default the folder of pulled files. Those that are
    absent are left out and named in the report. home: default $ARCHENC_HOME or the XDG data folder. verify:
    compare each file with the known checksum first. on_conflict: where two files give different values for
    one measurement, "keep" the one of the file of higher precedence, make the cell "missing", or "fail"; it
    is reported in any case.
    The table appears whole or not at all; importing again gives the same bytes.
    Raises UnknownName, DataError: no file there, a file truncated or altered or of another layout.
    """
    member = _importable(name)
    importer, known = benchmark(member.name), known_files(member.name)
    found = _locate([source.file for source in importer.sources], folder, home, member.name)
    present = [source for source in importer.sources if source.file in found]
    tell = progress or _silent
    files: list[dict[str, Any]] = []

    def read() -> Iterator[tuple[Source, list[Sheet]]]:
        for done, source in enumerate(present):
            tell(source.file, done, len(present))
            path, facts = found[source.file], known.get(source.file)
            if verify and facts:
                facts.verify(path)
            source = source.at(path)
            sheets = list(source.read(path))
            files.append(_about(source, sheets, path, facts, verified=verify))
            yield source, sheets

    if importer.listing is None:
        rows, contents = Rows(member), list(read())
        for source, sheets in contents:
            for sheet in sheets:
                rows.admit(sheet, source.file)
    else:
        tell("listing", 0, len(present))
        rows, contents = Rows(member, importer.listing), read()
    join = _join(rows, contents)
    tell("writing", len(present), len(present))
    join.settle(on_conflict)
    absent = _absent(importer.sources, join)
    header = Header(
        space=member.name,
        rows=len(rows),
        metrics=join.metrics,
        missing=join.missing(),
        absent=absent,
        provenance={
            "files": files,
            "on_conflict": on_conflict,
            "comparisons": [_plain(comparison) for comparison in join.comparisons],
        },
    )
    table = stored_path(name, home)
    report = table.with_suffix(".import.json")
    BenchmarkTable(InMemory(header, rows.listing, join.columns)).save(table)
    write_json(
        report,
        {
            "space": member.name,
            "rows": header.rows,
            "metrics": len(header.metrics),
            "absent": absent,
            **header.provenance,
            "conflicts": [asdict(conflict) for c in join.comparisons for conflict in c.conflicts],
        },
    )
    return ImportReport(table, report, header.rows, header.metrics, files, absent, join.comparisons)


def _importable(name: str) -> SearchSpace:
    """Return the space of a benchmark. Raises UnknownName, also where the catalogue has files only."""
    try:
        return space(name)
    except UnknownName:
        files = benchmark_named(name)
        if files is None or files.spaces:
            raise
        raise UnknownName(
            f"{name!r}: the catalogue has these files, but there is no importer for them yet; read them from "
            f"{files_folder()}, where archenc data pull {name} puts them"
        ) from None


def _join(rows: Rows, contents: Iterable[tuple[Source, list[Sheet]]]) -> Join:
    """Join the files one after another; what was read of the last is let go before the table is written."""
    join = Join(rows)
    for source, sheets in contents:
        join.add(source, sheets)
    return join


def _locate(
    names: Sequence[str], folder: str | Path | None, home: str | Path | None, name: str
) -> dict[str, Path]:
    """Find the files of a benchmark. Raises DataError where none is there, and says how to get them."""
    if folder is not None:
        found, hint = locate(names, folder), ""
    else:
        folder = files_folder(home)
        found = locate(names, folder) if folder.is_dir() else {}
        hint = f".\nFetch them first:  archenc data pull {name}\nor take those of another folder with --from"
    if not found:
        raise DataError(
            f"{folder}: none of the files of {name} is there; expected any of {', '.join(names)}{hint}"
        )
    return found


def _silent(_what: str, _done: int, _total: int) -> None:
    """Tell nobody."""


def _about(
    source: Source, sheets: Sequence[Sheet], path: Path, facts: KnownFile | None, *, verified: bool
) -> dict[str, Any]:
    """Return what the report says about a file that was read."""
    checked = verified and facts is not None and facts.sha256 is not None
    return {
        "file": source.file,
        "verified": checked,
        "sha256": facts.sha256 if facts and checked else file_sha256(path) if path.is_file() else None,
        "rows": max((len(sheet.keys) for sheet in sheets), default=0),
        "metrics": len(source.metrics),
        "licence": facts.licence if facts else "not known",
        "origin": facts.origin if facts else "not in the catalogue",
    }


def _absent(sources: tuple[Source, ...], join: Join) -> dict[str, str]:
    """Return the metrics that no file at hand gave, each with the first file that would."""
    absent: dict[str, str] = {}
    for source in sources:
        for metric in source.metrics:
            if metric not in join.metrics:
                absent.setdefault(metric, source.file)
    return absent


def _plain(comparison: Comparison) -> dict[str, Any]:
    """Return a comparison for the table's own description: the number of conflicts, and some of them."""
    few = replace(comparison, conflicts=comparison.conflicts[:_EXAMPLES])
    return {
        **asdict(few),
        "conflicts": len(comparison.conflicts),
        "examples": [str(c) for c in few.conflicts],
    }
