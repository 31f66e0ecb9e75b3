"""A file appears whole or not at all."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from archenc.errors import DataError


@contextmanager
def atomic_path(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path in the same folder; it becomes `path` when the block ends well.

    The content is flushed to the disk before the rename, so a reader or a crash sees the old file or the
    new one, never a half of either. When the block raises, the temporary file is removed and `path` is
    untouched. A kill can leave a hidden `.NAME.*.tmp` behind, which nothing reads.
    Folders are created. Raises DataError when the folder cannot be written.
    """
    target = Path(path)
    temporary = target.with_name(f".{target.name}.{secrets.token_hex(6)}.tmp")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary.touch(exist_ok=False)
    except OSError as error:
        raise DataError(f"{target}: cannot write there ({error})") from error
    try:
        yield temporary
        _flush(temporary)
        temporary.replace(target)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise DataError(f"{target}: cannot write there ({error})") from error
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    _flush(target.parent)


def write_bytes(path: str | Path, data: bytes) -> None:
    """Write bytes atomically. Raises DataError."""
    with atomic_path(path) as temporary:
        temporary.write_bytes(data)


def write_text(path: str | Path, text: str) -> None:
    """Write UTF-8 text atomically. Raises DataError."""
    write_bytes(path, text.encode())


def write_json(path: str | Path, value: Any) -> None:
    """Write indented JSON atomically, ending in a newline. Raises DataError."""
    write_text(path, json.dumps(value, indent=1, ensure_ascii=False) + "\n")


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
