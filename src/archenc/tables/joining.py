"""Join what many files say about the same architectures, and report where they contradict each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from jaxtyping import Float64, Int64

from archenc.errors import ArchencError, DataError
from archenc.spaces import SearchSpace
from archenc.tables.importing import BLANK, INFINITE, Field, Rule, Sheet, Source, Style
from archenc.tables.metric import Metric

OnConflict = Literal["keep", "missing", "fail"]

_ALIKE = 1e-9  # relative: the rounding of a change of unit, nothing more
_NOT_IN_FILE = "not in the source"
_CONFLICT = "the sources contradict each other"


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two values, from two files, of what should be one measurement."""

    metric: str
    architecture: str
    kept: float
    kept_source: str
    other: float
    other_source: str

    def __str__(self) -> str:
        return (
            f"{self.metric}, {self.architecture}: {self.kept!r} in {self.kept_source}, "
            f"{self.other!r} in {self.other_source}"
        )


@dataclass(frozen=True, slots=True)
class Comparison:
    """One metric that two files give: where they meet, where the second fills gaps, where they contradict."""

    metric: str
    kept_source: str
    other_source: str
    rows: int
    filled: int
    conflicts: tuple[Conflict, ...]


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


class Join:
    """One column a metric, filled file by file; `add` compares where another file has spoken already."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows
        self.keys = rows.keys
        self.columns: dict[str, Float64[np.ndarray, " n"]] = {}
        self.metrics: dict[str, Metric] = {}
        self.comparisons: list[Comparison] = []
        self._reasons: dict[str, np.ndarray] = {}  # why a row is missing, "" where it is not
        self._origins: dict[str, np.ndarray] = {}  # which file a value came from

    def add(self, source: Source, sheets: Sequence[Sheet]) -> None:
        """Add what a file says. Raises DataError when a column or an architecture is not as expected."""
        rows = [self._rows.find(sheet, source.file) for sheet in sheets]
        for field in source.fields:
            values = np.full(len(self.keys), np.nan)
            reasons = np.full(len(self.keys), _NOT_IN_FILE, dtype=object)
            found = False
            for sheet, at in zip(sheets, rows, strict=True):
                if field.column in sheet.columns:
                    found = True
                    values[at], reasons[at] = _clean(field, sheet.columns[field.column])
            if not found:
                available = sorted({column for sheet in sheets for column in sheet.columns})
                raise DataError(f"{source.file}: no column {field.column!r}; it has {', '.join(available)}")
            self._merge(field.metric, source.file, values, reasons)

    def _merge(self, metric: Metric, file: str, values: np.ndarray, reasons: np.ndarray) -> None:
        name = metric.name
        if name not in self.columns:
            self.columns[name], self._reasons[name] = values, reasons
            self._origins[name] = np.where(np.isnan(values), "", file).astype(object)
            self.metrics[name] = metric
            return
        kept, origins = self.columns[name], self._origins[name]
        both = ~np.isnan(kept) & ~np.isnan(values)
        differ = np.flatnonzero(both & ~np.isclose(kept, values, rtol=_ALIKE, atol=0))
        conflicts = tuple(
            Conflict(name, self.keys[i], float(kept[i]), origins[i], float(values[i]), file) for i in differ
        )
        kept_file = "; ".join(dict.fromkeys(origins[origins != ""])) or "no file"
        gaps = np.isnan(kept) & ~np.isnan(values)
        self.comparisons.append(
            Comparison(name, kept_file, file, int(both.sum()), int(gaps.sum()), conflicts)
        )
        kept[gaps], origins[gaps], self._reasons[name][gaps] = values[gaps], file, ""
        # a reason that a file gives says more than its silence
        said = np.isnan(kept) & (self._reasons[name] == _NOT_IN_FILE)
        self._reasons[name][said] = reasons[said]

    def settle(self, on_conflict: OnConflict) -> None:
        """Do with contradicting cells what the caller wants: keep the first, make them missing, or fail."""
        conflicts = [conflict for comparison in self.comparisons for conflict in comparison.conflicts]
        if conflicts and on_conflict == "fail":
            raise DataError(f"{len(conflicts)} contradicting values, the first: {conflicts[0]}")
        if on_conflict == "missing":
            row = {key: i for i, key in enumerate(self.keys)}
            for conflict in conflicts:
                self.columns[conflict.metric][row[conflict.architecture]] = np.nan
                self._reasons[conflict.metric][row[conflict.architecture]] = _CONFLICT
        for name, metric in self.metrics.items():
            origins = self._origins[name]
            files = "; ".join(dict.fromkeys(origins[origins != ""]))
            self.metrics[name] = replace(metric, source=files)

    def missing(self) -> dict[str, dict[str, int]]:
        """Return, for each metric, why rows are missing and how many for each reason."""
        counts: dict[str, dict[str, int]] = {}
        for name, reasons in self._reasons.items():
            missing = [str(reason) for reason in reasons[np.isnan(self.columns[name])]]
            counts[name] = {reason: missing.count(reason) for reason in dict.fromkeys(missing)}
        return counts


def _clean(field: Field, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return scaled values with NaN where missing, and the reason of each row."""
    cleaned = values * field.scale
    reasons = np.full(len(values), "", dtype=object)
    rules: tuple[Rule, ...] = (BLANK, INFINITE, *field.rules)
    for rule in rules:
        hit = rule.matches(values) & (reasons == "")
        cleaned[hit], reasons[hit] = np.nan, rule.reason
    return cleaned, reasons
