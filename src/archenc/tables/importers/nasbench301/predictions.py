"""Predictions of a user's own, or of the benchmark's surrogate models, as a CSV file."""

from __future__ import annotations

import csv
import re
from pathlib import Path

from archenc.errors import ArchencError, DataError
from archenc.tables.importers.nasbench301 import batch32, logs, trained
from archenc.tables.importing import Field, Sheet, Source
from archenc.tables.metric import Metric
from archenc.tables.readers import read_csv, reading

_FILE = "nb301/nb301_predictions.csv"
_ARCHITECTURE = "architecture"
_LEGAL = (
    "expected 'architecture' (any spelling) and columns NAME:UNIT:DIRECTION, such as "
    "cifar10_val_accuracy_xgb:percent:max; NAME of a-z, 0-9 and _, DIRECTION max, min or none"
)
_COLUMN = re.compile(
    r"(?P<name>(?P<dataset>[a-z][a-z0-9]*)_[a-z0-9_]+):(?P<unit>[^:]+):(?P<direction>max|min|none)"
)
_PUBLIC = (*batch32.SOURCES, *trained.SOURCES, *logs.SOURCES)
_KNOWN = {field.metric.name: field.metric for source in _PUBLIC for field in source.fields}


def _fields(path: Path) -> tuple[Field, ...]:
    """Return what the header of the file says about its columns. Raises DataError."""
    with reading(path), path.open(newline="", encoding="utf-8") as stream:
        header = next(csv.reader(stream), [])
    columns = [column for column in header if column != _ARCHITECTURE]
    if header.count(_ARCHITECTURE) != 1 or not columns:
        raise DataError(f"{path}: its header is {', '.join(header)[:200]!r}; {_LEGAL}")
    return tuple(Field(column, _metric(column, path)) for column in columns)


def _metric(column: str, path: Path) -> Metric:
    match = _COLUMN.fullmatch(column)
    if match is None:
        raise DataError(f"{path}: column {column[:200]!r}; {_LEGAL}")
    name, unit = match["name"], match["unit"]
    direction = None if match["direction"] == "none" else match["direction"]
    if known := _KNOWN.get(name):
        if (unit, direction) != (known.unit, known.direction):
            raise DataError(
                f"{path}: column {column!r}: {name} is known, in {known.unit}, direction {known.direction}; "
                f"use that, or another name"
            )
        return known
    try:
        return Metric(
            name=name,
            dataset=match["dataset"],
            quantity="prediction",
            unit=unit,
            direction=direction,  # pyright: ignore[reportArgumentType]
            note=f"from a user's own file {_FILE}: what a model predicts, no training",
        )
    except ArchencError as error:
        raise DataError(f"{path}: column {column!r}: {error}") from error


def _read(path: Path) -> list[Sheet]:
    columns = [field.column for field in _fields(path)]
    numbers, texts = read_csv(path, columns, [_ARCHITECTURE])
    return [Sheet(texts[_ARCHITECTURE], "spelling", numbers)]


SOURCES = (Source(_FILE, _read, (), describe=_fields),)
