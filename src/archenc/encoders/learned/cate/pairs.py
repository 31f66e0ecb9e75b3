"""Pairs of cells of similar cost: what makes CATE computation-aware.

Sorted by cost, a cell is paired with up to K of the cells before it whose cost is at most `delta` lower. One
sort and one `searchsorted` give every window as a range of ranks, from which is drawn; no window is ever
listed, so the cost is O(n log n) however dense the costs lie.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float, Int64, Real

from archenc.errors import InvalidArgument


def window_starts(ordered: Float[np.ndarray, " n"], delta: float) -> Int64[np.ndarray, " n"]:
    """Return, for each rank i of ascending costs, the first j with `ordered[j] >= ordered[i] - delta`."""
    return np.searchsorted(ordered, ordered - delta, side="left").astype(np.int64)


def pairs_by_cost(
    cost: Real[np.ndarray, " n"], k: int, delta: float, rng: np.random.Generator
) -> Int64[np.ndarray, "p 2"]:
    """Draw up to k partners a cell, without replacement, from its window; rows are (cell, partner).

    Every pair has `0 <= cost[cell] - cost[partner] <= delta`, and no pair comes twice. Cells of equal cost
    are ranked at random. A cell whose window is empty leads no pair. Raises InvalidArgument for a cost that
    is no finite number.
    """
    values = np.asarray(cost, dtype=np.float64)
    if not np.isfinite(values).all():
        row = int(np.flatnonzero(~np.isfinite(values))[0])
        raise InvalidArgument(f"cost[{row}]={values[row]}: expected finite numbers, one a cell")
    if k < 1 or not delta >= 0:
        raise InvalidArgument(f"k={k}, delta={delta}: expected at least one partner and a delta >= 0")
    shuffled = rng.permutation(len(values))
    order = shuffled[np.argsort(values[shuffled], kind="stable")]
    starts = window_starts(values[order], delta)
    offsets, drawn = _without_replacement(np.arange(len(order)) - starts, k, rng)
    cell, draw = np.nonzero(drawn)
    partner = starts[cell] + offsets[cell, draw]
    return np.stack([order[cell], order[partner]], axis=1)


def _without_replacement(
    sizes: Int64[np.ndarray, " n"], k: int, rng: np.random.Generator
) -> tuple[Int64[np.ndarray, "n k"], Bool[np.ndarray, "n k"]]:
    """Draw min(k, size) different integers below each size (Floyd's algorithm); True where one was drawn."""
    chosen = np.full((len(sizes), k), -1, dtype=np.int64)
    for draw in range(k):
        top = sizes - k + draw  # the largest that may be drawn now; where there are fewer than k, from 0 on
        legal = top >= 0
        candidate = rng.integers(np.where(legal, top, 0), endpoint=True)
        taken = (chosen == candidate[:, None]).any(axis=1)
        chosen[:, draw] = np.where(legal, np.where(taken, top, candidate), -1)
    return chosen, chosen >= 0
