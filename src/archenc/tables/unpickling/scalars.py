"""Instructions that push a number, a text or bytes."""

from __future__ import annotations

import struct
from collections.abc import Callable

from archenc.tables.unpickling.machine import Machine

_LONGEST_INTEGER = 1 << 10  # bytes
_SHORT_TEXT = 64
_TEXTS_KEPT_ONCE = 1 << 17
_DOUBLE = struct.Struct(">d").unpack

Instruction = Callable[[Machine], None]


def _value(value: bool | None) -> Instruction:
    return lambda machine: machine.stack.append(value)


def _float(machine: Machine) -> None:
    machine.stack.append(_DOUBLE(machine.read(8))[0])


def _small(machine: Machine) -> None:
    machine.stack.append(machine.read(1)[0])


def _integer(machine: Machine, size: int) -> None:
    if not 0 <= size <= _LONGEST_INTEGER:
        raise ValueError(f"an integer of {size:,} bytes")
    machine.stack.append(int.from_bytes(machine.take(size), "little", signed=True))


def _line_integer(machine: Machine) -> None:
    text = machine.line()
    machine.stack.append(text == "01" if text in ("00", "01") else int(text.removesuffix("L")))


def _line_text(machine: Machine) -> None:
    machine.stack.append(machine.line().encode("latin-1").decode("raw-unicode-escape"))


def _text(machine: Machine, size: int) -> None:
    text = machine.take(size).decode("utf-8", "surrogatepass")
    # the same short keys come millions of times; kept once, they cost a pointer
    if size <= _SHORT_TEXT:
        interned = machine.interned
        text = interned.get(text, text)
        if len(interned) < _TEXTS_KEPT_ONCE:
            interned[text] = text
    machine.stack.append(text)


def _bytes(machine: Machine, size: int) -> None:
    machine.stack.append(machine.take(size))


def _sized(push: Callable[[Machine, int], None], size: int) -> Instruction:
    """Return the instruction that pushes as many bytes as an integer of `size` bytes before them says."""
    if size == 1:
        return lambda machine: push(machine, machine.read(1)[0])
    return lambda machine: push(machine, machine.unsigned(size))


SCALARS: dict[bytes, Instruction] = {
    b"N": _value(None),
    b"\x88": _value(True),
    b"\x89": _value(False),
    b"G": _float,
    b"F": lambda machine: machine.stack.append(float(machine.line())),
    b"I": _line_integer,
    b"L": _line_integer,
    b"K": _small,
    b"M": lambda machine: machine.stack.append(machine.unsigned(2)),
    b"J": lambda machine: _integer(machine, 4),
    b"\x8a": _sized(_integer, 1),
    b"\x8b": _sized(_integer, 4),
    b"V": _line_text,
    b"\x8c": _sized(_text, 1),
    b"X": _sized(_text, 4),
    b"\x8d": _sized(_text, 8),
    b"C": _sized(_bytes, 1),
    b"B": _sized(_bytes, 4),
    b"\x8e": _sized(_bytes, 8),
    b"\x96": _sized(_bytes, 8),
}
