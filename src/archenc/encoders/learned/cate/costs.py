"""What the network of a cell costs, for every cell of a space: the scalar by which CATE forms pairs.

Three exact ways, the fastest that applies: the closed form of NAS-Bench-101's parameters, evaluated for all
cells at once; sums over operations, whose terms are solved from a few built networks and checked on others;
networks built and counted one by one. A space may have cells of several places (normal and reduction); a cell
costs what the network costs that has it in all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal

import numpy as np
from jaxtyping import Float64, Int64

from archenc.encoders.base import Population
from archenc.encoders.frame import registered_space
from archenc.errors import ArchencError, InvalidArgument
from archenc.graph import Architecture, GraphBatch, Kind, architectures, as_batch, op, vocabulary
from archenc.networks import build, count
from archenc.networks.nb101_vertices import KERNELS, stages

Quantity = Literal["params", "flops"]
Cost = Callable[[GraphBatch], np.ndarray]
QUANTITIES: tuple[Quantity, ...] = ("params", "flops")

_CHECKED = 12
"""Networks on which sums over operations are checked before they are believed."""


def cell_costs(X: Population, cost: Quantity | Cost) -> Float64[np.ndarray, " n"]:
    """Return the cost of the first cell of each architecture.

    cost: "params" or "flops" of the network that the space trains by default (FLOPs as NAS-Bench-Suite-Zero
    counts them), or a function from a native GraphBatch to n numbers. Raises InvalidArgument.
    """
    batch = as_batch(X)
    if callable(cost):
        found = np.asarray(cost(batch), dtype=np.float64)
        if found.shape != (len(batch),):
            raise InvalidArgument(f"cost gave the shape {found.shape} for {len(batch)} architectures")
        return found
    if cost not in QUANTITIES:
        raise InvalidArgument(f"cost={cost!r}; legal: {', '.join(QUANTITIES)}, or a function of a batch")
    closed = _CLOSED_FORMS.get((batch.space, cost))
    if closed is not None:
        return closed(batch)
    terms = _terms(batch.space, cost)
    if terms is not None:
        base, by_operation = terms
        return np.rint(base + _operations(batch)[:, 0] @ by_operation)
    return _counted(architectures(X) if isinstance(X, GraphBatch) else X, cost)


def nb101_parameters(batch: GraphBatch) -> Float64[np.ndarray, " n"]:
    """Return the trainable parameters of NAS-Bench-101's network, for each of n cells numbered as trained.

    Equal to `nb101_vertices.parameters` of the pruned cell.
    """
    live = batch.live[:, 0]
    links = batch.adjacency[:, 0].astype(bool) & live[:, :, None] & live[:, None, :]
    last = links.shape[1] - 1
    ends = links[:, :, last].copy()
    ends[:, 0] = False
    n_ends, rank = ends.sum(axis=1), np.cumsum(ends, axis=1) - 1
    kernels = np.zeros((len(batch), last + 1), dtype=np.int64)
    for member, size in KERNELS.items():
        kernels[(batch.ops[:, 0] == member.index) & live] = size * size
    total = np.full(len(batch), 9 * 3 * 128 + 2 * 128 + (512 + 1) * 10, dtype=np.int64)
    for entering, leaving in [pair for stack in stages(128, 3, 3) for pair in stack]:
        share = leaving // np.maximum(n_ends, 1)
        width = np.where(ends, share[:, None] + (rank < (leaving % np.maximum(n_ends, 1))[:, None]), 0)
        width[:, last] = leaving
        for vertex in range(last - 1, 0, -1):
            feeds = np.where(links[:, vertex, 1:last], width[:, 1:last], 0).max(axis=1, initial=0)
            width[:, vertex] = np.where(ends[:, vertex], width[:, vertex], feeds)
        total += np.where(links[:, 0], entering * width + 2 * width, 0).sum(axis=1)
        total += np.where(kernels > 0, kernels * width * width + 2 * width, 0).sum(axis=1)
    return total.astype(np.float64)


_CLOSED_FORMS: dict[tuple[str, Quantity], Callable[[GraphBatch], np.ndarray]] = {
    ("nasbench101", "params"): nb101_parameters
}
_TERMS: dict[tuple[str, Quantity], tuple[float, np.ndarray] | None] = {}


def _terms(space_name: str, cost: Quantity) -> tuple[float, np.ndarray] | None:
    """Return the cost without operations, and what each kind of them adds; None if it does not add up."""
    key = (space_name, cost)
    if key not in _TERMS:
        _TERMS[key] = _solved(space_name, cost)
    return _TERMS[key]


def _solved(space_name: str, cost: Quantity) -> tuple[float, np.ndarray] | None:
    member = registered_space(space_name)
    some = member.sample(1, 0)
    if some[0].attributes or some[0].cells[0].ops_on == "nodes":
        return None
    kinds = _operations(as_batch(some))[0].size
    used: Any = _operations(as_batch(member.sample(200, 1))).any(axis=0)
    archs = member.sample(int(used.sum()) + 8 + _CHECKED, 2)
    counts = _operations(as_batch(archs))
    rows = np.column_stack([np.ones(len(archs)), counts.reshape(len(archs), kinds)[:, used.ravel()]])
    values = _counted(archs, cost)
    solution = np.linalg.lstsq(rows[:-_CHECKED], values[:-_CHECKED], rcond=None)[0]
    if not np.allclose(rows @ solution, values, rtol=1e-9, atol=0.5):
        return None
    terms = np.zeros(kinds)
    terms[used.ravel()] = solution[1:]
    # a cell in all places: the terms of the places add up
    return float(solution[0]), terms.reshape(counts.shape[1:]).sum(axis=0)


def _operations(batch: GraphBatch) -> Int64[np.ndarray, "n c k"]:
    """Count the edges of each kind in each cell: the operation, and whether it starts at an input."""
    size = len(vocabulary())
    n, c, width, _ = batch.edge_ops.shape
    from_input = np.arange(width) < batch.inputs
    carrying = (batch.edge_ops >= 0) & ~np.isin(batch.edge_ops, _silent())
    kind = batch.edge_ops + np.where(from_input, size, 0)[None, None, :, None]
    cell = np.broadcast_to(np.arange(n * c).reshape(n, c, 1, 1), kind.shape)
    flat = cell[carrying] * (2 * size) + kind[carrying]
    return np.bincount(flat, minlength=n * c * 2 * size).reshape(n, c, 2 * size)


def _silent() -> list[int]:
    return [op("link").index, *[member.index for member in vocabulary() if member.kind is Kind.NONE]]


def _counted(archs: Sequence[Architecture], cost: Quantity) -> Float64[np.ndarray, " n"]:
    options: dict[str, Any] = {"device": "meta"}
    try:
        found = [count(build(arch, **options)) for arch in archs]
    except ArchencError as error:
        raise InvalidArgument(f"cost={cost!r}: the networks cannot be counted ({error})") from error
    return np.array([getattr(one, cost) for one in found], dtype=np.float64)
