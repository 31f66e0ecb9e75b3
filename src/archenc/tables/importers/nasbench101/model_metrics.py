"""Read what one training of the official files measured: a protocol buffer, without its library.

The message is published in `nasbench/lib/model_metrics.proto` (Ying et al., ICML 2019): evaluations at the
start, half way and at the end (field 1), the number of parameters (2), the seconds in all (3). An evaluation
has the epoch (1), seconds so far (2), the accuracy on train (3), validation (4) and test images (5), and the
place of a checkpoint (6).
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from typing import NamedTuple

_DOUBLE = struct.Struct("<d")
_FIVE_DOUBLES = struct.Struct("<" + "Bd" * 5)
_FIVE_TAGS = tuple(number << 3 | 1 for number in range(1, 6))
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


class Evaluation(NamedTuple):
    """Seconds of training so far, and accuracies as fractions; NaN for what the message leaves out."""

    epoch: float
    seconds: float
    train: float
    val: float
    test: float


class ModelMetrics(NamedTuple):
    """Evaluations in the order of the training, and the trainable parameters."""

    evaluations: tuple[Evaluation, ...]
    params: int


def decode(message: bytes) -> ModelMetrics:
    """Return the fields of a message; unknown ones are skipped, as the format wants it.

    Raises ValueError where it is truncated, or of another layout.
    """
    evaluations: list[Evaluation] = []
    params = -1
    for number, kind, value in _fields(message):
        if number == 1 and kind == _BYTES and isinstance(value, bytes):
            evaluations.append(_evaluation(value))
        elif number == 2 and isinstance(value, int):
            params = value
    if params < 0 or params > 0x7FFFFFFF:
        raise ValueError("a message without a legal number of parameters")
    return ModelMetrics(tuple(evaluations), params)


def _evaluation(message: bytes) -> Evaluation:
    if len(message) == _FIVE_DOUBLES.size:  # nearly always: five times as fast
        parts = _FIVE_DOUBLES.unpack(message)
        if parts[::2] == _FIVE_TAGS:
            return Evaluation(*parts[1::2])
    values = [math.nan] * 5
    for number, kind, value in _fields(message):
        if kind == _FIXED64 and 1 <= number <= 5 and isinstance(value, bytes):
            (values[number - 1],) = _DOUBLE.unpack(value)
    return Evaluation(*values)


def _fields(message: bytes) -> Iterator[tuple[int, int, bytes | int]]:
    """Yield (field number, wire type, content): an integer for a varint, else bytes."""
    place, end = 0, len(message)
    while place < end:
        tag, place = _varint(message, place)
        kind = tag & 7
        if kind == _VARINT:
            value, place = _varint(message, place)
            yield tag >> 3, kind, value
            continue
        if kind == _BYTES:
            length, place = _varint(message, place)
        elif kind in (_FIXED64, _FIXED32):
            length = 8 if kind == _FIXED64 else 4
        else:
            raise ValueError(f"a field of wire type {kind}")
        if place + length > end:
            raise ValueError("a message that ends inside a field")
        yield tag >> 3, kind, message[place : place + length]
        place += length


def _varint(message: bytes, place: int) -> tuple[int, int]:
    """Return the integer at a place, least significant seven bits first, and the place after it."""
    value = shift = 0
    while True:
        if place >= len(message) or shift > 63:
            raise ValueError("a message that ends inside a number, or a number of more than 64 bits")
        byte = message[place]
        place += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, place
        shift += 7
