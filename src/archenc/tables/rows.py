"""Find the rows of a table by any public spelling of an architecture."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, final

import numpy as np
from jaxtyping import Int64

from archenc.errors import ArchencError, DataError, InvalidArgument
from archenc.spaces import SearchSpace
from archenc.spaces.product_space import ProductSpace
from archenc.tables.importing import Listing, Sheet, Style

_SHOWN = 80  # characters of a key that is none


@cache
def whole_space(space: SearchSpace) -> Listing:
    """Return every architecture of a space that is small enough to be enumerated one by one."""
    archs = list(space.enumerate())
    spellings = [space.format(arch) for arch in archs]
    keys = [space.key(arch) for arch in archs]
    return Listing(spellings, None if keys == spellings else keys)


def product_listing(space: SearchSpace) -> Listing:
    """Return every architecture of a `ProductSpace`, spelt without being built. Raises TypeError."""
    if not isinstance(space, ProductSpace):
        raise TypeError(f"{space.name} is no ProductSpace; list it with whole_space")
    return Listing(space.spellings())


@final
class Rows:
    """The rows of a table, found by any public spelling of an architecture.

    space: parses, formats and gives the key. listing: the rows, or what lists them. None: `admit` adds a row
    for each architecture it meets first, and `find` comes after it.
    """

    def __init__(
        self, space: SearchSpace, listing: Listing | Callable[[SearchSpace], Listing] | None = None
    ) -> None:
        self._space = space
        self._grows = listing is None
        listed = listing(space) if callable(listing) else listing or Listing([])
        self.spellings = list(listed.spellings)
        self.keys = list(listed.spellings if listed.keys is None else listed.keys)
        self._row_of = {key: row for row, key in enumerate(self.keys)}
        self._row_of_text: dict[str, int] = {}  # each text is parsed once: the files repeat each other's

    def __len__(self) -> int:
        return len(self.keys)

    @property
    def listing(self) -> Listing:
        """The rows so far."""
        return Listing(self.spellings, None if self.keys == self.spellings else self.keys)

    def admit(self, sheet: Sheet, file: str) -> None:
        """Add a row for every architecture of a sheet that has none, where rows are what the files hold.

        Raises DataError where a spelling is none.
        """
        if not self._grows or sheet.style == "index":
            return
        if sheet.style == "key":
            raise InvalidArgument(
                f"{file}: a key alone does not tell its architecture; spell it in the sheet"
            )
        for number, spelling in enumerate(sheet.keys):
            self._row(spelling, number, file)

    def find(self, sheet: Sheet, file: str) -> Int64[np.ndarray, " n"]:
        """Return the row of every key of a sheet.

        Raises DataError: unknown architecture, repeated one where the sheet refuses those.
        """
        rows = self._find(sheet.keys, sheet.style, file)
        if sheet.also is not None:
            again = self._find(*sheet.also, file)
            if len(again) != len(rows) or (again != rows).any():
                row = int(np.argmax(again != rows)) if len(again) == len(rows) else len(again)
                raise DataError(f"{file}, row {row}: its two spellings are of different architectures")
        if odd := [name for name, values in sheet.columns.items() if len(values) != len(rows)]:
            raise DataError(f"{file}: column {odd[0]!r} does not have one value for each of {len(rows)} rows")
        if sheet.repeats == "refuse":
            unique, counts = np.unique(rows, return_counts=True)
            if len(unique) < len(rows):
                raise DataError(f"{file}: {self.spellings[unique[counts > 1][0]]} occurs more than once")
        return rows

    def _find(self, keys: Sequence[Any], style: Style, file: str) -> Int64[np.ndarray, " n"]:
        if style == "index":
            return self._by_index(keys, file)
        if style == "key":
            found = [self._row_of.get(key, -1) if isinstance(key, str) else -1 for key in keys]
            if -1 in found:
                key = repr(keys[number := found.index(-1)])
                raise DataError(
                    f"{file}, row {number}: {key[:_SHOWN]} is the key of no row of the table of "
                    f"{self._space.name}"
                )
            return np.array(found, dtype=np.int64)
        if style != "spelling":
            raise InvalidArgument(f"style={style!r}: expected 'spelling', 'key' or 'index'")
        return np.array([self._row(key, number, file) for number, key in enumerate(keys)], dtype=np.int64)

    def _by_index(self, keys: Sequence[Any], file: str) -> Int64[np.ndarray, " n"]:
        if self._grows:
            raise InvalidArgument(f"{file}: the rows of {self._space.name} have no numbers of their own")
        try:
            rows = np.array(keys, dtype=np.int64).reshape(len(keys))
        except (ValueError, TypeError, OverflowError) as error:
            raise DataError(f"{file}: an index is no whole number: {error}") from error
        if bad := [int(row) for row in rows if not 0 <= row < len(self)]:
            raise DataError(f"{file}: index {bad[0]} is outside 0..{len(self) - 1}")
        return rows

    def _row(self, spelling: Any, number: int, file: str) -> int:
        text = spelling if isinstance(spelling, str) else None
        if text is not None and text in self._row_of_text:
            return self._row_of_text[text]
        try:
            arch = self._space.parse(spelling)
            key = self._space.key(arch)
        except ArchencError as error:
            raise DataError(f"{file}, row {number}: {error}") from error
        row = self._row_of.get(key)
        if row is None:
            if not self._grows:
                raise DataError(f"{file}, row {number}: {key} has no row in the table of {self._space.name}")
            row = self._row_of[key] = len(self.keys)
            self.keys.append(key)
            self.spellings.append(self._space.format(arch))
        if text is not None:
            self._row_of_text[text] = row
        return row
