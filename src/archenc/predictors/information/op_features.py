"""What an operation computes, as numbers for its gate: the operation-level information of GATES++.

Every operation instance of an architecture has a row: what it is, what it costs at the channels and the
resolution of its network, and where in the cell it stands. Nothing is computed with weights, unless
saliencies are given. After Ning et al., IEEE TPAMI 45(7), 2023, which publishes no construction.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Self

import numpy as np
from jaxtyping import Float, Float32, Float64

from archenc.errors import InvalidArgument
from archenc.graph import Architecture, GraphBatch, Kind, Op, architectures, as_batch, vocabulary

Population = Sequence[Architecture] | GraphBatch
Saliencies = Callable[[Sequence[Architecture]], Sequence[np.ndarray]]
"""Architectures to one array [operations, z] each, rows as `networks.operation_paths`; NaN where missing."""

KINDS = {
    "conv": (Kind.CONV,),
    "residual": (Kind.RESIDUAL,),
    "pooling": (Kind.AVG_POOL, Kind.MAX_POOL),
    "max": (Kind.MAX_POOL,),
    "identity": (Kind.IDENTITY,),
    "none": (Kind.NONE,),
    "sum": (Kind.SUM,),
    "input": (Kind.INPUT,),
    "output": (Kind.OUTPUT,),
}
DESCRIBED = ("separable", "dilated", "parametrised", "height", "width", "dilation", "stride", "widening")
MEASURED = ("log_params", "log_flops", "field_increment", "field", "depth")
NAMES = (*KINDS, *DESCRIBED, *MEASURED)


def static_features(batch: GraphBatch) -> Float32[np.ndarray, "n c V p"]:
    """Return the features `NAMES` of every node of the `op_on_node` view of a native batch; 0 at padding.

    params and FLOPs are those of all stacked copies, as log(1 + count). The receptive field grows by
    (kernel - 1) * dilation an operation; field and depth are the largest over the paths from an input that
    pass no `none`, and 0 where there is no such path.
    Raises UnknownName for a space without networks.
    """
    nodes = batch.to_view("op_on_node")
    described, increments = _described()
    paths = batch.to_view("op_on_node", "none").adjacency.astype(bool)
    field, depth = _reach(paths, nodes.ops, nodes.inputs, increments)
    measured = [*_costs(batch, nodes), increments[nodes.ops], field, depth]
    return np.concatenate([described[nodes.ops], np.stack(measured, axis=-1)], axis=-1).astype(np.float32)


@dataclass(frozen=True)
class OpFeatures:
    """Features of operation instances on the scale of a reference population.

    mean, scale: of each column over the real nodes of the reference; a constant column becomes 0. With
    saliencies there are more columns, and each of those brings a second one that says where it is missing.
    """

    mean: Float64[np.ndarray, " p"]
    scale: Float64[np.ndarray, " p"]

    @classmethod
    def fit(cls, reference: Population, saliencies: Saliencies | None = None) -> Self:
        """Learn the scale from architectures without labels."""
        batch = as_batch(reference)
        raw = _raw(batch, saliencies)
        rows = raw[batch.to_view("op_on_node").mask].astype(np.float64)
        mean, spread = _finite_moments(rows)
        return cls(mean, np.where(spread > 1e-6, spread, np.inf))

    def transform(
        self, X: Population, saliencies: Saliencies | None = None
    ) -> Float32[np.ndarray, "n c V p"]:
        """Return the features [n, c, V, p] of the `op_on_node` view; 0 at padding and where missing.

        saliencies: given exactly if they were given to `fit`.
        """
        batch = as_batch(X)
        scaled = (_raw(batch, saliencies) - self.mean) / self.scale
        mask = batch.to_view("op_on_node").mask[..., None]
        return np.where(mask & np.isfinite(scaled), scaled, 0.0).astype(np.float32)


def _raw(batch: GraphBatch, saliencies: Saliencies | None) -> Float[np.ndarray, "n c V p"]:
    static = static_features(batch)
    return static if saliencies is None else np.concatenate([static, _salient(batch, saliencies)], axis=-1)


def _finite_moments(
    rows: Float64[np.ndarray, "m p"],
) -> tuple[Float64[np.ndarray, " p"], Float64[np.ndarray, " p"]]:
    known = np.isfinite(rows)
    count = np.maximum(known.sum(0), 1)
    mean = np.where(known, rows, 0.0).sum(0) / count
    return mean, np.sqrt((np.where(known, rows - mean, 0.0) ** 2).sum(0) / count)


@cache
def _described() -> tuple[Float32[np.ndarray, "m q"], Float32[np.ndarray, " m"]]:
    """What the vocabulary says of each operation, and how far it reaches; the last row is for padding."""
    rows = [_row(member) for member in vocabulary()]
    increments = [_increment(member) for member in vocabulary()]
    return (
        np.array([*rows, [0.0] * len(rows[0])], dtype=np.float32),
        np.array([*increments, 0.0], dtype=np.float32),
    )


def _row(member: Op) -> list[float]:
    kinds = [float(member.kind in kinds) for kinds in KINDS.values()]
    height, width = member.kernel
    numbers = (member.separable, member.dilation > 1, member.parametrised, height, width)
    return [*kinds, *map(float, (*numbers, member.dilation, member.stride, member.widening))]


def _increment(member: Op) -> float:
    height, width = member.kernel
    stacked = member.repeats if height == width else 1  # an oblong kernel and its transpose reach like one
    return float(max(height - 1, width - 1, 0) * member.dilation * stacked)


def _reach(
    paths: np.ndarray, ops: np.ndarray, inputs: int, increments: np.ndarray
) -> tuple[Float[np.ndarray, "n c V"], Float[np.ndarray, "n c V"]]:
    """Receptive field and depth at each node, by one pass in topological order."""
    steps = np.stack([increments[ops], np.ones(ops.shape)])
    best = np.full(steps.shape, -np.inf)
    best[..., :inputs] = 0.0
    for node in range(inputs, ops.shape[-1]):
        before = np.where(paths[..., :node, node], best[..., :node], -np.inf)
        best[..., node] = before.max(-1) + steps[..., node]
    field, depth = np.where(np.isfinite(best), best, 0.0)
    return field, depth


def _costs(batch: GraphBatch, nodes: GraphBatch) -> tuple[np.ndarray, np.ndarray]:
    """log(1 + params) and log(1 + FLOPs) of each node."""
    from archenc.networks import operation_counts

    found = np.zeros((2, *nodes.ops.shape))
    for row, counts in enumerate(operation_counts(architectures(batch))):
        for (cell, number), spent in counts.items():
            found[:, row, cell, nodes.inputs + number] = spent.params, spent.flops
    return tuple(np.log1p(found))


def _salient(batch: GraphBatch, saliencies: Saliencies) -> Float[np.ndarray, "n c V z2"]:
    """Saliencies as sign(v) log(1 + |v|), NaN where missing, and columns that say where that is."""
    nodes = batch.to_view("op_on_node")
    weighted = np.array([member.parametrised for member in vocabulary()] + [False])
    archs = architectures(batch)
    given = [np.asarray(rows, dtype=np.float64) for rows in saliencies(archs)]
    if len(given) != len(archs):
        raise InvalidArgument(f"saliencies gave {len(given)} arrays for {len(archs)} architectures")
    z = given[0].shape[-1]
    found = np.full((*nodes.ops.shape, z), np.nan)
    inner = nodes.mask.copy()
    inner[..., : nodes.inputs] = inner[..., -1] = False
    for row, values in enumerate(given):
        if values.shape != (int(inner[row].sum()), z):
            raise InvalidArgument(
                f"saliencies of row {row} have shape {values.shape}; expected "
                f"({int(inner[row].sum())}, {z}): one row an operation"
            )
        found[row][inner[row]] = values
    found[~(weighted[nodes.ops] & np.isfinite(found).all(-1))] = np.nan
    lacking = np.isnan(found).astype(np.float64)
    return np.concatenate([np.sign(found) * np.log1p(np.abs(found)), lacking], axis=-1)
