"""Make one table of the public files of a benchmark."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from archenc.errors import DataError
from archenc.spaces import space
from archenc.store import file_sha256, write_json
from archenc.tables.content import InMemory
from archenc.tables.header import Header
from archenc.tables.importers import sources_of
from archenc.tables.importing import Source
from archenc.tables.joining import Comparison, Conflict, Join, OnConflict
from archenc.tables.metric import Metric
from archenc.tables.rows import rows_of
from archenc.tables.sources import known_files, locate
from archenc.tables.table import BenchmarkTable, stored_path

_EXAMPLES = 20

Progress = Callable[[str, int, int], None]
"""Called with a file's name ("" while the table is written), files done, files in all."""


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
    folder: str | Path,
    *,
    home: str | Path | None = None,
    verify: bool = True,
    on_conflict: OnConflict = "keep",
    progress: Progress | None = None,
) -> ImportReport:
    """Join the public files of a benchmark into one table, kept in archenc's home.

    name: space or alias. folder: where the files are; those that are absent are left out and named in the
    report. home: default $ARCHENC_HOME or the XDG data folder. verify: compare each file with the known
    checksum first. on_conflict: where two files give different values for one measurement, "keep" the one
    of the file of higher precedence, make the cell "missing", or "fail"; it is reported in any case.
    The table appears whole or not at all; importing again gives the same bytes.
    Raises UnknownName, DataError: no file there, a file truncated or altered or of another layout.
    """
    canonical = space(name).name
    sources = sources_of(canonical)
    known = known_files(canonical)
    found = locate([source.file for source in sources], folder)
    present = [source for source in sources if source.file in found]
    if not present:
        names = ", ".join(source.file for source in sources)
        raise DataError(f"{folder}: none of the files of {canonical} is there; expected any of {names}")
    join = Join(rows_of(canonical))
    files: list[dict[str, Any]] = []
    for done, source in enumerate(present):
        if progress is not None:
            progress(source.file, done, len(present))
        path = found[source.file]
        if verify:
            known[source.file].verify(path)
        sheets = list(source.read(path))
        join.add(source, sheets)
        files.append(
            {
                "file": source.file,
                "verified": verify,
                "sha256": known[source.file].sha256 if verify else file_sha256(path),
                "rows": max(len(sheet.keys) for sheet in sheets),
                "metrics": len(source.metrics),
                "licence": known[source.file].licence,
                "origin": f"{known[source.file].repository}@{known[source.file].commit}",
            }
        )
    if progress is not None:
        progress("", len(present), len(present))
    join.settle(on_conflict)
    absent = _absent(sources, join)
    header = Header(
        space=canonical,
        rows=len(join.keys),
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
    BenchmarkTable(InMemory(header, join.keys, join.columns)).save(table)
    write_json(
        report,
        {
            "space": canonical,
            "rows": header.rows,
            "metrics": len(header.metrics),
            "absent": absent,
            **header.provenance,
            "conflicts": [asdict(conflict) for c in join.comparisons for conflict in c.conflicts],
        },
    )
    return ImportReport(table, report, header.rows, header.metrics, files, absent, join.comparisons)


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
