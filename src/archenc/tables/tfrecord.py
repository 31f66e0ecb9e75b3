"""Read TFRecord files without TensorFlow: a sequence of byte strings, each with two checksums.

A record is its length (8 bytes, little-endian), the masked CRC-32C of those 8 bytes, the content, and the
masked CRC-32C of the content.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np
from jaxtyping import UInt32

from archenc.errors import DataError
from archenc.tables.crc32c import crc32c, crc32c_each

LONGEST = 1 << 20
"""Bytes of the longest record that is read; those of the benchmarks have some hundreds."""

_HEAD = struct.Struct("<QI")
_TAIL = struct.Struct("<I")
_MASK_DELTA = 0xA282EAD8
_BATCH_BYTES = 8 << 20  # of records checked together, padded to the longest


def read_tfrecord(path: Path) -> Iterator[bytes]:
    """Yield the content of each record, every one checked. Memory: some 20 MB, however long the file.

    Raises DataError: truncated, altered, no TFRecord file, a record of more than `LONGEST` bytes.
    """
    try:
        size = path.stat().st_size
        with path.open("rb") as stream:
            for start, contents, written in _batches(stream, size, path):
                wrong = np.flatnonzero(crc32c_each(contents) != _unmask(written))
                if len(wrong):
                    raise DataError(
                        f"{path}: altered: the content of record {start + int(wrong[0])} does not fit its "
                        f"checksum"
                    )
                yield from contents
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error})") from error


def mask(crc: int) -> int:
    """Return a checksum as the files write it: rotated, and a constant added."""
    return ((crc >> 15 | crc << 17) + _MASK_DELTA) & 0xFFFFFFFF


def _unmask(written: UInt32[np.ndarray, " n"]) -> UInt32[np.ndarray, " n"]:
    rotated = written - np.uint32(_MASK_DELTA)
    return (rotated >> np.uint32(17)) | (rotated << np.uint32(15))


def _batches(
    stream: BinaryIO, size: int, path: Path
) -> Iterator[tuple[int, list[bytes], UInt32[np.ndarray, " n"]]]:
    """Yield batches of records: number of the first, contents, checksums."""
    contents: list[bytes] = []
    checks: list[int] = []
    longest = done = 0
    for content, check in _records(stream, size, path):
        longest = max(longest, len(content))
        if contents and (len(contents) + 1) * longest > _BATCH_BYTES:
            yield done, contents, np.array(checks, dtype=np.uint32)
            done, contents, checks, longest = done + len(contents), [], [], len(content)
        contents.append(content)
        checks.append(check)
    yield done, contents, np.array(checks, dtype=np.uint32)


def _records(stream: BinaryIO, size: int, path: Path) -> Iterator[tuple[bytes, int]]:
    """Yield (content, checksum as written), the lengths checked."""
    number = place = 0
    while head := stream.read(_HEAD.size):
        if len(head) < _HEAD.size:
            raise DataError(f"{path}: truncated: it ends inside the head of record {number}")
        length, check = _HEAD.unpack(head)
        if mask(crc32c(head[:8])) != check:
            what = "altered" if number else "no TFRecord file, or altered"
            raise DataError(f"{path}: {what}: the length of record {number} does not fit its checksum")
        if length > LONGEST:
            raise DataError(
                f"{path}: record {number} has {length:,} bytes; expected at most {LONGEST:,}: not a file of "
                f"this benchmark"
            )
        place += _HEAD.size + length + _TAIL.size
        if place > size:
            raise DataError(f"{path}: truncated: it ends inside record {number}")
        content, tail = stream.read(length), stream.read(_TAIL.size)
        if len(content) < length or len(tail) < _TAIL.size:
            raise DataError(f"{path}: truncated: it ends inside record {number}")
        yield content, _TAIL.unpack(tail)[0]
        number += 1
