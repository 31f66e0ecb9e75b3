"""The public spellings of a TransNAS-Bench-101 micro cell, read and written.

All of them go by target, (0,1) | (0,2) (1,2) | (0,3) (1,3) (2,3), and number the operations alike: 0 none,
1 identity, 2 conv1x1, 3 conv3x3. The native string puts the skeleton before the cell: `64-41414-1_02_333` is
64 channels after the stem, five modules (4 doubles the channels and halves the resolution, 1 does neither)
and the six numbers of the cell, node by node. The skeleton is the same in all 4,096 networks.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from archenc.errors import InvalidArchitecture, InvalidArgument
from archenc.spaces.native import shown
from archenc.spaces.six_entries import N_EDGES, SixEntries

SKELETON = "64-41414"
NATIVE_NAMES = ("none", "identity", "conv1x1", "conv3x3")
OP_NAMES = ("none", "skip", "conv1x1", "conv3x3")
STYLES = ("native", "naslib", "ops")

_FORMS = (
    "legal: '64-41414-1_02_333', six NASLib numbers such as (1, 0, 2, 3, 3, 3), or six operation names in "
    "string order such as ['identity', 'none', 'conv1x1', 'conv3x3', ...]"
)
_ENTRIES = SixEntries(
    names={name: k for names in (NATIVE_NAMES, OP_NAMES) for k, name in enumerate(names)},
    legal=NATIVE_NAMES,
    numbers=(0, 1, 2, 3),
    places=tuple(range(N_EDGES)),
    example="(1, 0, 2, 3, 3, 3)",
    owner="NASLib",
    forms=_FORMS,
)
_NATIVE = re.compile(rf"(?:({SKELETON}|[0-9]+-[0-9]+)-)([0-9])_([0-9]{{2}})_([0-9]{{3}})")


def read(native: object) -> tuple[int, ...]:
    """Return the code of a spelling: six positions in OP_NAMES, in string order.

    Raises InvalidArchitecture.
    """
    given = _ENTRIES.given(native)
    if isinstance(given, str):
        return _read_text(given)
    if isinstance(given, int):
        raise InvalidArchitecture(f"{shown(given)}: the benchmark has no published index; {_FORMS}")
    return _ENTRIES.read(given)


def write(code: Sequence[int], style: str) -> str:
    """Write a code in the "native", "naslib" or "ops" spelling. Raises InvalidArgument."""
    if style == "native":
        a, b, c, d, e, f = code
        return f"{SKELETON}-{a}_{b}{c}_{d}{e}{f}"
    if style == "naslib":
        return _ENTRIES.write(code)
    if style == "ops":
        return ", ".join(NATIVE_NAMES[position] for position in code)
    raise InvalidArgument(f"style={style!r}; legal: {', '.join(STYLES)}")


def _read_text(text: str) -> tuple[int, ...]:
    match = _NATIVE.fullmatch(text)
    if match is None:
        return _ENTRIES.read_text(text)
    skeleton, *nodes = match.groups()
    if skeleton != SKELETON:
        raise InvalidArchitecture(
            f"{shown(text)}: the skeleton is {shown(skeleton)}, and every micro network has {SKELETON!r}; "
            f"{_FORMS}"
        )
    return _ENTRIES.read([int(digit) for digit in "".join(nodes)])
