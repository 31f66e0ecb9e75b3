"""Accel-NASBench: MnasNet-like networks of seven blocks, trained on ImageNet (Ahmad et al., DAC 2024)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar, final

from archenc.errors import InvalidArchitecture, InvalidArgument
from archenc.graph import Cell, Op, op
from archenc.spaces.darts_text import read_literal
from archenc.spaces.native import integer, plain, shown
from archenc.spaces.product_space import Code, ProductSpace, chain

NAME = "accelnasbench"
BLOCKS = 7
EXPANSIONS, KERNELS = (1, 4, 6), (3, 5)
LAYERS = (3, 3, 3, 3, 3, 4, 3)
"""Most layers of each block; the least is one."""
OPS = tuple(
    op(f"mbconv{expansion}_{kernel}x{kernel}{squeeze}")
    for expansion in EXPANSIONS
    for kernel in KERNELS
    for squeeze in ("", "_se")
)

_PLACES = 4
_TEXT = "e6k3l1-e4k5l2-e6k3l3se-e6k5l3-e6k5l2-e1k3l2-e1k3l2se"
_BLOCK = re.compile(r"e([0-9])k([0-9])l([0-9])(se)?")
_FORMS = (
    f"legal: seven blocks such as '{_TEXT}' (expansion 1, 4, 6; kernel 3, 5; 1 to 3 layers, 4 in the sixth "
    "block; se for squeeze and excitation), or the dictionary of block0_e, block0_k, block0_l, block0_se ..."
)


@final
@dataclass(frozen=True)
class AccelNasBench(ProductSpace):
    """The MnasNet space of Accel-NASBench: expansion, kernel, layers and squeeze of each of seven blocks.

    A block is a cell: a chain of one to four equal inverted residuals, of which the first changes channels
    and resolution. A code has four digits a block: the positions of its expansion, kernel, number of layers
    (less one), and 1 for squeeze and excitation.
    """

    name: ClassVar[str] = NAME
    aliases: ClassVar[tuple[str, ...]] = ("accel", "mnasnet")
    ops: ClassVar[tuple[Op, ...]] = OPS
    node_ops: ClassVar[tuple[Op, ...]] = (op("output"), op("input"), *OPS)
    styles: ClassVar[tuple[str, ...]] = ("native", "config")
    size: ClassVar[int | None] = 36**6 * 48
    max_nodes: ClassVar[int] = max(LAYERS) + 2
    radix: ClassVar[tuple[int, ...]] = tuple(
        base for layers in LAYERS for base in (len(EXPANSIONS), len(KERNELS), layers, 2)
    )

    def _read(self, native: object) -> Code:
        value = plain(native)
        if isinstance(value, str):
            value = _read_text(value)
        if not isinstance(value, Mapping):
            raise InvalidArchitecture(f"cannot read an architecture from {shown(native)}; {_FORMS}")
        wanted = {f"block{block}_{what}" for block in range(BLOCKS) for what in ("e", "k", "l", "se")}
        if set(value) != wanted:
            wrong = sorted(map(shown, set(value) ^ wanted))
            raise InvalidArchitecture(f"a configuration lacks, or has too many: {shown(wrong)}; {_FORMS}")
        return tuple([digit for block in range(BLOCKS) for digit in _block(value, block)])

    def _write(self, code: Code, style: str) -> str:
        blocks = [_said(code[at : at + _PLACES]) for at in range(0, len(code), _PLACES)]
        if style == "native":
            return "-".join(f"e{e}k{k}l{layers}{'se' if se else ''}" for e, k, layers, se in blocks)
        if style == "config":
            return json.dumps(
                {
                    f"block{block}_{what}": value
                    for block, said in enumerate(blocks)
                    for what, value in zip(("e", "k", "l", "se"), said, strict=True)
                }
            )
        raise InvalidArgument(f"style={style!r}; legal: {', '.join(self.styles)}")

    def _cells(self, code: Code) -> tuple[Cell, ...]:
        return tuple([_chain(code[at : at + _PLACES]) for at in range(0, len(code), _PLACES)])

    def _digits(self, cells: Sequence[Cell]) -> Code | None:
        code: Code = ()
        for cell in cells:
            members = cell.nodes[1:-1]
            if not members or members[0] not in OPS:
                return None
            place, squeeze = divmod(OPS.index(members[0]), 2)
            code += (*divmod(place, len(KERNELS)), len(members) - 1, squeeze)
        return code


SPACE = AccelNasBench()


@cache
def _chain(digits: Code) -> Cell:
    expansion, kernel, layers, squeeze = digits
    member = OPS[(expansion * len(KERNELS) + kernel) * 2 + squeeze]
    return chain([member] * (layers + 1))


def _said(digits: Code) -> tuple[int, int, int, bool]:
    """Return expansion, kernel, layers, and whether there is squeeze and excitation."""
    return EXPANSIONS[digits[0]], KERNELS[digits[1]], digits[2] + 1, bool(digits[3])


def _read_text(text: str) -> object:
    text = text.strip()
    if text.startswith("{"):
        try:
            return read_literal(text)
        except InvalidArchitecture as error:
            raise InvalidArchitecture(f"{error}; {_FORMS}") from error
    blocks = [_BLOCK.fullmatch(part) for part in text[:200].split("-")]
    if len(blocks) != BLOCKS:
        return None
    value: dict[str, Any] = {}
    for number, block in enumerate(blocks):
        if block is None:
            return None
        for what, digits in zip(("e", "k", "l"), block.groups(), strict=False):
            value[f"block{number}_{what}"] = int(digits)
        value[f"block{number}_se"] = block[4] is not None
    return value


def _block(value: Mapping[str, Any], block: int) -> Code:
    """Return the four digits of a block. Raises InvalidArchitecture."""
    legal = {"e": EXPANSIONS, "k": KERNELS, "l": tuple(range(1, LAYERS[block] + 1)), "se": (0, 1)}
    digits: Code = ()
    for what, choices in legal.items():
        given = value[f"block{block}_{what}"]
        number = int(given) if what == "se" and isinstance(given, bool) else integer(given)
        if number not in choices:
            raise InvalidArchitecture(
                f"block{block}_{what} is {shown(given)}; legal: {', '.join(map(str, choices))}; {_FORMS}"
            )
        digits += (choices.index(number),)
    return digits
