"""Where the columns of a table are: in memory, or in a parquet file that is read column by column."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol, final, runtime_checkable

import numpy as np
import pyarrow as pa
from jaxtyping import Float64

from archenc.errors import DataError
from archenc.store.parquet import open_parquet, parquet_errors, write_parquet
from archenc.tables.header import (
    ARCHITECTURE_COLUMN,
    KEY_COLUMN,
    Header,
    checksum_texts,
    checksum_values,
)
from archenc.tables.importing import Listing


@runtime_checkable
class Content(Protocol):
    """What a table needs from the place where its columns are."""

    header: Header
    where: str

    def spellings(self) -> pa.StringArray:
        """Return the native spelling of each row."""
        ...

    def keys(self) -> pa.StringArray:
        """Return the text by which each row is found: that of `space.key`, often the spelling."""
        ...

    def values(self, name: str) -> Float64[np.ndarray, " n"]:
        """Return a fresh column, NaN where missing; the caller has checked the name."""
        ...


@final
class InMemory:
    """Columns held in memory."""

    where = "in memory"

    def __init__(self, header: Header, listing: Listing, columns: Mapping[str, np.ndarray]) -> None:
        self.header = header
        self._spellings = pa.array(listing.spellings, pa.string())
        self._keys = self._spellings if listing.keys is None else pa.array(listing.keys, pa.string())
        self._columns = {name: np.asarray(columns[name], dtype=np.float64) for name in header.metrics}

    def spellings(self) -> pa.StringArray:
        """Return the native spelling of each row."""
        return self._spellings

    def keys(self) -> pa.StringArray:
        """Return the text by which each row is found."""
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
        self._text_columns = [
            name for name in (ARCHITECTURE_COLUMN, KEY_COLUMN) if name in self.header.checksums
        ]
        if (
            schema.names != [*self._text_columns, *self.header.metrics]
            or self._file.metadata.num_rows != self.header.rows
        ):
            raise DataError(f"{self._path}: altered: its columns or rows are not those it describes")

    def spellings(self) -> pa.StringArray:
        """Read the native spelling of each row. Raises DataError when altered."""
        return self._texts(ARCHITECTURE_COLUMN)

    def keys(self) -> pa.StringArray:
        """Read the text by which each row is found. Raises DataError when altered."""
        return self._texts(self._text_columns[-1])

    def _texts(self, name: str) -> pa.StringArray:
        texts = self._read(name).combine_chunks()
        if texts.type != pa.string() or checksum_texts(texts) != self.header.checksums.get(name):
            raise DataError(self._altered(name))
        return texts

    def values(self, name: str) -> Float64[np.ndarray, " n"]:
        """Read a column. Raises DataError when altered."""
        column = self._read(name)
        if column.type != pa.float64():
            raise DataError(self._altered(name))
        values = column.to_numpy()
        if checksum_values(values) != self.header.checksums.get(name):
            raise DataError(self._altered(name))
        return values if values.flags.writeable else values.copy()

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
    """Write spellings, keys and columns as one parquet file, atomically; a missing value becomes a null."""
    header = content.header
    texts = {ARCHITECTURE_COLUMN: content.spellings()}
    if not content.keys().equals(content.spellings()):
        texts[KEY_COLUMN] = content.keys()
    checksums, arrays = {}, list(texts.values())
    for name in header.metrics:  # one by one: hundreds of columns of 423,624 rows should not be there twice
        values = content.values(name)
        checksums[name] = checksum_values(values)
        arrays.append(pa.array(values, from_pandas=True))
    checksums |= {name: checksum_texts(column) for name, column in texts.items()}
    whole = Header(
        space=header.space,
        rows=header.rows,
        metrics=header.metrics,
        missing=header.missing,
        absent=header.absent,
        provenance=header.provenance,
        checksums=checksums,
    )
    table = pa.table(arrays, names=[*texts, *header.metrics]).replace_schema_metadata(whole.encode())
    write_parquet(table, path)
