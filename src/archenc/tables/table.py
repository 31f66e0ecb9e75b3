"""Measured facts about architectures: a row an architecture, a column a metric."""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, final

import numpy as np
import pyarrow as pa
from jaxtyping import Float64, Int64

from archenc.errors import DataError, InvalidArgument, MissingScore, UnknownName
from archenc.graph import Architecture
from archenc.spaces import SearchSpace, space
from archenc.store import home
from archenc.tables.content import Content, InMemory, InParquet, save
from archenc.tables.header import ARCHITECTURE_COLUMN, KEY_COLUMN, Header
from archenc.tables.importing import Listing
from archenc.tables.metric import Metric
from archenc.tables.packaged import packaged_path

RowNumbers = Sequence[int] | Sequence[np.integer] | np.ndarray
"""Rows of a table: integers, or a mask over all rows."""

_BLANK = "no value given"
_HASH = re.compile("[0-9a-f]{32}")  # no space spells an architecture so


@final
class BenchmarkTable:
    """A benchmark: architectures of one space and what has been measured on them.

    A value is a float64 in the metric's unit; a missing value is NaN, never 0. An imported table has the
    order of the benchmark's official index. Opening reads the description only (a few milliseconds); a column
    is read from the disk when it is asked for, and checked against its checksum.
    """

    def __init__(self, content: Content) -> None:
        self._content = content

    @classmethod
    def open(cls, name: str | Path, home: str | Path | None = None) -> BenchmarkTable:
        """Open an imported table by the name of its space ("nb201"), or a table file by its path.

        name: a text without slash and .parquet is a space, or a table that comes with archenc (digits201).
        home: where imported tables are kept; default $ARCHENC_HOME or the XDG data folder.
        Raises DataError: not imported yet (the message gives the command), truncated, altered or no table.
        """
        if not isinstance(name, str | Path) or name == "":
            raise InvalidArgument(f"name={name!r}: expected a space (nb201) or the path of a table file")
        path = Path(name).expanduser()
        if isinstance(name, str) and (shipped := packaged_path(name)):
            path = shipped
        elif isinstance(name, str) and path.suffix != ".parquet" and len(path.parts) == 1:
            try:
                path = stored_path(name, home)
            except UnknownName as error:
                raise DataError(f"{name!r} is no table file and no search space: {error}") from error
            if not path.exists():
                raise DataError(
                    f"{path}: no such file. Import it first:  archenc data import {name} --from FOLDER\n"
                    f"FOLDER is where the public files are; without --from those are taken that "
                    f"archenc data pull {name} fetched. If the table lies elsewhere, set ARCHENC_HOME"
                )
        return cls(InParquet(path))

    @classmethod
    def from_columns(
        cls,
        space_name: str,
        keys: Sequence[Any],
        columns: Mapping[str, Sequence[float] | np.ndarray],
        metrics: Mapping[str, Metric] | Sequence[Metric] = (),
    ) -> BenchmarkTable:
        """Build a table of your own.

        space_name: a registered space or alias. keys: n architectures in any spelling that the space parses,
        or Architecture. columns: name -> n numbers, NaN for missing. metrics: what the columns mean; a column
        without one is described by its name alone.
        Raises UnknownName, InvalidArchitecture, InvalidArgument: lengths, infinite values, repeated keys (of
        isomorphic architectures too, where the space gives them one key).
        """
        member = space(space_name)
        archs = [key if isinstance(key, Architecture) else member.parse(key) for key in keys]
        native, found = [member.format(arch) for arch in archs], [member.key(arch) for arch in archs]
        if twice := next((key for key, count in Counter(found).items() if count > 1), None):
            raise InvalidArgument(f"keys: {twice} occurs more than once; give one row an architecture")
        given = metrics if isinstance(metrics, Mapping) else {metric.name: metric for metric in metrics}
        if unknown := [name for name in given if name not in columns]:
            raise InvalidArgument(f"metrics: {unknown[0]!r} has no column; there are {', '.join(columns)}")
        arrays = {name: _column(name, values, len(native)) for name, values in columns.items()}
        header = Header(
            space=member.name,
            rows=len(native),
            metrics={name: given.get(name, Metric(name, dataset="", quantity=name)) for name in columns},
            missing={
                name: {_BLANK: int(np.isnan(values).sum())}
                for name, values in arrays.items()
                if np.isnan(values).any()
            },
        )
        return cls(InMemory(header, Listing(native, found), arrays))

    def save(self, path: str | Path) -> None:
        """Write the table as one parquet file, atomically. Raises DataError."""
        save(self._content, path)

    @property
    def space(self) -> str:
        """Canonical name of the search space."""
        return self._content.header.space

    @property
    def metrics(self) -> dict[str, Metric]:
        """Metrics by name, in the order of the columns."""
        return dict(self._content.header.metrics)

    @property
    def absent(self) -> dict[str, str]:
        """Metrics that the importer knows but that this table lacks, with the file that would bring each."""
        return dict(self._content.header.absent)

    @property
    def provenance(self) -> dict[str, Any]:
        """What the import did: files with checksums, comparisons of sources; empty for your own table."""
        return self._content.header.provenance

    def __len__(self) -> int:
        return self._content.header.rows

    def __repr__(self) -> str:
        return (
            f"<BenchmarkTable {self.space}: {len(self):,} architectures x {len(self.metrics)} metrics, "
            f"{self._content.where}>"
        )

    @cached_property
    def keys(self) -> list[str]:
        """Text by which each row is found: `space.key` of its architecture, the native spelling or a hash."""
        return self._content.keys().to_pylist()

    def spellings(self, rows: RowNumbers | None = None) -> list[str]:
        """Return the native spelling of the architecture of some rows, or of all."""
        spellings = self._spellings
        return (spellings if rows is None else spellings.take(pa.array(self._index(rows)))).to_pylist()

    def architectures(self, rows: RowNumbers | None = None) -> list[Architecture]:
        """Return the architectures of some rows, or of all; only those are parsed, and only once."""
        index = range(len(self)) if rows is None else self._index(rows).tolist()
        unknown = [row for row in dict.fromkeys(index) if row not in self._architectures]
        for row, spelling in zip(unknown, self.spellings(unknown), strict=True):
            self._architectures[row] = self._space.parse(spelling)
        return [self._architectures[row] for row in index]

    @cached_property
    def _spellings(self) -> pa.StringArray:
        return self._content.spellings()

    @cached_property
    def _architectures(self) -> dict[int, Architecture]:
        return {}

    @cached_property
    def _row_of(self) -> dict[str, int]:
        return {key: row for row, key in enumerate(self.keys)}

    @property
    def _space(self) -> SearchSpace:
        return space(self.space)

    def resolve(self, metric: str) -> Metric:
        """Return the metric of that name. Raises UnknownName, which lists near ones."""
        if not isinstance(metric, str):
            raise InvalidArgument(f"metric={metric!r:.80}: expected the name of one metric")
        metrics = self._content.header.metrics
        if metric in metrics:
            return metrics[metric]
        if metric in self.absent:
            raise UnknownName(
                f"metric={metric!r}: this table of {self.space} was imported without it, as the file "
                f"{self.absent[metric]} was not there; import again with it"
            )
        near = difflib.get_close_matches(str(metric), metrics, n=5, cutoff=0.5) or list(metrics)[:5]
        raise UnknownName(
            f"metric={metric!r}: this table of {self.space} has no such metric; near are {', '.join(near)} "
            f"(all {len(metrics)}: table.metrics, or archenc data info)"
        )

    def values(self, metric: str, rows: RowNumbers | None = None) -> Float64[np.ndarray, " n"]:
        """Return the values of a metric, of all rows or of some, in its unit; NaN where missing.

        The array is the caller's own. Raises UnknownName, DataError (altered file).
        """
        self.resolve(metric)
        values = self._content.values(metric)
        return values if rows is None else values[self._index(rows)]

    def missing(self, metric: str) -> dict[str, int]:
        """Return why rows of a metric are missing, and how many for each reason. Raises UnknownName."""
        self.resolve(metric)
        return dict(self._content.header.missing.get(metric, {}))

    def select(self, metrics: str | Sequence[str]) -> Int64[np.ndarray, " m"]:
        """Return the rows where all these metrics are present, ascending. Raises UnknownName."""
        names = [metrics] if isinstance(metrics, str) else metrics
        present = np.ones(len(self), dtype=bool)
        for name in names:
            present &= ~np.isnan(self.values(name))
        return np.flatnonzero(present).astype(np.int64)

    def rows(self, archs: Sequence[Any]) -> Int64[np.ndarray, " n"]:
        """Return the row of each architecture.

        archs: Architecture, any spelling that the space parses, or keys of this table (hashes, in
        NAS-Bench-101). Architectures that share a key share a row.
        Raises MissingScore for an architecture or key that the table lacks, InvalidArchitecture for none,
        InvalidArgument for what is no list of them.
        """
        if isinstance(archs, str | Architecture) or not isinstance(archs, Iterable):
            raise InvalidArgument(f"archs={archs!r:.80}: expected a list of architectures, also for one")
        keys = [self._key(arch) for arch in archs]
        if lacking := [key for key in keys if key not in self._row_of]:
            raise MissingScore(
                f"archs: {len(lacking)} of {len(keys)} are not among the {len(self):,} rows of this table, "
                f"the first: {lacking[0]}"
            )
        return np.array([self._row_of[key] for key in keys], dtype=np.int64)

    def _key(self, arch: Any) -> str:
        if isinstance(arch, str) and arch in self._row_of:
            return arch
        if isinstance(arch, str) and _HASH.fullmatch(arch):
            raise MissingScore(f"archs: no row of this table of {self.space} has the key {arch}")
        return self._space.key(arch if isinstance(arch, Architecture) else self._space.parse(arch))

    def _index(self, rows: RowNumbers) -> Int64[np.ndarray, " m"]:
        """Return row numbers, checked; a mask is legal too."""
        try:
            index = np.asarray(rows)
        except ValueError:  # lists of different lengths
            index = np.array(None)
        if index.dtype == bool and index.shape == (len(self),):
            return np.flatnonzero(index).astype(np.int64)
        wrong = index.size and (index.dtype.kind not in "iu" or index.min() < 0 or index.max() >= len(self))
        if index.ndim != 1 or wrong:
            raise InvalidArgument(
                f"rows: expected integers in 0..{len(self) - 1} or a mask of {len(self)} rows"
            )
        return index.astype(np.int64)

    def to_arrow(self, metrics: Sequence[str] | None = None) -> pa.Table:
        """Return columns (all by default) as an Arrow table, null where missing.

        They come after `architecture`, the native spelling, and `key` where that is another text. Each is
        checked against its checksum. Raises UnknownName, DataError.
        """
        names = list(self.metrics) if metrics is None else list(metrics)
        texts, keys = {ARCHITECTURE_COLUMN: self._spellings}, self._content.keys()
        if not keys.equals(self._spellings):
            texts[KEY_COLUMN] = keys
        return pa.table(texts | {name: pa.array(self.values(name), from_pandas=True) for name in names})


def stored_path(name: str, at: str | Path | None = None) -> Path:
    """Return where the imported table of a space is kept: `tables/{space}.parquet` in archenc's home.

    name: a space or alias. at: the home; default $ARCHENC_HOME or the XDG data folder. Raises UnknownName.
    """
    return home(at) / "tables" / f"{space(name).name}.parquet"


def _column(name: str, values: Sequence[float] | np.ndarray, n: int) -> np.ndarray:
    try:
        column = np.array(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InvalidArgument(f"columns[{name!r}] is not numbers: {error}") from error
    if column.shape != (n,):
        raise InvalidArgument(
            f"columns[{name!r}] has shape {column.shape}; there are {n} keys, so give ({n},)"
        )
    if np.isinf(column).any():
        raise InvalidArgument(f"columns[{name!r}] has infinite values; give NaN where a value is missing")
    if name in (ARCHITECTURE_COLUMN, KEY_COLUMN):
        raise InvalidArgument(f"columns: {name!r} is a column of texts of every table; choose another name")
    return column
