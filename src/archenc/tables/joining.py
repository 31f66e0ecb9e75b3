"""Join what many files say about the same architectures, and report where they contradict each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, final

import numpy as np
from jaxtyping import Float64, Int8, Int64

from archenc.errors import DataError
from archenc.tables.importing import BLANK, INFINITE, REPEATS, Field, Sheet, Source
from archenc.tables.metric import Metric
from archenc.tables.rows import Rows

OnConflict = Literal["keep", "missing", "fail"]

_ALIKE = 1e-9  # relative: the rounding of a change of unit, nothing more
_PRESENT = ""
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


@final
class Join:
    """One column a metric, filled file by file; `add` compares where another file has spoken already."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows
        self._spellings = rows.spellings
        self.columns: dict[str, Float64[np.ndarray, " n"]] = {}
        self.metrics: dict[str, Metric] = {}
        self.comparisons: list[Comparison] = []
        self._files: list[str] = []  # in the order of precedence
        self._reasons: list[str] = [_PRESENT, _NOT_IN_FILE]
        self._origin: dict[str, Int8[np.ndarray, " n"]] = {}  # position in _files, -1 where missing
        self._reason: dict[str, Int8[np.ndarray, " n"]] = {}  # position in _reasons

    def add(self, source: Source, sheets: Sequence[Sheet]) -> None:
        """Add what a file says. Raises DataError when a column or an architecture is not as expected."""
        rows = [self._rows.find(sheet, source.file) for sheet in sheets]
        self._files.append(source.file)
        for field in source.fields:
            values = np.full(len(self._rows), np.nan)
            reason = np.full(len(self._rows), self._code(_NOT_IN_FILE), dtype=np.int8)
            found = False
            for sheet, at in zip(sheets, rows, strict=True):
                if field.column in sheet.columns:
                    found = True
                    column = self._clean(field, sheet.columns[field.column])
                    if sheet.repeats == "mean":
                        at, *column = mean_of_repeats(at, *column)
                    values[at], reason[at] = column
                elif field.column == REPEATS and sheet.repeats == "mean":
                    found = True
                    at, counts = np.unique(at, return_counts=True)
                    values[at], reason[at] = counts, 0
            if not found:
                available = sorted({column for sheet in sheets for column in sheet.columns})
                raise DataError(f"{source.file}: no column {field.column!r}; it has {', '.join(available)}")
            self._merge(field.metric, values, reason)

    def _clean(self, field: Field, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return scaled values with NaN where missing, and the code of the reason of each row."""
        cleaned = values * field.scale
        reason = np.zeros(len(values), dtype=np.int8)
        for rule in (BLANK, INFINITE, *field.rules):
            hit = rule.matches(values) & (reason == 0)
            cleaned[hit], reason[hit] = np.nan, self._code(rule.reason)
        return cleaned, reason

    def _code(self, reason: str) -> int:
        if reason not in self._reasons:
            self._reasons.append(reason)
        return self._reasons.index(reason)

    def _merge(self, metric: Metric, values: np.ndarray, reason: np.ndarray) -> None:
        """Take a column of the last file: whole, or into the gaps of a column that is there already."""
        name, last = metric.name, len(self._files) - 1
        present = ~np.isnan(values)
        if name not in self.columns:
            self.metrics[name], self.columns[name], self._reason[name] = metric, values, reason
            self._origin[name] = np.where(present, last, -1).astype(np.int8)
            return
        kept, origin = self.columns[name], self._origin[name]
        both, gaps = present & (origin >= 0), present & (origin < 0)
        differ = np.flatnonzero(both & ~np.isclose(kept, values, rtol=_ALIKE, atol=0))
        conflicts = tuple(
            Conflict(
                metric=name,
                architecture=self._spellings[i],
                kept=float(kept[i]),
                kept_source=self._files[origin[i]],
                other=float(values[i]),
                other_source=self._files[last],
            )
            for i in differ
        )
        self.comparisons.append(
            Comparison(
                name, self._sources(name), self._files[last], int(both.sum()), int(gaps.sum()), conflicts
            )
        )
        # a reason that a file gives says more than its silence
        said = ~present & (origin < 0) & (self._reason[name] == self._code(_NOT_IN_FILE))
        self._reason[name][said] = reason[said]
        kept[gaps], origin[gaps], self._reason[name][gaps] = values[gaps], last, 0

    def _sources(self, name: str) -> str:
        """Return the files that values of a metric came from, in the order of precedence."""
        used = np.unique(self._origin[name])
        return "; ".join(self._files[file] for file in used if file >= 0)

    def settle(self, on_conflict: OnConflict) -> None:
        """Do with contradicting cells what the caller wants: keep the first, make them missing, or fail."""
        conflicts = [conflict for comparison in self.comparisons for conflict in comparison.conflicts]
        if conflicts and on_conflict == "fail":
            raise DataError(f"{len(conflicts)} contradicting values, the first: {conflicts[0]}")
        if on_conflict == "missing":
            row = {spelling: i for i, spelling in enumerate(self._spellings)}
            for conflict in conflicts:
                at = row[conflict.architecture]
                self.columns[conflict.metric][at] = np.nan
                self._reason[conflict.metric][at] = self._code(_CONFLICT)
        for name, metric in self.metrics.items():
            self.metrics[name] = replace(metric, source=self._sources(name))

    def missing(self) -> dict[str, dict[str, int]]:
        """Return, for each metric, why rows are missing and how many for each reason."""
        counts: dict[str, dict[str, int]] = {}
        for name, reason in self._reason.items():
            codes, numbers = np.unique(reason[reason > 0], return_counts=True)
            counts[name] = {self._reasons[code]: int(n) for code, n in zip(codes, numbers, strict=True)}
        return counts


def mean_of_repeats(
    rows: Int64[np.ndarray, " n"], values: Float64[np.ndarray, " n"], reason: Int8[np.ndarray, " n"]
) -> tuple[Int64[np.ndarray, " k"], Float64[np.ndarray, " k"], Int8[np.ndarray, " k"]]:
    """Return each row once, the mean of its values that are present, and why there is none.

    Where none is present, the reason is that of the first. Equal values keep their last digit.
    """
    unique, first, group = np.unique(rows, return_index=True, return_inverse=True)
    present = ~np.isnan(values)
    counts = np.bincount(group[present], minlength=len(unique))
    sums = np.bincount(group[present], values[present], minlength=len(unique))
    low, high = np.full(len(unique), np.inf), np.full(len(unique), -np.inf)
    np.minimum.at(low, group[present], values[present])
    np.maximum.at(high, group[present], values[present])
    some = counts > 0
    mean = np.full(len(unique), np.nan)
    mean[some] = np.where(low[some] == high[some], low[some], sums[some] / counts[some])
    return unique, mean, np.where(some, 0, reason[first]).astype(np.int8)
