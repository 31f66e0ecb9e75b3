"""Read CSV, JSON, zipped JSON and npz files; whatever is wrong with one becomes a DataError naming it."""

from __future__ import annotations

import csv
import json
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
from jaxtyping import Float64

from archenc.errors import DataError, shown

_BROKEN = (
    OSError,
    ValueError,
    ArithmeticError,  # a number that no float can hold
    EOFError,
    RecursionError,
    RuntimeError,  # zipfile: a member with a password, or in a compression that Python lacks
    zipfile.BadZipFile,
    zlib.error,
    csv.Error,
    struct.error,
    pa.ArrowException,
)
_NO_NUMBER = re.compile(
    r"In CSV column #(\d+): (?:Row #(\d+): )?CSV conversion error to double: invalid value '(.*)'", re.DOTALL
)
"""What pyarrow says of a cell; the header is its row 1, and blank lines are no rows."""
_LARGEST = 1 << 30  # bytes of an unpacked archive; the public ones hold 10 MB at most


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turn what a reader raises inside the block into a DataError that names the file."""
    try:
        yield
    except DataError:
        raise
    except FileNotFoundError as error:
        raise DataError(f"{path}: no such file") from error
    except (LookupError, TypeError, AttributeError) as error:
        raise DataError(f"{path}: not of the expected layout ({error!r})") from error
    except _BROKEN as error:
        raise DataError(f"{path}: cannot be read: truncated, altered or of another kind ({error})") from error


def read_csv(
    path: Path, numbers: Sequence[str], texts: Sequence[str] = ()
) -> tuple[dict[str, Float64[np.ndarray, " n"]], dict[str, list[str]]]:
    """Return named columns of a CSV file with a header: numbers (NaN where a cell is blank) and texts.

    Raises DataError when a column is absent, a number is none, or rows have different lengths.
    """
    options = pa_csv.ConvertOptions(
        column_types={**dict.fromkeys(numbers, pa.float64()), **dict.fromkeys(texts, pa.string())},
        null_values=["", " ", "nan", "NaN"],
        strings_can_be_null=False,
    )
    with reading(path):
        try:
            table = pa_csv.read_csv(
                path, read_options=pa_csv.ReadOptions(use_threads=False), convert_options=options
            )
        except pa.ArrowInvalid as error:
            if cell := _NO_NUMBER.search(str(error)):
                column, row, text = int(cell[1]), f"row {cell[2]}, " if cell[2] else "", cell[3]
                name = csv_columns(path)[column]
                raise DataError(f"{path}: {row}column {name!r}: {shown(text)} is no number") from error
            raise
        if absent := [name for name in (*numbers, *texts) if name not in table.column_names]:
            raise DataError(
                f"{path}: no column {', '.join(map(repr, absent))}; it has {', '.join(table.column_names)}"
            )
        return (
            {name: table[name].to_numpy().astype(np.float64) for name in numbers},
            {name: table[name].to_pylist() for name in texts},
        )


def csv_columns(path: Path) -> list[str]:
    """Return the names of the columns of a CSV file. Raises DataError."""
    with reading(path), path.open(newline="", encoding="utf-8-sig") as stream:
        return next(csv.reader(stream), [])


def integers(path: Path, values: Float64[np.ndarray, " n"]) -> list[int]:
    """Return numbers that must be whole as integers. Raises DataError where one is not."""
    if len(odd := values[~np.isfinite(values) | (values != np.round(values))]):
        raise DataError(f"{path}: {odd[0]} where a whole number should be")
    return [int(value) for value in values]


def read_json(path: Path) -> Any:
    """Return the value of a JSON file. Raises DataError."""
    with reading(path):
        return json.loads(path.read_bytes())


def read_zipped_json(path: Path) -> Iterator[tuple[str, Any]]:
    """Yield (file name without folders, value) of every JSON file in a zip, in the order of the names.

    Raises DataError, also where the checksum of a member does not fit, or the whole would fill the memory.
    """
    with reading(path), zipfile.ZipFile(path) as archive:
        _check_size(path, archive)
        names = sorted(name for name in archive.namelist() if name.endswith(".json"))
        if not names:
            raise DataError(f"{path}: no JSON file in the archive")
        for name in names:
            yield PurePosixPath(name).name, json.loads(archive.read(name))


def read_npz(path: Path) -> dict[str, Float64[np.ndarray, " ..."]]:
    """Return every array of an npz file as float64; pickled objects are refused. Raises DataError."""
    with reading(path), zipfile.ZipFile(path) as archive:
        _check_size(path, archive)
    with reading(path), path.open("rb") as stream:
        try:
            with np.load(stream, allow_pickle=False) as arrays:
                return {name: np.asarray(arrays[name], dtype=np.float64) for name in arrays.files}
        except Exception as error:  # of a damaged header numpy raises whatever its tokeniser meets
            raise ValueError(repr(error)) from error


def _check_size(path: Path, archive: zipfile.ZipFile) -> None:
    """Refuse an archive that unpacks to far more than any public one; zipfile holds members to their size."""
    if (size := sum(member.file_size for member in archive.infolist())) > _LARGEST:
        raise DataError(f"{path}: refused: it would unpack to {size:,} bytes; legal: up to {_LARGEST:,}")
