"""Parquet with page checksums, written atomically; damage becomes a DataError."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from archenc.errors import DataError
from archenc.store.atomic import atomic_path


def write_parquet(table: pa.Table, path: str | Path) -> None:
    """Write a table atomically: zstd, a checksum a page, the same bytes for the same table.

    No column statistics: they would carry values that no checksum covers. Raises DataError.
    """
    with atomic_path(path) as temporary:
        pq.write_table(
            table,
            temporary,
            compression="zstd",
            row_group_size=max(1, table.num_rows),
            write_statistics=False,
            write_page_checksum=True,
        )


def open_parquet(path: str | Path) -> pq.ParquetFile:
    """Open a file by its footer alone; pages are mapped and checked as they are read. Raises DataError."""
    with parquet_errors(path):
        return pq.ParquetFile(path, memory_map=True, page_checksum_verification=True)


def read_parquet(path: str | Path, columns: Sequence[str] | None = None) -> pa.Table:
    """Read whole columns (all by default), checking every page. Raises DataError."""
    with parquet_errors(path), open_parquet(path) as file:
        if columns is not None and (unknown := sorted(set(columns) - set(file.schema_arrow.names))):
            raise DataError(
                f"{path}: no column {', '.join(map(repr, unknown))}; it has {file.schema_arrow.names}"
            )
        return file.read(columns=None if columns is None else list(columns), use_threads=False)


@contextmanager
def parquet_errors(path: str | Path) -> Iterator[None]:
    """Turn what pyarrow raises on a bad file into a DataError that names the file."""
    try:
        yield
    except FileNotFoundError as error:
        raise DataError(f"{path}: no such file") from error
    except (pa.ArrowException, OSError, UnicodeDecodeError, MemoryError, OverflowError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise DataError(f"{path}: not a whole parquet file: truncated or altered ({reason})") from error
