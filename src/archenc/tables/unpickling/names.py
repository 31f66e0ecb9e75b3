"""Stand-ins for the classes of the standard library and of numpy that hold data."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from archenc.tables.unpickling.machine import Kept, Name, keep

Names = dict[str, Callable[..., Any]]

_NUMBERS = {code: code for code in ("f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8")}
_NUMBERS["b1"] = "?"
_BUILTINS = ("builtins", "__builtin__")  # the name since and before Python 3


def _dict(items: Iterable[Any] = ()) -> dict[Any, Any]:
    """Stand for OrderedDict and dict, whose arguments are pairs if anything."""
    result = {}
    for key, value in items:
        if not isinstance(key, (str, int, float)):
            raise TypeError(f"a {type(key).__name__} as the key of a dictionary")
        result[key] = value
    return result


def _default_dict(_factory: Name | None = None) -> dict[Any, Any]:
    """Stand for defaultdict: its entries follow, its default value is of no use here."""
    return {}


def _list(items: list[Any] | tuple[Any, ...] | dict[Any, Any] = ()) -> list[Any]:
    """Stand for set and frozenset, which older protocols make of a list."""
    return list(items)


def _encode(text: str, encoding: str) -> bytes:
    """Stand for the way in which older protocols write bytes, unless there are none."""
    if encoding != "latin1":
        raise ValueError(f"bytes encoded as {encoding!r}")
    return text.encode("latin1")


def _scalar(kept: Kept, data: bytes = b"") -> float:
    """Stand for a number of numpy."""
    dtype = _dtype(kept)
    if len(data) != dtype.itemsize:
        raise ValueError(f"a number of {len(data)} bytes instead of {dtype.itemsize}")
    return np.frombuffer(data, dtype=dtype)[0].item()


COLLECTIONS: Names = {
    "collections.OrderedDict": _dict,
    "collections.defaultdict": _default_dict,
    **{f"{module}.{name}": _list for module in _BUILTINS for name in ("set", "frozenset")},
    **{f"{module}.{name}": keep("class") for module in _BUILTINS for name in ("list", "dict")},
    **{f"{module}.bytes": lambda: b"" for module in _BUILTINS},
    "_codecs.encode": _encode,
}
"""Names that pickles of plain data refer to."""

_MODULES = ("numpy.core", "numpy._core")  # the name before and since numpy 2

NUMPY: Names = {
    "numpy.ndarray": keep("array class"),
    "numpy.dtype": keep("dtype"),
    **{f"{module}.multiarray._reconstruct": keep("array") for module in _MODULES},
    **{f"{module}.multiarray.scalar": _scalar for module in _MODULES},
    **{f"{module}.numeric._frombuffer": keep("buffer") for module in _MODULES},
}
"""Names that pickles of numpy's arrays and numbers refer to."""


def records(*classes: str) -> Names:
    """Return stand-ins for classes whose objects are kept with their state, under the kind "record"."""
    return dict.fromkeys(classes, keep("record"))


def expect(kept: Any, kind: str) -> Kept:
    """Return a kept object of a kind. Raises ValueError for anything else."""
    if not isinstance(kept, Kept) or kept.kind != kind:
        raise ValueError(
            f"expected a {kind}, found {kept.kind if isinstance(kept, Kept) else type(kept).__name__}"
        )
    return kept


def array(kept: Any) -> Any:
    """Turn a kept array into numpy, or into nested lists of strings. Raises ValueError."""
    if isinstance(kept, Kept) and kept.kind == "buffer":
        data, dtype, shape, order = kept.arguments
        if not isinstance(data, bytes):  # as bytes(1_000_000_000) is a gigabyte of zeros
            raise ValueError(f"an array made of a {type(data).__name__}")
        return np.frombuffer(data, dtype=_dtype(dtype)).reshape(shape, order=_order(order))
    _version, shape, dtype, fortran, data = expect(kept, "array").state
    if expect(dtype, "dtype").arguments[0] not in ("O8", "O"):
        return np.frombuffer(data, dtype=_dtype(dtype)).reshape(shape, order="F" if fortran else "C")
    if type(data) is not list or not all(isinstance(item, str) for item in data):
        raise ValueError("an array of objects that are not strings")
    if len(shape) not in (1, 2) or not all(type(n) is int and 0 < n <= len(data) for n in shape):
        raise ValueError(f"an array of {len(data):,} strings in the shape {shape!s:.80}")
    if len(data) != math.prod(shape):
        raise ValueError(f"{len(data):,} strings in an array of the shape {shape}")
    if len(shape) == 1:
        return data
    rows, length = shape
    return [data[row::rows] if fortran else data[row * length : (row + 1) * length] for row in range(rows)]


def _dtype(kept: Any) -> np.dtype:
    """Read a kept dtype: only numbers are legal."""
    code, byte_order = expect(kept, "dtype").arguments[0], kept.state[1]
    if code not in _NUMBERS or byte_order not in ("<", ">", "|"):
        raise ValueError(f"an array of type {byte_order}{code}")
    return np.dtype(_NUMBERS[code]).newbyteorder(byte_order)


def _order(order: Any) -> Any:
    if order not in ("C", "F"):
        raise ValueError(f"an array in order {order!r}")
    return order
