"""Embeddings that are kept: parquet shards by model and setting, rows by the hash of the text."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, final

import numpy as np
import pyarrow as pa
from jaxtyping import Float32

from archenc.errors import DataError, InvalidArgument, shown
from archenc.store import content_key, home, write_json
from archenc.store.parquet import open_parquet, read_parquet, write_parquet

FOLDER = "embeddings"
SETTING = "setting.json"
_TEXT = "text_sha256"
_SHAPE = "shape "


def text_key(text: str) -> bytes:
    """Return the hash under which the embedding of a text is kept."""
    return hashlib.sha256(text.encode()).digest()


def store_of(setting: Mapping[str, Any], cache: str | Path | bool) -> Store:
    """Return the store of a setting: whatever decides a vector, but for text and pooling.

    cache: a folder; True is `embeddings` in archenc's home; False keeps nothing on the disk. A process has
    one store for one setting, so that copies of an encoder share it.
    """
    if not isinstance(cache, (str, Path, bool)) or cache == "":
        raise InvalidArgument(f"cache={shown(cache)}: expected a folder, True (archenc's home) or False")
    key = content_key(dict(setting))
    if cache is False:
        return _store(None, key)
    root = home() / FOLDER if cache is True else Path(cache).expanduser()
    folder = root / key[:32]
    if not (folder / SETTING).exists():
        write_json(folder / SETTING, dict(setting))
    return _store(folder, key)


@lru_cache(maxsize=8)
def _store(folder: Path | None, key: str) -> Store:
    del key  # part of the key of what is kept in memory alone
    return Store(folder)


@final
class Store:
    """Vectors [k, d] by text and pooling: in memory, and in a folder of shards, if there is one.

    A shard is written whole and never changed, so several processes may fill one folder, and a killed one
    loses no more than the shard it was at.
    """

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder
        self._seen: dict[str, set[str]] = {}
        self._rows: dict[str, dict[bytes, np.ndarray]] = {}
        self._lock = threading.Lock()

    def missing(self, keys: Sequence[bytes], pooling: str) -> list[bytes]:
        """Return the keys, each once, without a vector by that pooling."""
        with self._lock:
            self._refresh(pooling)
            known = self._rows.get(pooling, {})
            return [key for key in dict.fromkeys(keys) if key not in known]

    def get(self, keys: Sequence[bytes], pooling: str) -> Float32[np.ndarray, "n k d"]:
        """Return the vectors of keys of which none is missing."""
        known = self._rows[pooling]
        return np.stack([known[key] for key in keys])

    def put(self, keys: Sequence[bytes], vectors: Mapping[str, Float32[np.ndarray, "n k d"]]) -> None:
        """Keep vectors; those of one call are one shard. Raises DataError."""
        if self.folder is not None:
            write_parquet(
                _table(keys, vectors), self.folder / f"{content_key(list(keys), list(vectors))}.parquet"
            )
        with self._lock:
            for pooling, rows in vectors.items():
                self._rows.setdefault(pooling, {}).update(zip(keys, rows, strict=True))

    def _refresh(self, pooling: str) -> None:
        """Read the shards that came since the last look."""
        if self.folder is None:
            return
        seen, known = self._seen.setdefault(pooling, set()), self._rows.setdefault(pooling, {})
        for path in sorted(self.folder.glob("*.parquet")):
            if path.name in seen:
                continue
            seen.add(path.name)
            for key, row in _rows(path, pooling):
                known.setdefault(key, row)


def _table(keys: Sequence[bytes], vectors: Mapping[str, Float32[np.ndarray, "n k d"]]) -> pa.Table:
    columns: dict[str, pa.Array] = {_TEXT: pa.array(list(keys), pa.binary(32))}
    shapes = {}
    for pooling, rows in vectors.items():
        flat = pa.array(np.ascontiguousarray(rows, dtype=np.float32).reshape(-1))
        columns[pooling] = pa.FixedSizeListArray.from_arrays(flat, int(np.prod(rows.shape[1:])))
        shapes[f"{_SHAPE}{pooling}"] = f"{rows.shape[1]} {rows.shape[2]}"
    return pa.table(columns).replace_schema_metadata(shapes)


def _rows(path: Path, pooling: str) -> list[tuple[bytes, np.ndarray]]:
    with open_parquet(path) as file:
        schema = file.schema_arrow
    if pooling not in schema.names:
        return []
    table = read_parquet(path, [_TEXT, pooling])
    try:
        shape = [int(part) for part in (schema.metadata or {})[f"{_SHAPE}{pooling}".encode()].split()]
        column: Any = table[pooling].combine_chunks()
        matrix = column.flatten().to_numpy().reshape(-1, *shape)
        return list(zip(table[_TEXT].to_pylist(), matrix, strict=True))
    except (KeyError, ValueError, AttributeError) as error:
        raise DataError(f"{path}: not embeddings that archenc wrote ({error!r}); remove the file") from error
