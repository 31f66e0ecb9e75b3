"""Find the rows of a table by any public spelling of an architecture."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import final

import numpy as np
from jaxtyping import Int64

from archenc.errors import ArchencError, DataError
from archenc.spaces import SearchSpace, space
from archenc.tables.importing import Sheet, Style


@cache
def rows_of(name: str) -> Rows:
    """Return the rows of the table of a whole space, built once a process. Raises UnknownName."""
    return Rows(space(name))


@final
class Rows:
    """The rows of a table of a whole space, found by any public spelling of an architecture.

    space: parses, formats and enumerates; the table has its order. keys: native spellings, row by row.
    """

    def __init__(self, space: SearchSpace) -> None:
        self._space = space
        self._archs = list(space.enumerate())
        self.keys = [space.format(arch) for arch in self._archs]
        self._by_style = {"native": {key: row for row, key in enumerate(self.keys)}}

    def find(self, sheet: Sheet, file: str) -> Int64[np.ndarray, " n"]:
        """Return the row of every key of a sheet. Raises DataError: unknown or repeated architecture."""
        rows = self._find(sheet.keys, sheet.style, file)
        if sheet.also is not None:
            again = self._find(*sheet.also, file)
            if len(again) != len(rows) or (again != rows).any():
                row = int(np.argmax(again != rows)) if len(again) == len(rows) else len(again)
                raise DataError(f"{file}, row {row}: its two spellings are of different architectures")
        if odd := [name for name, values in sheet.columns.items() if len(values) != len(rows)]:
            raise DataError(f"{file}: column {odd[0]!r} does not have one value for each of {len(rows)} rows")
        unique, counts = np.unique(rows, return_counts=True)
        if len(unique) < len(rows):
            raise DataError(f"{file}: {self.keys[unique[counts > 1][0]]} occurs more than once")
        return rows

    def _find(self, keys: Sequence[str] | Sequence[int], style: Style, file: str) -> Int64[np.ndarray, " n"]:
        if style == "index":
            rows = np.asarray(keys, dtype=np.int64)
            if bad := [int(row) for row in rows if not 0 <= row < len(self.keys)]:
                raise DataError(f"{file}: index {bad[0]} is outside 0..{len(self.keys) - 1}")
            return rows
        lookup = self._lookup(style)
        found = [lookup.get(str(key)) for key in keys]
        return np.array(
            [
                self._parse(str(keys[number]), number, file) if row is None else row
                for number, row in enumerate(found)
            ],
            dtype=np.int64,
        )

    def _lookup(self, style: Style) -> dict[str, int]:
        if style not in self._by_style:
            spelt = (self._space.format(arch, style) for arch in self._archs)
            self._by_style[style] = {spelling: row for row, spelling in enumerate(spelt)}
        return self._by_style[style]

    def _parse(self, key: str, number: int, file: str) -> int:
        """Find an unusual spelling (no spaces after the commas, say) through the space."""
        try:
            return self._by_style["native"][self._space.format(self._space.parse(key))]
        except ArchencError as error:
            raise DataError(f"{file}, row {number}: {error}") from error
