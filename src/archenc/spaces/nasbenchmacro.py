"""NAS-Bench-Macro: eight layers in three stages, three operations, 6,561 networks (Su et al., CVPR 2021)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from itertools import accumulate
from typing import ClassVar, final

from archenc.errors import InvalidArchitecture, InvalidArgument
from archenc.graph import Cell, Op, op
from archenc.spaces.native import integer, plain, shown
from archenc.spaces.product_space import Code, ProductSpace, chain

NAME = "nasbenchmacro"
OPS = tuple(op(name) for name in ("skip", "mbconv3_3x3", "mbconv6_5x5"))
STAGES = (2, 3, 3)
"""Layers of each stage; the first of a stage halves the image and doubles the channels."""

_NATIVE_NAMES = ("id", "ir_3x3_t3", "ir_5x5_t6")
_LAYERS = sum(STAGES)
_FIRST = tuple(accumulate(STAGES, initial=0))
_FORMS = (
    f"legal: eight digits 0..2, such as '22212220', or their list; or the names {', '.join(_NATIVE_NAMES)}"
)


@final
@dataclass(frozen=True)
class NasBenchMacro(ProductSpace):
    """The search space of NAS-Bench-Macro: what each of eight layers does.

    A stage is a cell: a chain of two, three and three layers, each an identity or an inverted residual. A
    code has a digit 0, 1, 2 a layer, from the input on. Identities within a stage do nothing, so that 6,561
    spellings are fewer different networks; the benchmark gives each of those one result.
    """

    name: ClassVar[str] = NAME
    aliases: ClassVar[tuple[str, ...]] = ("nbmacro",)
    ops: ClassVar[tuple[Op, ...]] = OPS
    node_ops: ClassVar[tuple[Op, ...]] = (op("output"), op("input"), *OPS)
    styles: ClassVar[tuple[str, ...]] = ("native", "list", "ops")
    size: ClassVar[int | None] = len(OPS) ** _LAYERS
    max_nodes: ClassVar[int] = max(STAGES) + 2
    radix: ClassVar[tuple[int, ...]] = (len(OPS),) * _LAYERS

    def _read(self, native: object) -> Code:
        value = plain(native)
        if isinstance(value, str):
            text = value.strip()[:200]
            if re.fullmatch(r"[0-2]{8}", text):
                return tuple(map(int, text))
            value = [_digit(item.strip()) for item in text.strip("[]()").split(",")]
        if not isinstance(value, (tuple, list)) or len(value) != _LAYERS:
            raise InvalidArchitecture(f"cannot read an architecture from {shown(native)}; {_FORMS}")
        code = tuple([integer(digit) for digit in value])
        if not self._fits(code):
            raise InvalidArchitecture(f"{shown(native)} has another layer than 0, 1, 2; {_FORMS}")
        return code  # type: ignore[return-value]

    def _write(self, code: Code, style: str) -> str:
        if style == "native":
            return "".join(map(str, code))
        if style == "list":
            return str(list(code))
        if style == "ops":
            return ", ".join(_NATIVE_NAMES[digit] for digit in code)
        raise InvalidArgument(f"style={style!r}; legal: {', '.join(self.styles)}")

    def _cells(self, code: Code) -> tuple[Cell, ...]:
        return tuple([_stage(code[first : first + n]) for first, n in zip(_FIRST, STAGES, strict=False)])


SPACE = NasBenchMacro()


@cache
def _stage(digits: Code) -> Cell:
    return chain([OPS[digit] for digit in digits])


def _digit(text: str) -> object:
    if text in _NATIVE_NAMES:
        return _NATIVE_NAMES.index(text)
    return int(text) if re.fullmatch(r"[0-9]", text) else None
