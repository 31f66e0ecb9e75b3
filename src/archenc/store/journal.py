"""An append-only journal of JSON lines that a killed run can continue."""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from archenc.errors import DataError, InvalidArgument

try:
    import fcntl
except ImportError:  # Windows has no flock: one writer at a time is then the caller's business
    fcntl = None

_CHECK = "_crc32"


class Journal:
    """Records (JSON objects), one a line, each with a checksum of its own.

    A record is on the disk when `append` returns. A line torn by a kill can only be the last one, without
    its newline: reading drops it, the next `append` removes it. Any other damage raises DataError with the
    number of the line. Several processes may append. NaN and infinities are kept, as Python's JSON spells
    them.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)

    def append(self, record: Mapping[str, Any]) -> None:
        """Add one record and flush it to the disk. Raises InvalidArgument, DataError."""
        self.extend([record])

    def extend(self, records: list[Mapping[str, Any]] | list[dict[str, Any]]) -> None:
        """Add records in one write and one flush. Raises InvalidArgument, DataError."""
        lines = b"".join(_line(record) for record in records)
        with self._locked() as handle:
            end = _end_of_last_line(handle)
            os.ftruncate(handle, end)
            os.lseek(handle, end, os.SEEK_SET)
            view = memoryview(lines)
            while view:
                view = view[os.write(handle, view) :]
            os.fsync(handle)

    def records(self) -> list[dict[str, Any]]:
        """Return every whole record, oldest first; an absent file has none. Raises DataError."""
        try:
            content = self.path.read_bytes()
        except FileNotFoundError:
            return []
        except OSError as error:
            raise DataError(f"{self.path}: cannot be read ({error})") from error
        *whole, _torn = content.split(b"\n")
        return [self._record(number, line) for number, line in enumerate(whole, start=1)]

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return iter(self.records())

    def __len__(self) -> int:
        return len(self.records())

    def _record(self, number: int, line: bytes) -> dict[str, Any]:
        try:
            record = json.loads(line)
            checksum = record.pop(_CHECK)
            damaged = checksum != _checksum(record)
        except (ValueError, KeyError, AttributeError, TypeError) as error:
            raise DataError(self._damage(number)) from error
        if damaged:
            raise DataError(self._damage(number))
        return record

    def _damage(self, number: int) -> str:
        return (
            f"{self.path}, line {number}: damaged (not a record that archenc wrote). Only a last line torn "
            f"by a kill is dropped silently; remove this line, or start again with another file"
        )

    @contextmanager
    def _locked(self) -> Iterator[int]:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            handle = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o666)
        except OSError as error:
            raise DataError(f"{self.path}: cannot write there ({error})") from error
        try:
            if fcntl is not None:
                fcntl.flock(handle, fcntl.LOCK_EX)  # released with the handle, also by a kill
            yield handle
        except OSError as error:  # a full disk, say: what was appended before is whole
            raise DataError(f"{self.path}: cannot write there ({error}); earlier records are kept") from error
        finally:
            os.close(handle)


def _line(record: Mapping[str, Any]) -> bytes:
    if _CHECK in record:
        raise InvalidArgument(f"a record may not have the key {_CHECK!r}: the journal adds it")
    try:
        # one round trip first, so that the checksum is of what a reader will see
        plain = json.loads(json.dumps(dict(record)))
        return json.dumps({**plain, _CHECK: _checksum(plain)}, ensure_ascii=False).encode() + b"\n"
    except (TypeError, ValueError) as error:
        raise InvalidArgument(f"record {record!r} is not plain JSON: {error}") from error


def _checksum(record: dict[str, Any]) -> str:
    return f"{zlib.crc32(json.dumps(record, sort_keys=True).encode()):08x}"


def _end_of_last_line(handle: int) -> int:
    """Return the offset after the last newline, reading blocks backwards from the end."""
    position = os.lseek(handle, 0, os.SEEK_END)
    while position:
        start = max(0, position - 4096)
        os.lseek(handle, start, os.SEEK_SET)
        newline = os.read(handle, position - start).rfind(b"\n")
        if newline >= 0:
            return start + newline + 1
        position = start
    return 0
