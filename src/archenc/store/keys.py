"""Keys made from content: the same content, the same key, on every machine."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from archenc.errors import DataError, InvalidArgument


def content_key(*parts: Any) -> str:
    """Return the SHA-256 of nested plain values and numpy arrays, as 64 hex digits.

    parts: None, bool, int, float, str, bytes, numpy scalars and arrays (not of objects), and lists, tuples
    and mappings with string keys of these. A list and a tuple are alike, the order of a mapping does not
    count, and an array counts with its type and shape. Raises InvalidArgument for anything else.
    """
    digest = hashlib.sha256()
    for part in parts:
        digest.update(json.dumps(_plain(part), sort_keys=True, separators=(",", ":")).encode())
        digest.update(b"\n")
    return digest.hexdigest()


def file_sha256(path: str | Path) -> str:
    """Return the SHA-256 of a file, as 64 hex digits. Raises DataError when it cannot be read."""
    try:
        with Path(path).open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error})") from error


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, bytes):
        return {"bytes": hashlib.sha256(value).hexdigest()}
    if isinstance(value, np.generic):
        return _plain(value.item())
    if isinstance(value, np.ndarray) and value.dtype != object:
        little = np.ascontiguousarray(value, dtype=value.dtype.newbyteorder("<"))
        return {"array": [little.dtype.str, list(value.shape), hashlib.sha256(little.tobytes()).hexdigest()]}
    if isinstance(value, Mapping) and all(isinstance(key, str) for key in value):
        return {"mapping": {key: _plain(item) for key, item in value.items()}}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    raise InvalidArgument(
        f"content_key: a {type(value).__name__} has no key; give plain values, arrays, lists or mappings"
    )
