"""Saliencies of single operations at hand: looked up by architecture, kept in a file, found by name."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, Self, final

import numpy as np
from jaxtyping import Float64

from archenc.errors import DataError, InvalidArgument, MissingScore
from archenc.graph import Architecture, Cell, Kind
from archenc.spaces import space
from archenc.store import home

OPERATIONS = "operations.parquet"
FOLDER = "operations"
"""Of $ARCHENC_HOME: where a name is looked for."""
_META = b"archenc"
_KIND = "scores of operations"


@final
@dataclass(frozen=True, eq=False)
class OperationScores:
    """Saliencies at hand, one array of them for a whole population; called with architectures, it looks up.

    space: name of the space. keys: n native spellings (of isomorphic cells the operations may stand in
    another order, so a hash would not do). values: [n, u, z], the u operations of all cells one after
    another, as the `op_on_node` view and `networks.operation_paths` number them; NaN where there is none, and
    behind the last operation of a smaller architecture. names: of the z saliencies, where they are known.
    recipe: how they were measured.
    """

    space: str
    keys: tuple[str, ...] = field(repr=False)
    values: Float64[np.ndarray, "n u z"] = field(repr=False)
    names: tuple[str, ...] = ()
    recipe: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        shape = self.values.shape
        if len(shape) != 3 or shape[0] != len(self.keys) or len(self.names) not in (0, shape[2]):
            raise InvalidArgument(
                f"values have shape {shape} for {len(self.keys)} architectures and {len(self.names)} names: "
                "expected (n, u, z), and z names or none"
            )

    @classmethod
    def of(cls, archs: Sequence[Architecture], values: Any, names: Sequence[str] = ()) -> Self:
        """Give architectures of a space their saliencies [n, u, z]. Raises InvalidArgument."""
        array = np.asarray(values, dtype=np.float64)
        if array.ndim != 3 or len(array) != len(archs):
            raise InvalidArgument(
                f"values have shape {array.shape} for {len(archs)} architectures: expected (n, u, z)"
            )
        if not len(archs):
            raise InvalidArgument("archs: none given")
        home_space = space(archs[0].space)
        return cls(home_space.name, tuple(map(home_space.format, archs)), array, tuple(names))

    @cached_property
    def _row(self) -> dict[str, int]:
        return {key: row for row, key in enumerate(self.keys)}

    def __call__(self, archs: Sequence[Architecture]) -> list[np.ndarray]:
        """Return one array [operations, z] an architecture. Raises MissingScore, InvalidArgument."""
        spell = space(self.space).format
        found = []
        for arch in archs:
            if arch.space != self.space:
                raise InvalidArgument(f"saliencies are of space {self.space!r}, X is of {arch.space!r}")
            row = self._row.get(spell(arch))
            if row is None:
                raise MissingScore(f"no saliencies of {spell(arch)!r}, there are {len(self.keys):,} others")
            found.append(self.values[row, : sum(map(_operations, arch.cells))])
        return found

    def __deepcopy__(self, memo: object) -> Self:
        return self  # nothing changes it, and an estimator copies its parameters with every clone

    def save(self, path: str | Path) -> None:
        """Write a Parquet file, the same bytes for the same values. Raises DataError."""
        import pyarrow as pa

        from archenc.store.parquet import write_parquet

        n, u, z = self.values.shape
        names = self.names or tuple(f"saliency{i}" for i in range(z))
        columns: dict[str, Any] = {"spelling": pa.array(self.keys, pa.string())}
        for i, name in enumerate(names):
            flat = pa.array(np.ascontiguousarray(self.values[:, :, i]).reshape(n * u))
            columns[name] = pa.FixedSizeListArray.from_arrays(flat, u)
        about = {"kind": _KIND, "space": self.space, "recipe": dict(self.recipe)}
        table = pa.table(columns).replace_schema_metadata({_META: json.dumps(about, sort_keys=True)})
        write_parquet(table, path)

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read what `save` wrote. Raises DataError for a damaged file, or another one."""
        from archenc.store.parquet import read_parquet

        table = read_parquet(path)
        try:
            about = json.loads((table.schema.metadata or {}).get(_META, b"{}"))
        except ValueError:
            about = {}
        if not isinstance(about, dict) or about.get("kind") != _KIND:
            raise DataError(f"{path}: no scores of operations; `archenc score --operations` writes some")
        names = [name for name in table.column_names if name != "spelling"]
        columns = [table.column(name).combine_chunks() for name in names]
        n = table.num_rows
        values = np.stack([np.asarray(one.flatten()).reshape(n, -1) for one in columns], axis=2)
        return cls(
            about["space"], tuple(table.column("spelling").to_pylist()), values, tuple(names), about["recipe"]
        )


def operation_scores(where: str | Path) -> OperationScores:
    """Return the scores in a file, in the folder of a run, or in `operations/NAME` of $ARCHENC_HOME.

    The same object as long as the file does not change. Raises DataError where there is none.
    """
    given = Path(where).expanduser()
    named = home() / FOLDER / given
    for path in (given, given / OPERATIONS, named / OPERATIONS):
        if path.is_file():
            return _read(path.resolve(), path.stat().st_mtime_ns)
    raise DataError(
        f"no scores of operations at {given} or {named}; write them with `archenc score --space SPACE --rows "
        f"all --operations --out {named}`"
    )


@lru_cache(maxsize=4)
def _read(path: Path, changed: int) -> OperationScores:
    del changed  # another time of change, another key
    return OperationScores.load(path)


def _operations(cell: Cell) -> int:
    if cell.ops_on == "nodes":
        return cell.n_nodes - cell.n_inputs - 1
    return sum(edge.op.kind is not Kind.LINK for edge in cell.edges)
