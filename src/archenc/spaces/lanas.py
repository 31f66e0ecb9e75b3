"""LaNAS: NASNet-like cells of seven blocks and four operations (Wang et al., TPAMI 2021)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from math import factorial
from typing import Any, ClassVar, final

from archenc.errors import InvalidArchitecture, InvalidArgument
from archenc.graph import Cell, Op, op
from archenc.spaces.darts_text import read_literal
from archenc.spaces.genotype_cell import cell_of, loose, pairs_of
from archenc.spaces.native import integer, plain, shown
from archenc.spaces.product_space import Code, ProductSpace

NAME = "lanas"
BLOCKS = 7
SLOTS = 2 * BLOCKS
OPS = tuple(op(name) for name in ("sep_conv3x3", "max_pool3x3", "skip", "sep_conv5x5"))

_NATIVE_NAMES = ("sep_conv_3x3", "max_pool_3x3", "skip_connect", "sep_conv_5x5")
_EXAMPLE = [0, 1, 2, 1, 2, 2, 1, 3, 3, 0, 2, 3, 3, 2, 1, 1, 0, 1, 0, 2, 2, 1, 0, 5, 5, 5, 5, 3]
_FORMS = (
    f"legal: 28 integers such as '{_EXAMPLE}': 14 operations 0..3 ({', '.join(_NATIVE_NAMES)}), two a block, "
    "then their 14 sources, 0 and 1 the cells before and k + 2 the block k, each of a block before"
)


@final
@dataclass(frozen=True)
class LaNas(ProductSpace):
    """The cell space of LaNAS: a code is its 28 integers.

    Each of seven blocks adds two operations; what no block uses is concatenated, an unused input too. One
    cell serves as normal and as reduction cell (there, without unused inputs): an architecture has it once.
    """

    name: ClassVar[str] = NAME
    aliases: ClassVar[tuple[str, ...]] = ()
    ops: ClassVar[tuple[Op, ...]] = OPS
    node_ops: ClassVar[tuple[Op, ...]] = (op("input"), *OPS, op("output"))
    styles: ClassVar[tuple[str, ...]] = ("native", "genotype")
    size: ClassVar[int | None] = len(OPS) ** SLOTS * factorial(BLOCKS + 1) ** 2
    max_nodes: ClassVar[int] = SLOTS + 3
    radix: ClassVar[tuple[int, ...]] = (len(OPS),) * SLOTS + tuple(slot // 2 + 2 for slot in range(SLOTS))

    def _read(self, native: object) -> Code:
        value = plain(native)
        value = _numbers(value) if isinstance(value, str) else _from_pairs(value)
        if not isinstance(value, (tuple, list)) or len(value) != len(self.radix):
            raise InvalidArchitecture(f"cannot read an architecture from {shown(native)}; {_FORMS}")
        code = tuple([integer(number) for number in value])
        if not self._fits(code):
            place = next(i for i in range(len(code)) if not self._fits((*code[: i + 1], *(0,) * 28)[:28]))
            raise InvalidArchitecture(
                f"entry {place} is {shown(value[place])}; it may be 0..{self.radix[place] - 1}; {_FORMS}"
            )
        return code  # type: ignore[return-value]

    def _write(self, code: Code, style: str) -> str:
        if style == "native":
            return str(list(code))
        if style == "genotype":
            return json.dumps(
                [
                    [_NATIVE_NAMES[member], state]
                    for member, state in zip(code[:SLOTS], code[SLOTS:], strict=True)
                ]
            )
        raise InvalidArgument(f"style={style!r}; legal: {', '.join(self.styles)}")

    def _cells(self, code: Code) -> tuple[Cell, ...]:
        pairs = tuple(zip(code[SLOTS:], code[:SLOTS], strict=True))
        return (cell_of(pairs, loose(pairs, inputs=True), OPS),)

    def _digits(self, cells: Sequence[Cell]) -> Code | None:
        read = pairs_of(cells[0], OPS) if len(cells) == 1 else None
        if read is None:
            return None
        return (*(member for _, member in read[0]), *(state for state, _ in read[0]))


SPACE = LaNas()


def _numbers(text: str) -> object:
    """Return the integers of a text in either spelling. Raises InvalidArchitecture."""
    try:
        return _from_pairs(read_literal(text))
    except InvalidArchitecture as error:
        raise InvalidArchitecture(f"{error}; {_FORMS}") from error


def _from_pairs(value: Any) -> object:
    """Return the integers of pairs (operation, source), else the value. Raises InvalidArchitecture."""
    pairs = isinstance(value, (list, tuple)) and len(value) == SLOTS
    if not pairs or not all(isinstance(pair, (list, tuple)) for pair in value):
        return value
    if any(len(pair) != 2 or shown(pair[0])[1:-1] not in _NATIVE_NAMES for pair in value):
        raise InvalidArchitecture(f"{shown(value)}: a pair is no (operation, source); {_FORMS}")
    return [*(_NATIVE_NAMES.index(name) for name, _ in value), *(state for _, state in value)]
