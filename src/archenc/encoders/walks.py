"""Walks through a population of cells and the numbering of their op strings.

A path is the string of ops met on one walk from an input to the output; what carries no op leaves no letter.
Its index is `sum_i m**i * (p_i + 1)` with the first op least significant, so shorter paths come first and the
empty path has index 0 (White et al. 2020).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Int

from archenc.encoders.letters import SILENT, Letters


def n_paths(m: int, longest: int, shortest: int = 0) -> int:
    """Return the number of strings of `shortest` to `longest` ops over an alphabet of `m`."""
    return sum(m**length for length in range(shortest, longest + 1))


def path_index(ops: Sequence[int], m: int) -> int:
    """Return the index of one op string; ops in 0..m-1, first op least significant."""
    return sum(m**place * (op + 1) for place, op in enumerate(ops))


def path_ops(index: int, m: int) -> tuple[int, ...]:
    """Return the op string of an index: the inverse of `path_index`."""
    ops: list[int] = []
    while index:
        index, op = divmod(index - 1, m)
        ops.append(op)
    return tuple(ops)


def walks(cells: Letters, source: int) -> tuple[Int[np.ndarray, " h"], Int[np.ndarray, " h"]]:
    """Return every walk from node `source` to the output, as (number of the cell, index of its op string).

    All cells are walked together, one step for each increasing sequence of slots, and only the cells that
    have the edge go on: the cost is the number of walks there are, not of those there could be.
    """
    sink = cells.slots - 1
    found: list[tuple[np.ndarray, np.ndarray]] = []

    def visit(node: int, rows: np.ndarray | slice, index: np.ndarray, weight: np.ndarray) -> None:
        if node == sink:
            found.append((everyone[rows], index))
            return
        for target in range(node + 1, sink + 1):
            taken = cells.present[rows, node, target]
            if taken.all():
                here, state = rows, (index, weight)
            elif taken.any():
                here, state = everyone[rows][taken], (index[taken], weight[taken])
            else:
                continue
            state = _append(*state, cells.edges[here, node, target], cells.m)
            visit(target, here, *_append(*state, cells.nodes[here, target], cells.m))

    n = len(cells.present)
    everyone = np.arange(n)
    all_rows = slice(None)  # indexing with it copies nothing
    visit(source, all_rows, np.zeros(n, dtype=np.int64), np.ones(n, dtype=np.int64))
    if not found:
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    return np.concatenate([rows for rows, _ in found]), np.concatenate([index for _, index in found])


def n_walks(slots: int, n_inputs: int) -> int:
    """Return how many walks lead from one input to the output of the complete cell: the most there can be."""
    return 2 ** (slots - n_inputs - 1)


def _append(
    index: np.ndarray, weight: np.ndarray, letters: np.ndarray, m: int
) -> tuple[np.ndarray, np.ndarray]:
    """Add one letter to every string; a silent one leaves the string as it is."""
    speaks = letters != SILENT
    if not speaks.any():
        return index, weight
    longer = index + weight * (letters.astype(np.int64) + 1)
    if speaks.all():
        return longer, weight * m
    return np.where(speaks, longer, index), np.where(speaks, weight * m, weight)
