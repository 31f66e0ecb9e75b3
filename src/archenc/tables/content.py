"""Where the columns of a table are: in memory, or in a parquet file that is read column by column."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol, final, runtime_checkable

import numpy as np
import pyarrow as pa
from jaxtyping import Float64

from archenc.errors import DataError
from archenc.store.parquet import open_parquet, parquet_errors, write_parquet
from archenc.tables.header import KEY_COLUMN, Header, checksum_keys, checksum_values


@runtime_checkable
class Content(Protocol):
    """What a table needs from the place where its columns are."""

    header: Header
    where: str

    def keys(self) -> list[str]:
        """Return the native spelling of each row."""
        ...

    def values(self, name: str) -> Float64[np.ndarray, " n"]:
        """Return a fresh column, NaN where missing; the caller has checked the name."""
        ...


@final
class InMemory:
    """Columns held in memory."""

    where = "in memory"

    def __init__(self, header: Header, keys: Sequence[str], columns: Mapping[str, np.ndarray]) -> None:
        self.header = header
        self._keys = list(keys)
        self._columns = {name: np.array(columns[name], dtype=np.float64) for name in header.metrics}

    def keys(self) -> list[str]:
        """Return the native spelling of each row."""
        return self._keys

    def values(self, name: str) -> Float64[np.ndarray, " n"]:
        """Return a copy of a column."""
        return self._columns[name].copy()


@final
class InParquet:
    """Columns in a parquet file: opening reads its footer, a column is read and checked when asked for."""

    def __init__(self, path: str | Path) -> None:
        self._path = Path(path).absolute()
        self.where = str(self._path)
        self._open()

    def _open(self) -> None:
        self._file = open_parquet(self._path)
        with parquet_errors(self._path):
            schema = self._file.schema_arrow
        self.header = Header.decode(schema.metadata, self._path)
        if (
            schema.names != [KEY_COLUMN, *self.header.metrics]
            or self._file.metadata.num_rows != self.header.rows
        ):
            raise DataError(f"{self._path}: altered: its columns or rows are not those it describes")

    def keys(self) -> list[str]:
        """Return the native spelling of each row. Raises DataError when altered."""
        keys = self._read(KEY_COLUMN).to_pylist()
        if checksum_keys(keys) != self.header.checksums.get(KEY_COLUMN):
            raise DataError(self._altered(KEY_COLUMN))
        return keys

    def values(self, name: str) -> Float64[np.ndarray, " n"]:
        """Read a column. Raises DataError when altered."""
        column = self._read(name)
        if column.type != pa.float64():
            raise DataError(self._altered(name))
        values = np.array(column.to_numpy(), dtype=np.float64)
        if checksum_values(values) != self.header.checksums.get(name):
            raise DataError(self._altered(name))
        return values

    def _read(self, name: str) -> pa.ChunkedArray:
        with parquet_errors(self._path):
            return self._file.read(columns=[name], use_threads=False).column(0)

    def _altered(self, name: str) -> str:
        return f"{self._path}: altered: column {name!r} does not fit its checksum; import the table again"

    # a table travels to worker processes as the path of its file
    def __getstate__(self) -> dict[str, Path]:
        return {"path": self._path}

    def __setstate__(self, state: dict[str, Path]) -> None:
        self.__init__(state["path"])


def save(content: Content, path: str | Path) -> None:
    """Write keys and columns as one parquet file, atomically; a missing value becomes a null."""
    header = content.header
    columns = {name: content.values(name) for name in header.metrics}
    checksums = {name: checksum_values(values) for name, values in columns.items()}
    checksums[KEY_COLUMN] = checksum_keys(content.keys())
    arrays = [pa.array(content.keys(), pa.string())]
    arrays += [pa.array(values, from_pandas=True) for values in columns.values()]
    whole = Header(
        space=header.space,
        rows=header.rows,
        metrics=header.metrics,
        missing=header.missing,
        absent=header.absent,
        provenance=header.provenance,
        checksums=checksums,
    )
    table = pa.table(arrays, names=[KEY_COLUMN, *columns]).replace_schema_metadata(whole.encode())
    write_parquet(table, path)
