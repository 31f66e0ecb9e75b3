"""The public spellings of a DARTS architecture, read and written.

A *code* is (normal cell, reduction cell), each eight pairs (source, operation): two for each of the four
steps, the lower source first. Sources 0 and 1 are the two preceding cells (0 the older one), source k + 2 is
step k; an operation is its position in `OP_NAMES`. The two pairs of a step are added, so their order means
nothing and is not kept.
"""

from __future__ import annotations

import difflib
import itertools
import json
import operator
from collections.abc import Mapping, Sequence
from typing import Any, SupportsIndex, TypeGuard

from archenc.errors import InvalidArchitecture, InvalidArgument
from archenc.spaces import darts_config
from archenc.spaces.darts_text import read_literal, shown
from archenc.spaces.native import integer

NATIVE_NAMES = (
    "max_pool_3x3",
    "avg_pool_3x3",
    "skip_connect",
    "sep_conv_3x3",
    "sep_conv_5x5",
    "dil_conv_3x3",
    "dil_conv_5x5",
)
OP_NAMES = ("max_pool3x3", "avg_pool3x3", "skip", "sep_conv3x3", "sep_conv5x5", "dil_conv3x3", "dil_conv5x5")
STYLES = ("native", "naslib_lists", "genotype", "config")
CELLS = ("normal", "reduce")
STEPS, SLOTS = 4, 8

Pair = tuple[int, int]
Code = tuple[tuple[Pair, ...], tuple[Pair, ...]]

_CONCAT = [2, 3, 4, 5]
_OP_OF_NAME = {name: k for names in (NATIVE_NAMES, OP_NAMES) for k, name in enumerate(names)}
_FORMS = (
    "legal: two cells of eight pairs (source, operation number 0..6), such as "
    "(((0, 3), (1, 3), (0, 3), (1, 3), (0, 2), (1, 3), (0, 2), (2, 5)), "
    "((0, 0), (1, 0), (1, 0), (2, 2), (0, 0), (2, 2), (1, 0), (2, 2))); a genotype "
    "Genotype(normal=[('sep_conv_3x3', 0), ...], normal_concat=[2, 3, 4, 5], reduce=[...], "
    f"reduce_concat=[2, 3, 4, 5]); or a configuration with the keys {darts_config.PREFIX}edge_normal_0, ..."
)
_PAIRS = {
    (int, source, int, position): (source, position)
    for source in range(STEPS + 1)
    for position in range(len(OP_NAMES))
}
_PAIRS |= {(str, name, int, i): (i, k) for name, k in _OP_OF_NAME.items() for i in range(STEPS + 1)}
_PAIRS |= {(int, i, str, name): (i, k) for name, k in _OP_OF_NAME.items() for i in range(STEPS + 1)}
_STEPS = [
    {
        two: tuple(sorted(two))
        for two in itertools.product(itertools.product(range(step + 2), range(len(OP_NAMES))), repeat=2)
        if two[0][0] != two[1][0]
    }
    for step in range(STEPS)
]
"""The legal choices of each step, in either order, and the same in ours."""


def read(native: object) -> Code:
    """Return the code of a spelling, whatever it is. Raises InvalidArchitecture."""
    value: Any = _literal(native) if isinstance(native, str) else native
    if isinstance(value, Mapping):
        return _read_mapping(value)
    if all(hasattr(value, field) for field in (*CELLS, "normal_concat", "reduce_concat")):
        return _read_genotype({name: getattr(value, name) for name in _FIELDS})
    if getattr(value, "shape", None) == (len(CELLS), SLOTS, 2):  # an array
        value = value.tolist()
    if not isinstance(value, (tuple, list)):
        raise InvalidArchitecture(f"cannot read an architecture from {shown(native)}; {_FORMS}")
    if len(value) != len(CELLS):
        raise InvalidArchitecture(
            f"{shown(native)} has {len(value)} entries; a normal and a reduction cell are needed; {_FORMS}"
        )
    return _read_cell(value[0], "the normal cell"), _read_cell(value[1], "the reduction cell")


def write(code: Code, style: str) -> str:
    """Write a code in one of `STYLES`; "config" is JSON. Raises InvalidArgument."""
    if style == "native":
        return str(code)
    if style == "naslib_lists":
        return str([list(cell) for cell in code])
    if style == "genotype":
        fields = []
        for name, cell in zip(CELLS, code, strict=True):
            named = [(NATIVE_NAMES[member], source) for source, member in cell]
            fields += [f"{name}={named}", f"{name}_concat={_CONCAT}"]
        return f"Genotype({', '.join(fields)})"
    if style == "config":
        return json.dumps(darts_config.write(dict(zip(CELLS, code, strict=True)), NATIVE_NAMES))
    raise InvalidArgument(f"style={style!r}; legal: {', '.join(STYLES)}")


