"""Read public files that are pickles: what the file holds, and no code of it, of pandas or of numpy."""

from __future__ import annotations

import bz2
import io
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from archenc.errors import DataError
from archenc.tables.unpickling import (
    COLLECTIONS,
    NUMPY,
    Refused,
    Shrink,
    array,
    expect,
    keep,
    machine,
)

Column = np.ndarray | list[str]

_PANDAS = {
    **NUMPY,
    "pandas.core.frame.DataFrame": keep("frame"),
    "pandas.core.internals.managers.BlockManager": keep("blocks"),
    "pandas.core.indexes.base._new_Index": keep("index"),
    "pandas.core.indexes.base.Index": keep("index class"),
    "pandas.core.indexes.range.RangeIndex": keep("index class"),
    "builtins.slice": keep("slice"),
}
PLAIN = {**COLLECTIONS, **NUMPY}
"""Stand-ins for what a pickle of plain data may name."""


@contextmanager
def unpickling(path: str | Path, what: str) -> Iterator[None]:
    """Turn what reading a pickle raises inside the block into a DataError that names the file.

    what: what the file should be, for the message.
    """
    try:
        yield
    except DataError:
        raise
    except Refused as error:
        raise DataError(f"{path}: refused: {error}") from error
    except OSError as error:
        raise DataError(f"{path}: cannot be read: truncated, altered or of another kind ({error})") from error
    except Exception as error:  # a broken pickle raises almost anything; all of it is bad data
        raise DataError(f"{path}: not {what}, truncated or altered ({error!r})") from error


def read_pickle(
    path: str | Path,
    names: Mapping[str, Callable[..., Any]] = PLAIN,
    *,
    shrink: Shrink | None = None,
    limit: int | None = None,
) -> Any:
    """Return the value of a file that is one pickle, packed with bzip2 or not.

    names: stand-ins for what the pickle may name (see `archenc.tables.unpickling`). shrink: see there. limit:
    bytes that a packed file may unpack to. Raises DataError: any other name, a damaged or too large file.
    """
    with unpickling(path, "a pickle of data"), open_packed(path, limit) as stream:
        return machine(stream, names, shrink=shrink).load()


def read_frame(path: str | Path) -> dict[str, Column]:
    """Return the columns of a pickled pandas DataFrame: float64 or int64 arrays, or lists of strings.

    Raises DataError for a name that no such frame needs, and for a file that is not such a frame.
    """
    with unpickling(path, "a pickled DataFrame"), open_packed(path) as stream:
        return _columns(machine(stream, _PANDAS).load())


def read_strings(path: str | Path) -> list[str]:
    """Return a pickled list of strings; no name is legal in it. Raises DataError."""
    with unpickling(path, "a pickled list of strings"), open_packed(path) as stream:
        value = machine(stream, {}).load()
        if type(value) is not list or not all(isinstance(item, str) for item in value):
            raise ValueError(f"a {type(value).__name__}, or one of other things")
        return value


@contextmanager
def open_packed(path: str | Path, limit: int | None = None) -> Iterator[io.BufferedReader]:
    """Open a file for buffered reading, unpacking bzip2 on the way. limit: see `bounded`."""
    with Path(path).open("rb") as stream:
        packed = stream.read(3) == b"BZh"
        stream.seek(0)
        yield bounded(unpack(stream), path, limit) if packed else stream


def unpack(stream: Any) -> bz2.BZ2File:
    """Return what a stream holds, packed with bzip2."""
    return bz2.BZ2File(stream)


def bounded(stream: Any, path: object, limit: int | None) -> io.BufferedReader:
    """Return a buffered stream that raises DataError once it has given more than `limit` bytes."""
    return io.BufferedReader(_Bounded(stream, path, limit), 1 << 18)


class _Bounded(io.RawIOBase):
    """Counts what a stream gives: a few packed bytes may unpack to any number."""

    def __init__(self, stream: Any, path: object, limit: int | None) -> None:
        super().__init__()
        self._stream, self._path, self._limit, self._given = stream, path, limit, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:  # pyright: ignore[reportIncompatibleMethodOverride]
        data = self._stream.read(len(buffer))
        buffer[: len(data)] = data
        self._given += len(data)
        if self._limit is not None and self._given > self._limit:
            raise DataError(f"{self._path}: refused: it unpacks to more than {self._limit:,} bytes")
        return len(data)


def _columns(frame: Any) -> dict[str, Column]:
    """Read names and blocks out of the kept state of a DataFrame."""
    expect(frame, "frame")
    manager = expect(frame.state["_data"] if "_data" in frame.state else frame.state["_mgr"], "blocks")
    content = manager.state[3]["0.14.1"]  # pandas has written this layout since its version 0.14.1
    names_index = expect(content["axes"][0], "index")
    names = [str(name) for name in array(names_index.arguments[1]["data"])]
    columns: dict[str, Column] = {}
    placed = 0
    copied: dict[int, Any] = {}  # what texts were taken out of
    for block in content["blocks"]:
        places = _places(block["mgr_locs"], len(names))
        placed += len(places)
        held = getattr(block["values"], "state", None)
        texts = held[4] if type(held) is tuple and len(held) == 5 and type(held[4]) is list else []
        if placed > len(names) or id(texts) in copied:
            raise ValueError("blocks that share columns or values")
        copied[id(texts)] = texts
        for place, values in zip(places, _eight_bytes(array(block["values"])), strict=True):
            columns[names[place]] = values
    if len(columns) != len(names) or len(set(map(len, columns.values()))) > 1:
        raise ValueError(f"columns {sorted(set(names) - set(columns))} are missing, or lengths differ")
    return {name: columns[name] for name in names}


def _places(kept: Any, n: int) -> list[int]:
    """Return which of the n columns a block holds."""
    if getattr(kept, "kind", None) == "slice":
        return list(range(n)[slice(*kept.arguments)])
    return [int(place) for place in array(kept)]


def _eight_bytes(values: Any) -> Any:
    if isinstance(values, np.ndarray) and values.dtype.str[1:] not in ("f8", "i8"):
        raise ValueError(f"an array of type {values.dtype.str}")
    return values
