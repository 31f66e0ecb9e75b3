"""Write files of the format of the official NAS-Bench-101 distribution, with numbers of our own."""

from __future__ import annotations

import base64
import json
import struct
from collections.abc import Iterable, Sequence
from pathlib import Path

from archenc.spaces import space
from archenc.tables.crc32c import crc32c
from archenc.tables.tfrecord import mask

NB101 = space("nb101")


def varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def field(number: int, content: float | bytes) -> bytes:
    """A double, an integer or bytes as a field of a protocol buffer."""
    if isinstance(content, float):
        return varint(number << 3 | 1) + struct.pack("<d", content)
    if isinstance(content, int):
        return varint(number << 3) + varint(content)
    return varint(number << 3 | 2) + varint(len(content)) + content


def evaluation(values: Sequence[float], path: bytes = b"") -> bytes:
    """Epoch, seconds, accuracy on train, validation and test images."""
    numbers = b"".join(field(number, float(value)) for number, value in enumerate(values, 1))
    return numbers + (field(6, path) if path else b"")


def message(evaluations: Iterable[bytes], params: int, seconds: float = 1.0) -> bytes:
    return b"".join(field(1, each) for each in evaluations) + field(2, params) + field(3, seconds)


def value(number: int, epochs: int, run: int, point: int, quantity: int) -> float:
    """A number of its own for every place, so that a mix-up shows; quantity 0 is the seconds."""
    unique = ((number * 109 + epochs) * 3 + run) * 8 + point * 4 + quantity
    return float(unique) if quantity == 0 else unique % 8191 / 8192


def record(number: int, spelling: str, epochs: int, run: int, params: int = 1000) -> bytes:
    """The record of one training of a cell."""
    points = [
        evaluation([epochs * half / 2, *(value(number, epochs, run, half - 1, k) for k in range(4))])
        for half in (1, 2)
    ]
    start = evaluation([0.0] * 5, b"model.ckpt-0")
    arch = NB101.parse(spelling)
    adjacency, operations = NB101.format(arch, "matrix").split("|")
    metrics = base64.b64encode(message([start, *points], params + number)).decode()
    return json.dumps([NB101.key(arch), epochs, adjacency, operations, metrics]).encode()


def framed(content: bytes) -> bytes:
    """The content of a TFRecord with its length and both checksums."""
    length = struct.pack("<Q", len(content))
    checks = [struct.pack("<I", mask(crc32c(part))) for part in (length, content)]
    return length + checks[0] + content + checks[1]


def write_tfrecord(path: Path, contents: Iterable[bytes]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as stream:
        for content in contents:
            stream.write(framed(content))
    return path
