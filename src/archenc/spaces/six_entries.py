"""Spellings of a cell as six entries, one an edge: operation names, or the numbers of a public list."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import final

from archenc.errors import InvalidArchitecture
from archenc.spaces.native import integer, plain, shown

N_EDGES = 6
"""Edges of a complete graph of four nodes."""


@final
@dataclass(frozen=True)
class SixEntries:
    """How a space writes six operations. They are read as a code: six positions in its `ops`, string order.

    names: the operation names it accepts, with their positions; legal: those an error shows. numbers: the
    position that each public number stands for. places: the entry of each edge, in string order, in a list of
    numbers. example: such a list, as a text; owner: who numbers so. forms: all legal spellings, for errors.
    """

    names: Mapping[str, int]
    legal: tuple[str, ...]
    numbers: tuple[int, ...]
    places: tuple[int, ...]
    example: str
    owner: str
    forms: str

    def given(self, native: object) -> str | int | Sequence[object]:
        """Return what was given as a stripped text, an integer or a sequence. Raises InvalidArchitecture."""
        native = plain(native)
        if isinstance(native, str):
            return native.strip()
        if isinstance(native, (tuple, list)):
            return native
        if isinstance(native, bool):
            raise InvalidArchitecture(f"{native!r} is no architecture; {self.forms}")
        number = integer(native)
        if number is None:
            raise InvalidArchitecture(
                f"cannot read an architecture from {type(native).__name__}; {self.forms}"
            )
        return number

    def read(self, items: Sequence[object]) -> tuple[int, ...]:
        """Return the code of six names (in string order) or six numbers. Raises InvalidArchitecture."""
        if len(items) != N_EDGES:
            raise InvalidArchitecture(
                f"{shown(items)} has {len(items)} entries, one for each of 6 edges is needed; {self.forms}"
            )
        if all(isinstance(item, str) for item in items):
            return tuple(self.op(str(item), f"entry {k} of {shown(items)}") for k, item in enumerate(items))
        code = [self._number(item, place, items) for place, item in enumerate(items)]
        return tuple(code[place] for place in self.places)

    def read_text(self, text: str) -> tuple[int, ...]:
        """Return the code of six entries in brackets, or of six names with commas between.

        Raises InvalidArchitecture, also for numbers without brackets, which may be anybody's.
        """
        if text[:1] + text[-1:] in ("()", "[]"):
            return self.read(_items(text[1:-1]))
        if "," not in text:
            raise InvalidArchitecture(f"cannot read the architecture {shown(text)}; {self.forms}")
        items = _items(text)
        if any(isinstance(item, int) for item in items):
            raise InvalidArchitecture(
                f"{shown(text)} is ambiguous: numbers without brackets; {self.owner}'s are written "
                f"{self.example}"
            )
        return self.read(items)

    def write(self, code: Sequence[int]) -> str:
        """Return the public numbers of a code, as the text of a tuple."""
        entries = [0] * N_EDGES
        for position, place in zip(code, self.places, strict=True):
            entries[place] = self.numbers.index(position)
        return str(tuple(entries))

    def op(self, name: str, where: str) -> int:
        """Return the position of an operation name. Raises InvalidArchitecture, which says where it is."""
        position = self.names.get(name)
        if position is None:
            near = difflib.get_close_matches(name[:40], list(self.names), n=1)
            hint = f"did you mean {near[0]!r}? " if near else ""
            raise InvalidArchitecture(
                f"{where}: unknown operation {shown(name)}; {hint}legal: {', '.join(self.legal)}"
            )
        return position

    def _number(self, item: object, place: int, items: Sequence[object]) -> int:
        number = integer(item)
        if number is None:
            raise InvalidArchitecture(
                f"entry {place} of {shown(items)} is {shown(item)}: give six names or six {self.owner} "
                f"numbers; {self.forms}"
            )
        if not 0 <= number < len(self.numbers):
            raise InvalidArchitecture(
                f"entry {place} of {shown(items)} is {shown(number)}; {self.owner}'s numbers run from 0 to "
                f"{len(self.numbers) - 1}"
            )
        return self.numbers[number]


def _items(text: str) -> list[int | str]:
    items = [item.strip().strip("'\"") for item in text.split(",")]
    return [int(item) if re.fullmatch(r"-?[0-9]{1,9}", item) else item for item in items]