_FIELDS = ("normal", "normal_concat", "reduce", "reduce_concat")


def _literal(text: str) -> Any:
    try:
        return read_literal(text)
    except InvalidArchitecture as error:
        raise InvalidArchitecture(f"{error}; {_FORMS}") from error


def _read_mapping(value: Mapping[Any, Any]) -> Code:
    if set(value) & set(_FIELDS):
        return _read_genotype(value)
    cells = darts_config.read(value, CELLS)
    if cells is None:
        raise InvalidArchitecture(f"{shown(value)} is neither a genotype nor a configuration; {_FORMS}")
    normal, reduce = (
        _read_cell(cell, f"the {name} cell of the configuration") for name, cell in cells.items()
    )
    return normal, reduce


def _read_genotype(value: Mapping[str, Any]) -> Code:
    missing = [field for field in _FIELDS if field not in value]
    if missing:
        raise InvalidArchitecture(f"the genotype {shown(value)} lacks {', '.join(missing)}; {_FORMS}")
    for name in CELLS:
        concat = value[f"{name}_concat"]
        if not isinstance(concat, (list, tuple, range)) or list(concat) != _CONCAT:
            raise InvalidArchitecture(
                f"{name}_concat is {shown(concat)}; in this space every cell puts out its four steps, "
                f"concatenated: range(2, 6). A cell that leaves one out belongs to another space"
            )
    normal, reduce = (_read_cell(value[name], f"{name!r} of the genotype") for name in CELLS)
    return normal, reduce


def _read_cell(cell: Any, where: str) -> tuple[Pair, ...]:
    if not isinstance(cell, (tuple, list)) or len(cell) != SLOTS:
        raise InvalidArchitecture(
            f"{where} is {shown(cell)}: eight pairs are needed, two for each of four steps; {_FORMS}"
        )
    try:  # nearly every spelling is regular: look it up, and read pair by pair only what is not
        pairs = [_PAIRS[type(first), first, type(second), second] for first, second in cell]
        steps = zip(_STEPS, pairs[::2], pairs[1::2], strict=True)
        return tuple([pair for choices, one, other in steps for pair in choices[one, other]])
    except (KeyError, TypeError, ValueError):
        return _read_irregular(cell, where)


def _read_irregular(cell: Sequence[Any], where: str) -> tuple[Pair, ...]:
    pairs = [_read_pair(pair, f"pair {slot} of {where}") for slot, pair in enumerate(cell)]
    ordered: list[Pair] = []
    for step in range(STEPS):
        two = sorted(pairs[2 * step : 2 * step + 2])
        for source, _ in two:
            if not 0 <= source < step + 2:
                raise InvalidArchitecture(
                    f"step {step} of {where} has source {shown(source)}; legal: 0..{step + 1}, the two "
                    f"preceding cells and the steps before it"
                )
        if two[0][0] == two[1][0]:
            legal = ", ".join(f"{i} and {j}" for i, j in list(itertools.combinations(range(step + 2), 2))[:3])
            raise InvalidArchitecture(
                f"step {step} of {where} takes source {two[0][0]} twice; its two sources must differ, as in "
                f"all of NAS-Bench-301; legal: {legal}{', ...' if step > 1 else ''}"
            )
        ordered += two
    return tuple(ordered)


def _read_pair(pair: Any, where: str) -> Pair:
    if isinstance(pair, (tuple, list)) and len(pair) == 2:
        first, second = pair
        if isinstance(first, str) and _is_number(second):
            return operator.index(second), _op(first, where)
        if isinstance(second, str) and _is_number(first):
            return operator.index(first), _op(second, where)
        if _is_number(first) and _is_number(second):
            number = operator.index(second)
            if not 0 <= number < len(OP_NAMES):
                raise InvalidArchitecture(
                    f"{where} has operation {shown(number)}; legal: 0..{len(OP_NAMES) - 1}, which are "
                    f"{', '.join(NATIVE_NAMES)}"
                )
            return operator.index(first), number
    raise InvalidArchitecture(
        f"{where} is {shown(pair)}; legal: (source, operation number) or (operation name, source)"
    )


def _is_number(value: object) -> TypeGuard[SupportsIndex]:
    return integer(value) is not None


def _op(name: str, where: str) -> int:
    position = _OP_OF_NAME.get(name)
    if position is not None:
        return position
    if name == "none":
        raise InvalidArchitecture(
            f"{where} is 'none': NAS-Bench-301 leaves it out, since a genotype keeps the strongest operation "
            f"other than none; legal: {', '.join(NATIVE_NAMES)}"
        )
    near = difflib.get_close_matches(name[:40], list(_OP_OF_NAME), n=1)
    hint = f"did you mean {near[0]!r}? " if near else ""
    raise InvalidArchitecture(
        f"{where}: unknown operation {name[:40]!r}; {hint}legal: {', '.join(NATIVE_NAMES)}"
    )
