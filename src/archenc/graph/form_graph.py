"""Canonical forms that keep the graph: `raw-v1`, `live-v1`, `live-iso-v1`."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np
from jaxtyping import Bool, Int, Int16, UInt64

from archenc.graph.form_terms import distinct_rows
from archenc.graph.live import NONE, live_nodes, passing_edges
from archenc.graph.ops import op, vocabulary

_SILENT = {op("link").index, op("sum").index, op("output").index}
_NAMES = tuple("" if member.index in _SILENT else member.name for member in vocabulary())
_SUM = op("sum").index


def raw_texts(ops: Int16[np.ndarray, "n V"], edge_ops: Int16[np.ndarray, "n V V"], inputs: int) -> np.ndarray:
    """Return the cells as they are: node by node, `operation|edge operation~source|...`, joined by "+".

    Sums, the output and links have no name in it, so that a NAS-Bench-201 cell reads like its native string.
    """
    n = len(ops)
    first, where = distinct_rows(np.concatenate([ops, edge_ops.reshape(n, -1)], axis=1))
    return np.array(
        [_text(ops[row].tolist(), edge_ops[row].T.tolist(), inputs) for row in first], dtype=object
    )[where]


def live_texts(
    ops: Int16[np.ndarray, "n V"], edge_ops: Int16[np.ndarray, "n V V"], inputs: int
) -> np.ndarray:
    """Return the live parts: edges off it are left out, dead operations on nodes read `none`."""
    live, edge_ops = _live_part(ops, edge_ops, inputs)
    dead = ~live & (ops >= 0) & (ops != _SUM)
    dead[:, :inputs] = dead[:, -1] = False
    return raw_texts(np.where(dead, np.int16(NONE), ops), edge_ops, inputs)


def live_iso_texts(
    ops: Int16[np.ndarray, "n V"], edge_ops: Int16[np.ndarray, "n V V"], inputs: int
) -> np.ndarray:
    """Return the live parts up to relabelling: without dead nodes, hidden nodes in a canonical order."""
    ops, edge_ops, where = live_iso(ops, edge_ops, inputs)
    return raw_texts(ops, edge_ops, inputs)[where]


def live_iso(
    ops: Int16[np.ndarray, "n V"], edge_ops: Int16[np.ndarray, "n V V"], inputs: int
) -> tuple[Int16[np.ndarray, "m V"], Int16[np.ndarray, "m V V"], Int[np.ndarray, " n"]]:
    """Return the distinct live parts, hidden nodes in a canonical order, and for each cell which is its.

    Dead nodes have become padding, wherever they stood.
    """
    live, edge_ops = _live_part(ops, edge_ops, inputs)
    live[:, :inputs] = live[:, -1] = True
    ops = np.where(live, ops, np.int16(-1))
    first, where = distinct_rows(np.concatenate([ops, edge_ops.reshape(len(ops), -1)], axis=1))
    ops, edge_ops = ops[first], edge_ops[first]
    depth, colour = _depths(edge_ops, inputs), _colours(ops, edge_ops, inputs)
    depth[~live[first]] = depth.shape[1]
    depth[:, -1] = depth.shape[1] + 1
    depth[:, :inputs] = 0
    colour[:, :inputs] = np.arange(inputs, dtype=np.uint64)
    order = np.argsort(colour, axis=1, kind="stable")
    order = np.take_along_axis(
        order, np.argsort(np.take_along_axis(depth, order, 1), axis=1, kind="stable"), 1
    )
    row = np.arange(len(ops))[:, None]
    ops, edge_ops = ops[row, order], edge_ops[row[:, :, None], order[:, :, None], order[:, None, :]]
    colour, depth = colour[row, order], depth[row, order]
    tied = (colour[:, 1:] == colour[:, :-1]) & (depth[:, 1:] == depth[:, :-1]) & (ops[:, 1:] >= 0)
    for k in np.flatnonzero(tied.any(axis=1)):
        edge_ops[k] = _least(edge_ops[k], tied[k])
    return ops, edge_ops, where


def _text(ops: list[int], arriving: list[list[int]], inputs: int) -> str:
    real = [node for node, operation in enumerate(ops) if operation >= 0]
    number = {node: position for position, node in enumerate(real)}
    parts = [
        _NAMES[ops[node]]
        + "|"
        + "".join([f"{_NAMES[e]}~{number[source]}|" for source, e in enumerate(arriving[node]) if e >= 0])
        for node in real[inputs:]
    ]
    return ("" if inputs == 1 else f"{inputs} inputs: ") + "+".join(parts)


def _live_part(
    ops: Int16[np.ndarray, "n V"], edge_ops: Int16[np.ndarray, "n V V"], inputs: int
) -> tuple[Bool[np.ndarray, "n V"], Int16[np.ndarray, "n V V"]]:
    passing = passing_edges(ops, edge_ops)
    live = live_nodes(passing, inputs)
    kept = passing & live[:, :, None] & live[:, None, :]
    return live, np.where(kept, edge_ops, np.int16(-1))


def _depths(edge_ops: Int16[np.ndarray, "n V V"], inputs: int) -> Int[np.ndarray, "n V"]:
    """Return the length of the longest path from an input to each node."""
    n, width, _ = edge_ops.shape
    depth = np.zeros((n, width), dtype=np.int64)
    for node in range(inputs, width):
        depth[:, node] = np.where(edge_ops[:, :, node] >= 0, depth + 1, 1).max(axis=1)
    return depth


def _colours(
    ops: Int16[np.ndarray, "n V"], edge_ops: Int16[np.ndarray, "n V V"], inputs: int
) -> UInt64[np.ndarray, "n V"]:
    """Refine colours of nodes by those of their neighbours; a colour does not depend on the numbering.

    A collision of hashes would only leave two nodes tied, and ties are settled by trying both orders. A cell
    is refined as often as it has nodes, so that padding does not change its colours.
    """
    present = edge_ops >= 0
    operation = (edge_ops + 2).astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    colour = (ops + 2).astype(np.uint64)
    colour[:, :inputs] += np.arange(1, inputs + 1, dtype=np.uint64) << np.uint64(32)
    colour = _mix(colour)
    nodes = (ops >= 0).sum(axis=1)
    for step in range(1, ops.shape[1]):
        sources = np.where(present, _mix(colour[:, :, None] ^ operation), np.uint64(0)).sum(1)
        targets = np.where(present, _mix(colour[:, None, :] + operation), np.uint64(0)).sum(2)
        refined = _mix(colour * np.uint64(3) + _mix(sources) * np.uint64(5) + _mix(targets + np.uint64(1)))
        colour = np.where((step < nodes)[:, None], refined, colour)
    return colour


def _mix(x: np.ndarray) -> np.ndarray:
    """Scatter 64 bits (the finaliser of splitmix64); multiplication wraps round."""
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


def _least(edges: Int16[np.ndarray, "V V"], tied: Bool[np.ndarray, " W"]) -> Int16[np.ndarray, "V V"]:
    """Return the least matrix among all orders of tied nodes. tied[k]: nodes k and k + 1 have one colour."""
    candidates = (edges[np.ix_(order, order)] for order in _orders(edges, tied))
    return min(candidates, key=lambda matrix: matrix.tobytes())


def _orders(edges: Int16[np.ndarray, "V V"], tied: Bool[np.ndarray, " W"]) -> Iterator[list[int]]:
    groups: list[list[int]] = [[0]]
    for node, same in enumerate(tied, start=1):
        if same:
            groups[-1].append(node)
        else:
            groups.append([node])
    choices = [[tuple(g)] if _interchangeable(edges, g) else list(itertools.permutations(g)) for g in groups]
    for choice in itertools.product(*choices):
        yield list(itertools.chain.from_iterable(choice))


def _interchangeable(edges: Int16[np.ndarray, "V V"], group: list[int]) -> bool:
    """Say whether all nodes of a group have the same neighbours, so that their order does not matter."""
    rows, columns = edges[group], edges[:, group].T
    return bool((rows == rows[0]).all() and (columns == columns[0]).all())
