"""Counts, path lengths and degrees of a population of cells, for many subsets of the op set at once.

Every function takes `member`, one row a letter and one column a subset, and returns one column a subset. A
step counts where its op is a member of the subset (Kadlecova et al. 2024 compute the same cell by cell).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np
from jaxtyping import Bool, Int16

from archenc.encoders.letters import SILENT, Letters


def subsets(m: int, max_size: int | None = None) -> list[tuple[int, ...]]:
    """Return the non-empty subsets of 0..m-1 with at most `max_size` members, small ones first."""
    largest = m if max_size is None else min(m, max_size)
    return [chosen for size in range(1, largest + 1) for chosen in combinations(range(m), size)]


def membership(m: int, chosen: Sequence[tuple[int, ...]]) -> Bool[np.ndarray, "m1 s"]:
    """Return the table letter x subset; its last row stands for SILENT (-1), which no subset holds."""
    table = np.zeros((m + 1, len(chosen)), dtype=bool)
    for column, letters in enumerate(chosen):
        table[list(letters), column] = True
    return table


def op_counts(cells: Letters, member: Bool[np.ndarray, "m1 s"]) -> Int16[np.ndarray, "n s"]:
    """Count the nodes and edges whose op is in the subset."""
    carried = np.concatenate([cells.nodes, cells.edges.reshape(len(cells.nodes), cells.slots**2)], axis=1)
    histogram = np.stack([(carried == letter).sum(axis=1) for letter in range(cells.m)], axis=1)
    return (histogram @ member[:-1].astype(np.int64)).astype(np.int16)


def min_path_lengths(
    cells: Letters, member: Bool[np.ndarray, "m1 s"], source: int, unreachable: int
) -> Int16[np.ndarray, "n s"]:
    """Return the edges on the shortest walk source -> output whose every op is in the subset.

    unreachable: the value where no such walk exists.
    """
    allowed = member.copy()
    allowed[SILENT] = True  # what carries no op forbids nothing
    n, far = len(cells.nodes), np.int16(cells.slots)
    length = {source: np.zeros((n, member.shape[1]), dtype=np.int16)}
    for target in range(source + 1, cells.slots):
        best = np.full((n, member.shape[1]), far, dtype=np.int16)
        for tail, so_far in length.items():
            there = cells.present[:, tail, target]
            if there.any():
                passes = there[:, None] & allowed[cells.edges[:, tail, target]]
                best = np.minimum(best, np.where(passes, so_far + np.int16(1), far))
        length[target] = np.where(allowed[cells.nodes[:, target]], best, far)
    best = length[cells.slots - 1]
    return np.where(best < far, best, np.int16(unreachable))


def max_path_counts(
    cells: Letters, member: Bool[np.ndarray, "m1 s"], source: int
) -> Int16[np.ndarray, "n s"]:
    """Return the most ops of the subset on one walk source -> output; 0 where there is no walk."""
    n, nowhere = len(cells.nodes), np.int16(-2 * cells.slots)
    most = {source: np.zeros((n, member.shape[1]), dtype=np.int16)}
    for target in range(source + 1, cells.slots):
        best = np.full((n, member.shape[1]), nowhere, dtype=np.int16)
        for tail, so_far in most.items():
            there = cells.present[:, tail, target]
            if there.any():
                gained = so_far + member[cells.edges[:, tail, target]]
                best = np.maximum(best, np.where(there[:, None], gained, nowhere))
        most[target] = best + member[cells.nodes[:, target]]
    return np.maximum(most[cells.slots - 1], np.int16(0))


def degrees(
    cells: Letters, member: Bool[np.ndarray, "m1 s"]
) -> tuple[Int16[np.ndarray, "V n s"], Int16[np.ndarray, "V n s"]]:
    """Return the in-degree and the out-degree of every slot over the edges of the subset.

    An edge counts if its op is a member. Where ops sit on nodes, a predecessor counts in the in-degree and a
    successor in the out-degree if the op of that neighbour is a member.
    """
    shape = (cells.slots, len(cells.nodes), member.shape[1])
    into, out = np.zeros(shape, dtype=np.int16), np.zeros(shape, dtype=np.int16)
    carried = [member[cells.nodes[:, slot]] for slot in range(cells.slots)]
    for tail in range(cells.slots):
        for head in range(tail + 1, cells.slots):
            there = cells.present[:, tail, head, None]
            if there.any():
                on_edge = member[cells.edges[:, tail, head]]
                into[head] += there & (on_edge | carried[tail])
                out[tail] += there & (on_edge | carried[head])
    return into, out
