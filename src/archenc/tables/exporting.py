"""A table as a file for other programs, with a description beside it, and back."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.json as pa_json

from archenc.errors import ArchencError, DataError, InvalidArgument
from archenc.spaces import space
from archenc.store import atomic_path, file_sha256, write_json
from archenc.store.parquet import read_parquet, write_parquet
from archenc.tables.header import ARCHITECTURE_COLUMN, KEY_COLUMN
from archenc.tables.metric import Metric
from archenc.tables.readers import read_json, reading
from archenc.tables.table import BenchmarkTable, RowNumbers

Kind = Literal["csv", "parquet", "jsonl"]

_TEXTS = {
    ARCHITECTURE_COLUMN: "the architecture, as its space spells it in this style",
    KEY_COLUMN: "the text by which the table finds its row",
}
_FORMAT = 1
_BATCH = 20_000


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written. description: the JSON file beside it. rows, metrics: how many."""

    path: Path
    description: Path
    rows: int
    metrics: int


def export(
    table: BenchmarkTable,
    path: str | Path,
    *,
    metrics: Sequence[str] | None = None,
    rows: RowNumbers | None = None,
    style: str = "native",
    kind: Kind | None = None,
) -> Exported:
    """Write columns of a table as CSV, parquet or JSON lines, and beside it `path`.json: what they are.

    metrics: default all. rows: numbers or a mask, default all. style: how the space spells an architecture in
    the column `architecture`; every style but "native" parses them all. kind: default as the name ends. The
    column `key` is there where the table finds its rows by another text. A missing value is empty or null.
    The description has the metrics with unit, direction and source, why values are missing, and the licences
    of the sources; `read_export` makes a table of both. Each file appears whole or not at all, the
    data last; stopped between the two, an export leaves a description that the data does not fit, and
    `read_export` says so.
    Raises UnknownName, InvalidArgument (rows or metrics given twice too), DataError: cannot be written.
    """
    path, names = Path(path), list(table.metrics) if metrics is None else list(metrics)
    kind = _kind_of(path) if kind is None else kind
    if kind not in _WRITERS:
        raise InvalidArgument(f"kind={kind!r}: expected {', '.join(_WRITERS)}")
    if twice := [name for name, count in Counter(names).items() if count > 1]:
        raise InvalidArgument(f"metrics: {twice[0]!r} is given more than once")
    columns, description = _columns(table, names, rows, style), _description_of(path)
    with atomic_path(path) as temporary:
        _WRITERS[kind](columns, temporary)
        digest = file_sha256(temporary)
        write_json(description, _describe(table, columns, names, style, kind, digest))
    return Exported(path, description, columns.num_rows, len(names))


def read_export(path: str | Path) -> BenchmarkTable:
    """Make a table of an exported file and the description beside it; values are those that were written.

    Raises DataError: either is missing or was altered since.
    """
    path, beside = Path(path), _description_of(Path(path))
    facts = read_json(beside)
    with reading(beside):
        if facts["format"] != _FORMAT:
            raise DataError(f"{beside}: written by another version of archenc; export again")
        read, expected, name = _READERS[facts["kind"]], facts["sha256"], str(facts["space"])
        try:
            metrics = [Metric.from_dict(values) for values in facts["metrics"]]
        except ArchencError as error:
            raise DataError(f"{beside}: {error}") from error
    if file_sha256(path) != expected:
        raise DataError(f"{path}: altered since it was exported: its SHA-256 is not that of the description")
    with reading(path):
        content = read(path, [metric.name for metric in metrics])
        columns = {metric.name: content.column(metric.name).to_numpy() for metric in metrics}
        keys = content.column(ARCHITECTURE_COLUMN).to_pylist()
    return BenchmarkTable.from_columns(name, keys, columns, metrics)


