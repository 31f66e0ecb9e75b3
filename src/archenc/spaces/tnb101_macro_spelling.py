"""The public spellings of a TransNAS-Bench-101 macro network, read and written.

`64-1234-basic` is 64 channels after the stem, four modules of two basic residual blocks each, and the kind of
block. A module's number says what its first block does: 1 nothing, 2 doubles the channels, 3 halves the
resolution, 4 both. NASLib writes the modules as six numbers, filled up with zeros: (1, 2, 3, 4, 0, 0).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from archenc.errors import InvalidArchitecture, InvalidArgument
from archenc.spaces.native import integer, plain, shown

CHANNELS, BLOCK = "64", "basic"
STYLES = ("native", "naslib")
LENGTHS, HALVINGS, DOUBLINGS = range(4, 7), range(1, 5), range(1, 4)

_CODES = range(1, 5)
_RULES = "4 to 6 modules of the codes 1..4, of which 1 to 4 halve (3, 4) and 1 to 3 double (2, 4)"
_FORMS = f"legal: '64-1234-basic', or NASLib's (1, 2, 3, 4, 0, 0); {_RULES}"
_NATIVE = re.compile(r"([0-9]{1,9})-([0-9]{1,99})-([a-z]{1,99})")
_LIST = re.compile(r"\(\s*([0-9,\s]*)\)|\[\s*([0-9,\s]*)\]")


def read(native: object) -> tuple[int, ...]:
    """Return the modules of a network: 4 to 6 numbers 1..4. Raises InvalidArchitecture."""
    native = plain(native)
    if isinstance(native, str):
        return check(_read_text(native.strip()))
    if isinstance(native, (tuple, list)):
        return check(_unpadded(native))
    raise InvalidArchitecture(f"cannot read an architecture from {type(native).__name__}; {_FORMS}")


def write(modules: Sequence[int], style: str) -> str:
    """Write the modules in the "native" or the "naslib" spelling. Raises InvalidArgument."""
    if style == "native":
        return f"{CHANNELS}-{''.join(map(str, modules))}-{BLOCK}"
    if style == "naslib":
        return str((*modules, *[0] * (max(LENGTHS) - len(modules))))
    raise InvalidArgument(f"style={style!r}; legal: {', '.join(STYLES)}")


def is_legal(modules: Sequence[int]) -> bool:
    """Say whether a network of modules 1..4 keeps the rules of the benchmark."""
    halvings = sum(module in (3, 4) for module in modules)
    doublings = sum(module in (2, 4) for module in modules)
    return len(modules) in LENGTHS and halvings in HALVINGS and doublings in DOUBLINGS


def check(given: Iterable[object]) -> tuple[int, ...]:
    """Return the modules if they are integers that keep the rules. Raises InvalidArchitecture."""
    if not isinstance(given, Iterable):
        raise InvalidArchitecture(f"modules {shown(given)}; {_FORMS}")
    modules: tuple[int, ...] = ()
    for module in (given := tuple(given)):
        code = integer(module)
        if code is None or code not in _CODES:
            raise InvalidArchitecture(f"module {len(modules)} of {shown(given)} is {shown(module)}; {_FORMS}")
        modules += (code,)
    if not is_legal(modules):
        raise InvalidArchitecture(
            f"{shown(modules)} has {len(modules)} modules, {sum(m in (3, 4) for m in modules)} halvings and "
            f"{sum(m in (2, 4) for m in modules)} doublings; {_FORMS}"
        )
    return modules


def _read_text(text: str) -> tuple[int, ...]:
    match = _NATIVE.fullmatch(text)
    if match is not None:
        channels, digits, block = match.groups()
        if (channels, block) != (CHANNELS, BLOCK):
            raise InvalidArchitecture(
                f"{shown(text)}: every macro network begins with {CHANNELS} and ends in {BLOCK!r}; {_FORMS}"
            )
        return tuple(map(int, digits))
    match = _LIST.fullmatch(text[:200])
    items = [item.strip() for item in (match[1] or match[2] or "").split(",")] if match else []
    if len(text) > 200 or not all(re.fullmatch(r"[0-9]{1,9}", item) for item in items) or not items:
        raise InvalidArchitecture(f"cannot read the architecture {shown(text)}; {_FORMS}")
    return _unpadded([int(item) for item in items])


def _unpadded(items: Sequence[object]) -> tuple[int, ...]:
    if len(items) > max(LENGTHS):
        raise InvalidArchitecture(f"{shown(items)} has {len(items)} entries, at most 6 are needed; {_FORMS}")
    numbers: list[int] = []
    for place, item in enumerate(items):
        number = integer(item)
        if number is None:
            raise InvalidArchitecture(
                f"entry {place} of {shown(items)} is {shown(item)}, no integer; {_FORMS}"
            )
        numbers.append(number)
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)
