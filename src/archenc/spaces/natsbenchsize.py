"""NATS-Bench, size space: how wide each of five stages is, 32,768 networks (Dong et al., TPAMI 2021)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from math import prod
from typing import ClassVar, final

import numpy as np

from archenc.errors import InvalidArchitecture, InvalidArgument
from archenc.graph import Cell, Op, op
from archenc.spaces.native import integer, plain, shown
from archenc.spaces.product_space import Code, ProductSpace, chain

NAME = "natsbenchsize"
WIDTHS = tuple(range(8, 65, 8))
STAGES = 5
OPS = tuple(op(f"conv3x3_c{width}") for width in WIDTHS)

_N = len(WIDTHS) ** STAGES
_FORMS = (
    f"legal: five widths of {', '.join(map(str, WIDTHS))}, such as '64:64:56:64:24' or (64, 64, 56, 64, 24); "
    f"or the benchmark's number 0..{_N - 1}"
)


@final
@dataclass(frozen=True)
class NatsBenchSize(ProductSpace):
    """The size half of NATS-Bench: one topology, and the channels of its five stages.

    A stage is a cell of one node, a 3x3 convolution to so many channels: it stands for the fixed cell of the
    benchmark (stages 0, 2, 4) or its residual block of stride 2 (1, 3), of which only the width is a choice.
    A code has a digit 0..7 a stage; the *index* is the benchmark's number and the order of `enumerate`.
    """

    name: ClassVar[str] = NAME
    aliases: ClassVar[tuple[str, ...]] = ("natsss", "nats_size")
    ops: ClassVar[tuple[Op, ...]] = OPS
    node_ops: ClassVar[tuple[Op, ...]] = (op("output"), op("input"), *OPS)
    styles: ClassVar[tuple[str, ...]] = ("native", "tuple", "index")
    size: ClassVar[int | None] = _N
    max_nodes: ClassVar[int] = 3
    radix: ClassVar[tuple[int, ...]] = (len(WIDTHS),) * STAGES

    def _read(self, native: object) -> Code:
        value = plain(native)
        if isinstance(value, str):
            value = _numbers(value.strip()[:200])
        number = integer(value)
        if number is not None and 0 <= number < _N:
            return tuple([int(digit) for digit in np.unravel_index(number, self.radix)])
        if not isinstance(value, (tuple, list)) or len(value) != STAGES:
            raise InvalidArchitecture(f"cannot read an architecture from {shown(native)}; {_FORMS}")
        widths = [integer(width) for width in value]
        if not set(widths) <= set(WIDTHS):
            raise InvalidArchitecture(f"{shown(native)} has another width; {_FORMS}")
        return tuple([WIDTHS.index(width) for width in widths])  # type: ignore[arg-type]

    def _write(self, code: Code, style: str) -> str:
        widths = tuple([WIDTHS[digit] for digit in code])
        if style == "native":
            return ":".join(map(str, widths))
        if style == "tuple":
            return str(widths)
        if style == "index":
            return str(sum(digit * prod(self.radix[place + 1 :]) for place, digit in enumerate(code)))
        raise InvalidArgument(f"style={style!r}; legal: {', '.join(self.styles)}")

    def _cells(self, code: Code) -> tuple[Cell, ...]:
        return tuple([_stage(digit) for digit in code])


SPACE = NatsBenchSize()


@cache
def _stage(digit: int) -> Cell:
    return chain([OPS[digit]])


def _numbers(text: str) -> object:
    if re.fullmatch(r"[0-9]{1,9}", text):
        return int(text)
    parts = text.split(":") if ":" in text else text.strip("[]()").split(",")
    return [int(part) if re.fullmatch(r"\s*[0-9]{1,9}\s*", part) else None for part in parts]
