"""A folder of parquet files named by the key of what they hold."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa

from archenc.errors import InvalidArgument
from archenc.store.parquet import read_parquet, write_parquet

_KEY = re.compile(r"[0-9a-f]{64}")


class Shards:
    """Tables kept by content key (`content_key`), one parquet file each: a cache that several runs may share.

    A key stands for everything a table was computed from, so a shard is never changed, only written once.
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)

    def path(self, key: str) -> Path:
        """Return the file of a key (it need not exist). Raises InvalidArgument unless 64 hex digits."""
        if not _KEY.fullmatch(key):
            raise InvalidArgument(f"key={key!r}: expected 64 lower-case hex digits, as content_key gives")
        return self.folder / key[:2] / f"{key}.parquet"

    def __contains__(self, key: str) -> bool:
        return self.path(key).is_file()

    def get(self, key: str) -> pa.Table:
        """Read the table of a key. Raises DataError when absent or damaged."""
        return read_parquet(self.path(key))

    def put(self, key: str, table: pa.Table) -> None:
        """Write the table of a key atomically. Raises DataError."""
        write_parquet(table, self.path(key))

    def get_or_compute(self, key: str, compute: Callable[[], pa.Table]) -> pa.Table:
        """Read the table of a key, or compute and keep it. Raises DataError."""
        if key not in self:
            self.put(key, compute())
        return self.get(key)