def _columns(table: BenchmarkTable, names: list[str], rows: RowNumbers | None, style: str) -> pa.Table:
    """Return texts and metrics as Arrow columns, null where missing."""
    content = table.to_arrow(names)
    if rows is not None:
        table.spellings(rows)  # refuses rows that are none
        index = np.asarray(rows)
        index = np.flatnonzero(index) if index.dtype == bool else index.astype(np.int64)
        unique, counts = np.unique(index, return_counts=True)
        if len(unique) < len(index):
            raise InvalidArgument(f"rows: {unique[counts > 1][0]} is given more than once")
        content = content.take(index)
    if style == "native":
        return content
    member = space(table.space)
    spelt = pa.array([member.format(arch, style) for arch in table.architectures(rows)], pa.string())
    return content.set_column(0, ARCHITECTURE_COLUMN, spelt)


def _describe(
    table: BenchmarkTable, columns: pa.Table, names: list[str], style: str, kind: str, digest: str
) -> dict[str, Any]:
    """Return what the description says."""
    members = [table.resolve(name) for name in names]
    named = " ".join(member.source for member in members)
    sources = [
        {key: file.get(key) for key in ("file", "licence", "origin", "sha256")}
        for file in table.provenance.get("files", [])
        if file["file"] in named
    ]
    return {
        "format": _FORMAT,
        "archenc": version("archenc"),
        "kind": kind,
        "sha256": digest,
        "space": table.space,
        "rows": columns.num_rows,
        "rows_of_the_table": len(table),
        "style": style,
        "texts": {name: text for name, text in _TEXTS.items() if name in columns.column_names},
        "metrics": [member.to_dict() for member in members],
        "missing": {
            name: {"here": columns.column(name).null_count, "in_the_table": table.missing(name)}
            for name in names
            if columns.column(name).null_count
        },
        "sources": sources,
    }


def _description_of(path: Path) -> Path:
    return path.with_name(f"{path.name}.json")


def _kind_of(path: Path) -> Kind:
    for kind in _WRITERS:
        if path.suffix == f".{kind}":
            return kind
    legal = ", ".join(f".{kind}" for kind in _WRITERS)
    raise InvalidArgument(f"path={str(path)!r}: expected a name that ends in {legal}, or the kind of file")


def _write_csv(columns: pa.Table, path: Path) -> None:
    pa_csv.write_csv(columns, path)


def _write_jsonl(columns: pa.Table, path: Path) -> None:
    with path.open("w", encoding="utf-8") as stream:
        stream.writelines(_lines(columns))


def _lines(columns: pa.Table) -> Iterator[str]:
    for batch in columns.to_batches(_BATCH):
        for record in batch.to_pylist():
            yield json.dumps(record, ensure_ascii=False) + "\n"


def _read_csv(path: Path, names: list[str]) -> pa.Table:
    types = {ARCHITECTURE_COLUMN: pa.string(), KEY_COLUMN: pa.string(), **dict.fromkeys(names, pa.float64())}
    return pa_csv.read_csv(
        path,
        read_options=pa_csv.ReadOptions(use_threads=False),
        convert_options=pa_csv.ConvertOptions(column_types=types, strings_can_be_null=False),
    )


def _read_jsonl(path: Path, names: list[str]) -> pa.Table:
    fields = [(ARCHITECTURE_COLUMN, pa.string()), *((name, pa.float64()) for name in names)]
    schema = pa.schema(fields)
    if not path.stat().st_size:  # which pyarrow takes for a mistake
        return schema.empty_table()
    return pa_json.read_json(
        path,
        read_options=pa_json.ReadOptions(use_threads=False),
        parse_options=pa_json.ParseOptions(explicit_schema=schema),
    )


def _read_parquet(path: Path, names: list[str]) -> pa.Table:
    return read_parquet(path, [ARCHITECTURE_COLUMN, *names])


_WRITERS: dict[Kind, Any] = {"csv": _write_csv, "parquet": write_parquet, "jsonl": _write_jsonl}
_READERS: dict[Kind, Any] = {"csv": _read_csv, "parquet": _read_parquet, "jsonl": _read_jsonl}
