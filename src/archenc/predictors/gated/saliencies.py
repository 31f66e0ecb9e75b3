"""Saliencies of single operations: what tells two equal operations of a cell apart before any training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Self

import numpy as np
from jaxtyping import Float32, Float64

from archenc.errors import InvalidArgument, MissingScore
from archenc.graph import Architecture, Cell, GraphBatch, Kind, architectures
from archenc.predictors.gated.op_features import Saliencies
from archenc.spaces import space


@dataclass(frozen=True, eq=False)
class OperationScores:
    """Saliencies at hand, to be looked up: one array of them for a whole population.

    space: name of the space. keys: n texts of `space.key`. values: [n, u, z], the u operations of all cells
    one after another, as the `op_on_node` view and `networks.operation_paths` number them; NaN where there is
    none, and behind the last operation of a smaller architecture.
    """

    space: str
    keys: tuple[str, ...] = field(repr=False)
    values: Float64[np.ndarray, "n u z"] = field(repr=False)

    @classmethod
    def of(cls, archs: Sequence[Architecture], values: Any) -> Self:
        """Give architectures their saliencies [n, u, z]. Raises InvalidArgument for another shape."""
        array = np.asarray(values, dtype=np.float64)
        if array.ndim != 3 or len(array) != len(archs):
            raise InvalidArgument(
                f"values have shape {array.shape} for {len(archs)} architectures: expected (n, u, z)"
            )
        home = space(archs[0].space)
        return cls(home.name, tuple(home.key(arch) for arch in archs), array)

    @cached_property
    def _row(self) -> dict[str, int]:
        return {key: row for row, key in enumerate(self.keys)}

    def __call__(self, archs: Sequence[Architecture]) -> list[np.ndarray]:
        """Return one array [operations, z] an architecture. Raises MissingScore."""
        found = []
        for arch in archs:
            row = self._row.get(space(self.space).key(arch))
            if row is None:
                raise MissingScore(f"no saliencies of {space(self.space).format(arch)!r}")
            found.append(self.values[row, : sum(map(_operations, arch.cells))])
        return found


def _operations(cell: Cell) -> int:
    if cell.ops_on == "nodes":
        return cell.n_nodes - cell.n_inputs - 1
    return sum(edge.op.kind is not Kind.LINK for edge in cell.edges)


@dataclass(frozen=True, eq=False)
class SaliencyScale:
    """sign(v) log(1 + |v|), standardised on the training architectures; a missing one becomes 0, the mean."""

    mean: Float64[np.ndarray, " z"]
    spread: Float64[np.ndarray, " z"]

    @classmethod
    def fit(cls, raw: Float64[np.ndarray, "n c W z"]) -> Self:
        """Learn the scale. Raises InvalidArgument for a saliency that no training architecture has."""
        rows = _logarithm(raw).reshape(-1, raw.shape[-1])
        known = np.isfinite(rows)
        if not known.any(0).all():
            missing = int(np.flatnonzero(~known.any(0))[0])
            raise InvalidArgument(f"saliency {missing} is missing from every training architecture")
        mean = np.nanmean(np.where(known, rows, np.nan), axis=0)
        spread = np.nanstd(np.where(known, rows, np.nan), axis=0)
        return cls(mean, np.where(spread > 1e-9, spread, 1.0))

    def apply(self, raw: Float64[np.ndarray, "n c W z"]) -> Float32[np.ndarray, "n c W z"]:
        """Return the scaled saliencies."""
        scaled = (_logarithm(raw) - self.mean) / self.spread
        return np.where(np.isfinite(scaled), scaled, 0.0).astype(np.float32)


def placed(batch: GraphBatch, saliencies: Saliencies) -> Float64[np.ndarray, "n c W z"]:
    """Return the saliencies at the nodes of the `op_on_node` view of a native batch, NaN elsewhere.

    Raises InvalidArgument for saliencies that are not one row an operation.
    """
    nodes = batch.to_view("op_on_node")
    inner = nodes.mask.copy()
    inner[..., : nodes.inputs] = inner[..., -1] = False
    archs = architectures(batch)
    given = [np.asarray(rows, dtype=np.float64) for rows in saliencies(archs)]
    if len(given) != len(archs):
        raise InvalidArgument(f"saliencies gave {len(given)} arrays for {len(archs)} architectures")
    z = given[0].shape[-1]
    found = np.full((*nodes.ops.shape, z), np.nan)
    for row, values in enumerate(given):
        count = int(inner[row].sum())
        if values.shape != (count, z):
            raise InvalidArgument(
                f"saliencies of row {row} have shape {values.shape}; expected ({count}, {z}): one row an "
                "operation"
            )
        found[row][inner[row]] = values
    return found


def _logarithm(raw: np.ndarray) -> np.ndarray:
    return np.sign(raw) * np.log1p(np.abs(raw))
