"""A table of one's own from a CSV file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from archenc.errors import DataError, InvalidArchitecture, InvalidArgument
from archenc.tables.header import ARCHITECTURE_COLUMN
from archenc.tables.metric import Metric
from archenc.tables.readers import csv_columns, read_csv
from archenc.tables.table import BenchmarkTable


def table_from_csv(
    space_name: str,
    path: str | Path,
    *,
    column: str = ARCHITECTURE_COLUMN,
    metrics: Mapping[str, Metric] | Sequence[Metric] = (),
) -> BenchmarkTable:
    """Read measurements of architectures of a space: a row an architecture, a column a metric.

    space_name: a registered space. path: a CSV file with a header; a blank cell is a missing value. column:
    the one of the spellings; all others are numbers. metrics: what they mean, as in
    `BenchmarkTable.from_columns`. Raises DataError for a file or row that cannot be read, UnknownName for an
    unknown space, InvalidArchitecture for a spelling that the space does not know, InvalidArgument for an
    architecture of two rows, infinite values, or `metrics` that do not fit.
    """
    path = Path(path)
    names = csv_columns(path)
    if column not in names:
        raise DataError(f"{path}: no column {column!r} with spellings; it has {', '.join(names) or 'none'}")
    others = [name for name in names if name != column]
    if not others:
        raise DataError(f"{path}: no column but {column!r}; expected one of numbers at least")
    try:
        numbers, texts = read_csv(path, others, [column])
    except DataError as error:
        raise DataError(f"{error}; every column but {column!r} must hold numbers") from error
    if not texts[column]:
        raise DataError(f"{path}: no row below the header")
    try:
        return BenchmarkTable.from_columns(space_name, texts[column], numbers, metrics)
    except (InvalidArchitecture, InvalidArgument) as error:
        raise type(error)(f"{path}: {error}") from error
