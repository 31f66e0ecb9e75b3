"""The public spellings of a NAS-Bench-201 cell, read and written.

Two orders of edges and of operations are in use. The NATS string goes by target: (0,1) | (0,2) (1,2) | (0,3)
(1,3) (2,3); NASLib's six numbers go by source: (0,1) (0,2) (0,3) (1,2) (1,3) (2,3), so they differ in the
third and fourth place, and NASLib numbers the operations differently.
"""

from __future__ import annotations

import difflib
import operator
import re
from collections.abc import Sequence
from typing import SupportsIndex

from archenc.errors import InvalidArchitecture, InvalidArgument

NATIVE_NAMES = ("none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3")
OP_NAMES = ("none", "skip", "conv1x1", "conv3x3", "avg_pool3x3")
STYLES = ("native", "naslib", "index", "ops")

_SIZE = 15625
_SOURCES = (0, 0, 1, 0, 1, 2)
_CODE_OF_NAME = {name: k for names in (NATIVE_NAMES, OP_NAMES) for k, name in enumerate(names)}
_NASLIB_OPS = (1, 0, 3, 2, 4)  # NASLib: skip, none, conv3x3, conv1x1, avg_pool; to positions in OP_NAMES
_NASLIB_PLACES = (0, 1, 3, 2, 4, 5)  # swaps the third and the fourth edge; its own inverse
_FORMS = (
    "legal: '|nor_conv_3x3~0|+|none~0|skip_connect~1|+|avg_pool_3x3~0|nor_conv_1x1~1|none~2|', "
    "six NASLib numbers such as (4, 0, 3, 1, 4, 3), an index 0..15624, "
    "or six operation names in string order such as ['nor_conv_3x3', 'none', 'skip_connect', ...]"
)
_NATIVE = re.compile(
    r"\|(\w+)~0\|\+\|(\w+)~0\|(\w+)~1\|\+\|(\w+)~0\|(\w+)~1\|(\w+)~2\|",
)


def read(native: object) -> tuple[int, ...] | int:
    """Return the code of a spelling: six positions in OP_NAMES, in string order; or the index, if it is one.

    Raises InvalidArchitecture.
    """
    if isinstance(native, str):
        return _read_text(native)
    if hasattr(native, "tolist"):  # arrays and their scalars
        native = native.tolist()  # type: ignore[union-attr]
    if isinstance(native, bool):
        raise InvalidArchitecture(f"{native!r} is no architecture; {_FORMS}")
    if isinstance(native, SupportsIndex):
        return _index(operator.index(native))
    if isinstance(native, (tuple, list)):
        return _read_sequence(native)
    raise InvalidArchitecture(f"cannot read an architecture from {type(native).__name__}; {_FORMS}")


def write(code: Sequence[int], style: str) -> str:
    """Write a code in the "native", "naslib" or "ops" spelling. Raises InvalidArgument."""
    if style == "native":
        a, b, c, d, e, f = (NATIVE_NAMES[position] for position in code)
        return f"|{a}~0|+|{b}~0|{c}~1|+|{d}~0|{e}~1|{f}~2|"
    if style == "naslib":
        return str(tuple(_NASLIB_OPS.index(code[place]) for place in _NASLIB_PLACES))
    if style == "ops":
        return ", ".join(NATIVE_NAMES[position] for position in code)
    raise InvalidArgument(f"style={style!r}; legal: {', '.join(STYLES)}")


def _index(index: int) -> int:
    if not 0 <= index < _SIZE:
        raise InvalidArchitecture(f"index {index} is out of range; {_FORMS}")
    return index


def _read_text(text: str) -> tuple[int, ...] | int:
    stripped = text.strip()
    match = _NATIVE.fullmatch(stripped)
    if match is not None:
        try:
            return tuple([_CODE_OF_NAME[name] for name in match.groups()])
        except KeyError:
            return tuple(_op(name, f"edge {place} of {text!r}") for place, name in enumerate(match.groups()))
    if stripped.isdecimal() and stripped.isascii():
        return _index(int(stripped))
    if stripped[:1] + stripped[-1:] in ("()", "[]"):
        return _read_sequence(_items(stripped[1:-1]))
    if "|" in stripped:
        raise InvalidArchitecture(_what_is_wrong(text))
    if "," in stripped:
        items = _items(stripped)
        if any(isinstance(item, int) for item in items):
            raise InvalidArchitecture(
                f"{text!r} is ambiguous: numbers without brackets; NASLib's are written (4, 0, 3, 1, 4, 3)"
            )
        return _read_sequence(items)
    raise InvalidArchitecture(f"cannot read the architecture {text!r}; {_FORMS}")


def _items(text: str) -> list[int | str]:
    items = [item.strip().strip("'\"") for item in text.split(",")]
    return [int(item) if re.fullmatch(r"-?[0-9]+", item) else item for item in items]


def _read_sequence(items: Sequence[object]) -> tuple[int, ...]:
    if len(items) != len(_SOURCES):
        raise InvalidArchitecture(
            f"{items!r} has {len(items)} entries, one for each of 6 edges is needed; {_FORMS}"
        )
    if all(isinstance(item, str) for item in items):
        return tuple(_op(str(item), f"entry {place} of {items!r}") for place, item in enumerate(items))
    numbers: list[int] = []
    for place, item in enumerate(items):
        if isinstance(item, (bool, str)) or not isinstance(item, SupportsIndex):
            raise InvalidArchitecture(
                f"entry {place} of {items!r} is {item!r}: give six names or six NASLib numbers; {_FORMS}"
            )
        number = operator.index(item)
        if not 0 <= number < len(_NASLIB_OPS):
            raise InvalidArchitecture(
                f"entry {place} of {items!r} is {number}; NASLib's numbers run from 0 to 4"
            )
        numbers.append(_NASLIB_OPS[number])
    return tuple(numbers[place] for place in _NASLIB_PLACES)


def _op(name: str, where: str) -> int:
    position = _CODE_OF_NAME.get(name)
    if position is None:
        near = difflib.get_close_matches(name, list(_CODE_OF_NAME), n=1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        raise InvalidArchitecture(
            f"{where}: unknown operation {name!r}; {hint}legal: {', '.join(NATIVE_NAMES)}"
        )
    return position


def _what_is_wrong(text: str) -> str:
    groups = text.strip().split("+")
    if len(groups) != 3:
        return f"{text!r} has {len(groups)} nodes, three joined by '+' are needed; {_FORMS}"
    for node, group in enumerate(groups, start=1):
        terms = group.strip("|").split("|")
        if not (group.startswith("|") and group.endswith("|")) or len(terms) != node:
            return f"{text!r}: node {node} is {group!r}, expected {node} terms between bars; {_FORMS}"
        for source, term in enumerate(terms):
            if not re.fullmatch(rf"\w+~{source}", term):
                return f"{text!r}: node {node} has {term!r} where 'operation~{source}' is needed; {_FORMS}"
    return f"cannot read the architecture {text!r}; {_FORMS}"
