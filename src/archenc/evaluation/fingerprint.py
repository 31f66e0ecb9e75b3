"""What an estimator is, in plain values: equal settings give an equal fingerprint, on every machine."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Any

import numpy as np

from archenc.encoders.scores import Scores
from archenc.errors import InvalidArgument
from archenc.graph import Architecture
from archenc.store import content_key

_LONG = 32
"""Collections longer than this are shown by their length and digest."""


def fingerprint(value: Any) -> Any:
    """Return plain JSON values that stand for `value`; arrays and long collections as length and digest.

    value: plain values, arrays, collections, architectures, dataclasses, classes and functions (by name), and
    anything with `get_params`, that is, unfitted scikit-learn estimators. What an estimator has learned is
    not part of it. Raises InvalidArgument for anything else: such a thing could change without notice under a
    resumed run.
    """
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, np.generic):
        return fingerprint(value.item())
    if isinstance(value, np.ndarray) and value.dtype != object:
        return {"array": list(value.shape), "digest": content_key(value)[:16]}
    if isinstance(value, Architecture):
        return value.to_json()
    if isinstance(value, type):
        return f"{value.__module__}.{value.__qualname__}"
    if describe := getattr(value, "get_params", None):
        params = describe(deep=False)
        return {
            "is": fingerprint(type(value)),
            **{name: fingerprint(params[name]) for name in sorted(params)},
        }
    if isinstance(value, Scores):
        keyed = content_key(list(value), value.values_matrix)
        return {
            "is": fingerprint(type(value)),
            "names": list(value.names),
            "length": len(value),
            "digest": keyed[:16],
        }
    if isinstance(value, Mapping):
        return _shortened({str(fingerprint(key)): fingerprint(item) for key, item in value.items()})
    if isinstance(value, (list, tuple, np.ndarray)):
        return _shortened([fingerprint(item) for item in value])
    if isinstance(value, AbstractSet):
        return _shortened(sorted((fingerprint(item) for item in value), key=str))
    if isinstance(value, Path):
        return str(value)
    if dataclasses.is_dataclass(value):
        fields = {entry.name: fingerprint(getattr(value, entry.name)) for entry in dataclasses.fields(value)}
        return {"is": fingerprint(type(value)), **fields}
    if callable(value) and "<" not in (name := getattr(value, "__qualname__", "<")):
        return f"{value.__module__}.{name}"
    raise InvalidArgument(
        f"a {type(value).__name__} has no fingerprint, so a run that holds it cannot resume; expected plain "
        f"values, arrays, collections, named functions, estimators (for a generator, pass an integer seed)"
    )


def _shortened(collection: Any) -> Any:
    if len(collection) <= _LONG:
        return collection
    return {"length": len(collection), "digest": content_key(collection)[:16]}
