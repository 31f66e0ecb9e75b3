"""Saliencies of operations on a scale: what tells equal operations of a cell apart before any training."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from jaxtyping import Float32, Float64

from archenc.errors import InvalidArgument
from archenc.graph import GraphBatch, architectures
from archenc.predictors.information.op_features import Saliencies


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
