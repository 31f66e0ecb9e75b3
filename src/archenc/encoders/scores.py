"""Scores of architectures by the key of their space: an immutable table that behaves as a mapping."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol, Self, runtime_checkable

import numpy as np
from jaxtyping import Float, Float64

from archenc.errors import InvalidArgument, UnknownName


@runtime_checkable
class ScoreLookup(Protocol):
    """Anything that gives the d scores of a key (`space.key(arch)`), or raises KeyError."""

    def __getitem__(self, key: str, /) -> Sequence[float] | np.ndarray:
        """Return d numbers."""
        ...


class Scores(Mapping[str, np.ndarray]):
    """A matrix of scores: one row an architecture, found by its key, and named columns.

    keys: n different texts of `space.key`. values: `[n, d]`, NaN where a score is missing. names: d column
    names. It cannot be changed, so copies of an encoder share it. Raises InvalidArgument.
    """

    def __init__(self, keys: Sequence[str], values: Float[np.ndarray, "n d"], names: Sequence[str]) -> None:
        matrix = np.array(values, dtype=np.float64)
        if matrix.shape != (len(keys), len(names)):
            raise InvalidArgument(
                f"values has shape {matrix.shape}; expected ({len(keys)}, {len(names)}): "
                f"one row a key, one column a name"
            )
        self._rows = {key: row for row, key in enumerate(keys)}
        if len(self._rows) < len(keys) or len(set(names)) < len(names):
            raise InvalidArgument("keys or names: an entry occurs twice")
        matrix.setflags(write=False)
        self.values_matrix = matrix
        self.names = tuple(names)

    def select(self, names: Sequence[str]) -> Scores:
        """Return the columns of these names. Raises UnknownName."""
        unknown = [name for name in names if name not in self.names]
        if unknown:
            raise UnknownName(f"no column {unknown[0]!r}; known: {', '.join(self.names)}")
        columns = [self.names.index(name) for name in names]
        return Scores(list(self._rows), self.values_matrix[:, columns], names)

    def rows(self, keys: Sequence[str]) -> Float64[np.ndarray, "n d"]:
        """Return the rows of these keys, NaN for a key that is not there."""
        found = np.array([self._rows.get(key, -1) for key in keys], dtype=np.int64)
        out = self.values_matrix[found]
        out[found < 0] = np.nan
        return out

    def __getitem__(self, key: str) -> np.ndarray:
        return self.values_matrix[self._rows[key]]

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    def __getnewargs__(self) -> tuple[list[str], np.ndarray, tuple[str, ...]]:
        return list(self), self.values_matrix, self.names  # by these a saved model builds it again

    def __deepcopy__(self, memo: object) -> Self:
        return self  # immutable

    def __repr__(self) -> str:
        return f"Scores({len(self)} architectures, names={self.names})"
