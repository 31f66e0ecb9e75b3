"""Read public files that are pickles (a pandas table, lists of texts) without pandas or executing pickle."""

from __future__ import annotations

import io
import math
import pickle
import pickletools
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self, TypeVar

import numpy as np

from archenc.errors import DataError

Column = np.ndarray | list[str]
Content = TypeVar("Content")


def read_frame(path: str | Path) -> dict[str, Column]:
    """Return the columns of a pickled pandas DataFrame: float64 or int64 arrays, or lists of strings.

    A pickle is a program. Here the names it may call are a short list, and each of them is one of our own
    stand-ins, which only keeps its arguments: no code of the file, of pandas or of numpy's unpickling runs.
    Raises DataError for any other name, and for a file that is not such a frame.
    """
    return _read(path, "DataFrame", _LEGAL, _columns)


def read_strings(path: str | Path) -> list[str]:
    """Return a pickled list of strings; no name is legal in it. Raises DataError."""
    return _read(path, "list of strings", {}, _strings)


def _read(path: str | Path, what: str, legal: Legal, build: Callable[[Any], Content]) -> Content:
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error})") from error
    try:
        _check_memory(content)
        return build(_Unpickler(io.BytesIO(content), legal).load())
    except _Refused as error:
        names = ", ".join(map(".".join, legal)) or "none"
        raise DataError(
            f"{path}: refused: the pickle asks for {error}; legal names are only: {names}"
        ) from error
    except Exception as error:  # a broken pickle raises almost anything; all of it is bad data
        raise DataError(f"{path}: not a pickled {what}, truncated or altered ({error!r})") from error


def _check_memory(content: bytes) -> None:
    """Walk through the opcodes without executing them: one may ask for more memory than its file is worth."""
    for opcode, argument, _ in pickletools.genops(content):
        if opcode.name in ("PUT", "BINPUT", "LONG_BINPUT") and int(argument or 0) > len(content):
            raise ValueError(f"a memo of {argument:,} entries")


class _Refused(Exception):
    """A global name outside the list."""


class _Kept:
    """Stands for an object of pandas or numpy: keeps constructor arguments and state, does nothing."""

    kind: str
    arguments: tuple[Any, ...]
    state: Any

    def __new__(cls, *arguments: Any) -> Self:
        kept = super().__new__(cls)
        kept.arguments, kept.state = arguments, None
        return kept

    def __setstate__(self, state: Any) -> None:
        self.state = state


def _stand_in(kind: str) -> Callable[[], type[_Kept]]:
    # a class of its own for every file: a pickle may set attributes on a class, which then dies with it
    return lambda: type(kind, (_Kept,), {"kind": kind})


Legal = dict[tuple[str, str], Callable[[], type[_Kept]]]
"""The names that a pickle may call, and what stands in for each."""

_ARRAY_MODULES = ("numpy.core", "numpy._core")  # the name before and since numpy 2
_LEGAL: Legal = {
    ("pandas.core.frame", "DataFrame"): _stand_in("frame"),
    ("pandas.core.internals.managers", "BlockManager"): _stand_in("blocks"),
    ("pandas.core.indexes.base", "_new_Index"): _stand_in("index"),
    ("pandas.core.indexes.base", "Index"): _stand_in("index class"),
    ("pandas.core.indexes.range", "RangeIndex"): _stand_in("index class"),
    ("builtins", "slice"): _stand_in("slice"),
    ("numpy", "ndarray"): _stand_in("array class"),
    ("numpy", "dtype"): _stand_in("dtype"),
    **{(f"{module}.multiarray", "_reconstruct"): _stand_in("array") for module in _ARRAY_MODULES},
    **{(f"{module}.numeric", "_frombuffer"): _stand_in("buffer") for module in _ARRAY_MODULES},
}


class _Unpickler(pickle.Unpickler):
    """An unpickler for which only the names of a list exist."""

    def __init__(self, stream: io.BytesIO, legal: Legal) -> None:
        super().__init__(stream)
        self._legal = legal
        self._classes: dict[tuple[str, str], type[_Kept]] = {}

    def find_class(self, module: str, name: str) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]
        make = self._legal.get((module, name))
        if make is None:
            raise _Refused(f"{module}.{name}")
        return self._classes.setdefault((module, name), make())

    def persistent_load(self, pid: Any) -> Any:
        raise _Refused(f"the persistent object {pid!r}")


def _strings(items: Any) -> list[str]:
    if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
        raise ValueError("something else than a list of strings")
    return items


def _columns(frame: Any) -> dict[str, Column]:
    """Read names and blocks out of the kept state of a DataFrame."""
    _expect(frame, "frame")
    manager = _expect(frame.state["_data"] if "_data" in frame.state else frame.state["_mgr"], "blocks")
    content = manager.state[3]["0.14.1"]  # pandas has written this layout since its version 0.14.1
    names_index = _expect(content["axes"][0], "index")
    names = [str(name) for name in _values(names_index.arguments[1]["data"])]
    columns: dict[str, Column] = {}
    for block in content["blocks"]:
        places = _places(block["mgr_locs"], len(names))
        for place, values in zip(places, _values(block["values"]), strict=True):
            columns[names[place]] = values
    if len(columns) != len(names) or len(set(map(len, columns.values()))) > 1:
        raise ValueError(f"columns {sorted(set(names) - set(columns))} are missing, or lengths differ")
    return {name: columns[name] for name in names}


def _places(kept: Any, n: int) -> list[int]:
    """Return which of the n columns a block holds."""
    if getattr(kept, "kind", None) == "slice":
        return list(range(n))[slice(*kept.arguments)]
    return [int(place) for place in _values(kept)]


def _values(kept: Any) -> Any:
    """Turn a kept array into numpy, or into nested lists of strings."""
    if getattr(kept, "kind", None) == "buffer":
        data, dtype, shape, order = kept.arguments
        return np.frombuffer(bytes(data), dtype=_dtype(dtype)).reshape(shape, order=_order(order))
    _expect(kept, "array")
    _version, shape, dtype, fortran, data = kept.state
    if _expect(dtype, "dtype").arguments[0] != "O8":
        return np.frombuffer(data, dtype=_dtype(dtype)).reshape(shape, order="F" if fortran else "C")
    if not all(isinstance(item, str) for item in data) or len(data) != math.prod(shape):
        raise ValueError("an array of objects that are not strings")
    if len(shape) == 1:
        return data
    rows, length = shape
    return [data[row::rows] if fortran else data[row * length : (row + 1) * length] for row in range(rows)]


def _dtype(kept: Any) -> np.dtype:
    """Read a kept dtype: only 8-byte numbers are legal."""
    code = _expect(kept, "dtype").arguments[0]
    byte_order = kept.state[1]
    if code not in ("f8", "i8") or byte_order not in ("<", ">"):
        raise ValueError(f"an array of type {byte_order}{code}")
    return np.dtype(byte_order + code)


def _order(order: Any) -> Any:
    if order not in ("C", "F"):
        raise ValueError(f"an array in order {order!r}")
    return order


def _expect(kept: Any, kind: str) -> Any:
    if getattr(kept, "kind", None) != kind:
        raise ValueError(f"expected a {kind}, found {type(kept).__name__}")
    return kept
