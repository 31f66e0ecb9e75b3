"""The public spellings of a NAS-Bench-201 cell, read and written.

Two orders of edges and of operations are in use. The NATS string goes by target: (0,1) | (0,2) (1,2) | (0,3)
(1,3) (2,3); NASLib's six numbers go by source: (0,1) (0,2) (0,3) (1,2) (1,3) (2,3), so they differ in the
third and fourth place, and NASLib numbers the operations differently.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from archenc.errors import InvalidArchitecture, InvalidArgument
from archenc.spaces.native import shown
from archenc.spaces.six_entries import SixEntries

NATIVE_NAMES = ("none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3")
OP_NAMES = ("none", "skip", "conv1x1", "conv3x3", "avg_pool3x3")
STYLES = ("native", "naslib", "index", "ops")

_SIZE = 15625
_FORMS = (
    "legal: '|nor_conv_3x3~0|+|none~0|skip_connect~1|+|avg_pool_3x3~0|nor_conv_1x1~1|none~2|', "
    "six NASLib numbers such as (4, 0, 3, 1, 4, 3), an index 0..15624, "
    "or six operation names in string order such as ['nor_conv_3x3', 'none', 'skip_connect', ...]"
)
_ENTRIES = SixEntries(
    names={name: k for names in (NATIVE_NAMES, OP_NAMES) for k, name in enumerate(names)},
    legal=NATIVE_NAMES,
    numbers=(1, 0, 3, 2, 4),  # skip, none, conv3x3, conv1x1, avg_pool
    places=(0, 1, 3, 2, 4, 5),  # the third and the fourth edge change places
    example="(4, 0, 3, 1, 4, 3)",
    owner="NASLib",
    forms=_FORMS,
)
_NATIVE = re.compile(
    r"\|(\w+)~0\|\+\|(\w+)~0\|(\w+)~1\|\+\|(\w+)~0\|(\w+)~1\|(\w+)~2\|",
)


def read(native: object) -> tuple[int, ...] | int:
    """Return the code of a spelling: six positions in OP_NAMES, in string order; or the index, if it is one.

    Raises InvalidArchitecture.
    """
    given = _ENTRIES.given(native)
    if isinstance(given, str):
        return _read_text(given)
    return _index(given) if isinstance(given, int) else _ENTRIES.read(given)


def write(code: Sequence[int], style: str) -> str:
    """Write a code in the "native", "naslib" or "ops" spelling. Raises InvalidArgument."""
    if style == "native":
        a, b, c, d, e, f = (NATIVE_NAMES[position] for position in code)
        return f"|{a}~0|+|{b}~0|{c}~1|+|{d}~0|{e}~1|{f}~2|"
    if style == "naslib":
        return _ENTRIES.write(code)
    if style == "ops":
        return ", ".join(NATIVE_NAMES[position] for position in code)
    raise InvalidArgument(f"style={style!r}; legal: {', '.join(STYLES)}")


def _index(index: int) -> int:
    if not 0 <= index < _SIZE:
        raise InvalidArchitecture(f"index {shown(index)} is out of range; {_FORMS}")
    return index


def _read_text(text: str) -> tuple[int, ...] | int:
    match = _NATIVE.fullmatch(text)
    if match is not None:
        return tuple(
            [_ENTRIES.op(name, f"edge {k} of {shown(text)}") for k, name in enumerate(match.groups())]
        )
    if re.fullmatch(r"[0-9]{1,9}", text):
        return _index(int(text))
    if "|" in text:
        raise InvalidArchitecture(_what_is_wrong(text))
    return _ENTRIES.read_text(text)


def _what_is_wrong(text: str) -> str:
    groups = text.split("+")
    if len(groups) != 3:
        return f"{shown(text)} has {len(groups)} nodes, three joined by '+' are needed; {_FORMS}"
    for node, group in enumerate(groups, start=1):
        terms = group.strip("|").split("|")
        if not (group.startswith("|") and group.endswith("|")) or len(terms) != node:
            return (
                f"{shown(text)}: node {node} is {shown(group)}, expected {node} terms between bars; {_FORMS}"
            )
        for source, term in enumerate(terms):
            if not re.fullmatch(rf"\w+~{source}", term):
                return (
                    f"{shown(text)}: node {node} has {shown(term)} where 'operation~{source}' is needed; "
                    f"{_FORMS}"
                )
    return f"cannot read the architecture {shown(text)}; {_FORMS}"
