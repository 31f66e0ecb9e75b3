"""What an importer says about a file: which columns it holds and which metrics they are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from jaxtyping import Bool, Float64

from archenc import suite_zero
from archenc.spaces import SearchSpace
from archenc.tables.metric import Metric

Style = Literal["spelling", "key", "index"]
"""What the keys of a sheet are.

"spelling": anything that `space.parse` reads (texts, or tuples, dictionaries, ... as the file has them); the
row is that of `space.key`, so isomorphic cells meet where the space says so. "key": texts of `space.key`
itself (the hashes of NAS-Bench-101). "index": the benchmark's own numbers, where the space is enumerated in
their order.
"""

Repeats = Literal["refuse", "mean"]

REPEATS = "rows of the file"
"""A column that `repeats="mean"` adds to a sheet: how many rows of the file stand behind a value."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A value that stands for "missing" in a public file, and the reason it stands for."""

    reason: str
    matches: Callable[[Float64[np.ndarray, " n"]], Bool[np.ndarray, " n"]]


BLANK = Rule("blank in the source", np.isnan)
INFINITE = Rule("infinite in the source", np.isinf)
SENTINEL = Rule(
    "sentinel of the source (|value| >= 1e7 stands for NaN or an infinite score)",
    lambda values: np.abs(values) >= suite_zero.SENTINEL,
)
NOT_MEASURED = Rule("-1 in the source: no measurement", lambda values: values == -1)


@dataclass(frozen=True, slots=True)
class Field:
    """One column of a file read as one metric: value = column x scale, missing where a rule matches.

    Blank and infinite cells are missing everywhere, without a rule of their own.
    """

    column: str
    metric: Metric
    scale: float = 1.0
    rules: tuple[Rule, ...] = ()


@dataclass(frozen=True, slots=True)
class Sheet:
    """Rows read from a file: architectures spelt in one style, and columns of numbers of the same length.

    keys, style: see `Style`. also: the same architectures spelt again, where the file has two spellings; they
    must agree. repeats: what to do where several rows of the file are one row of the table (a cell occurs
    twice, or two isomorphic ones share a key): "refuse" the file, or take the "mean" of the values present.
    A metric of such a column must say so in its note; the column `REPEATS` counts the rows.
    Raises TypeError where a file has something else than lists: build sheets inside `readers.reading`.
    """

    keys: Sequence[Any]
    style: Style
    columns: Mapping[str, Float64[np.ndarray, " n"]]
    also: tuple[Sequence[Any], Style] | None = None
    repeats: Repeats = "refuse"

    def __post_init__(self) -> None:
        for keys in (self.keys, self.also[0]) if self.also else (self.keys,):
            if isinstance(keys, str | bytes) or not isinstance(keys, Sequence | np.ndarray):
                raise TypeError(f"{type(keys).__name__} instead of a list of architectures")


@dataclass(frozen=True, slots=True)
class Source:
    """One public file: its catalogue name, how to read it, and the metrics it gives.

    Earlier sources come first where two give one metric: the value of the first is kept, the other is
    compared with it. describe: reads the fields from the file, where users choose the columns.
    """

    file: str
    read: Callable[[Path], Iterable[Sheet]]
    fields: tuple[Field, ...]
    describe: Callable[[Path], tuple[Field, ...]] | None = None

    def at(self, path: Path) -> Source:
        """Return the source with the fields of the file at hand. Raises DataError."""
        return replace(self, fields=self.describe(path)) if self.describe else self

    @property
    def metrics(self) -> list[str]:
        """Names of the metrics this file gives."""
        return list(dict.fromkeys(field.metric.name for field in self.fields))


@dataclass(frozen=True, slots=True)
class Listing:
    """The rows of a table.

    spellings: native. keys: texts of `space.key`, None where they are the spellings.
    """

    spellings: Sequence[str]
    keys: Sequence[str] | None = None


@dataclass(frozen=True, slots=True)
class Benchmark:
    """What an importer is: public files in the order of precedence, and which architectures have a row.

    An entry point of the group `archenc.importers`, named by the space, points to one. listing: every
    architecture that the table shall have a row for, in order; `archenc.tables.rows.whole_space` enumerates
    the space, a large space may know a faster way. None: a row for every architecture that occurs in the
    files, in the order of first occurrence (for spaces that no table can hold).
    """

    sources: tuple[Source, ...]
    listing: Callable[[SearchSpace], Listing] | None
