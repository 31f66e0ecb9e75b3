"""Codes of the adjacency family, on edge bits `[n, S]` and op ids `[n, h]`.

Edge slots are the pairs i < j of V nodes, row by row: (0,1), (0,2), ..., (1,2), ...
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float, Int

from archenc.errors import InvalidArgument


def edge_slots(slots: int) -> list[tuple[int, int]]:
    """Return the S = V(V-1)/2 node pairs, row by row."""
    return [(i, j) for i in range(slots) for j in range(i + 1, slots)]


def edge_bits(present: Bool[np.ndarray, "n V V"]) -> Bool[np.ndarray, "n S"]:
    """Return one bit an edge slot."""
    rows, columns = np.triu_indices(present.shape[1], k=1)
    return present[:, rows, columns]


def one_hot(ids: Int[np.ndarray, "n h"], m: int) -> Bool[np.ndarray, "n hm"]:
    """Return m bits an id; an id outside 0..m-1 (an empty slot) has none set."""
    return (ids[:, :, None] == np.arange(m)).reshape(len(ids), -1)


def unhot(bits: Float[np.ndarray, "n hm"], m: int) -> Int[np.ndarray, "n h"]:
    """Return the ids behind `one_hot`; where no bit is set, the reserved id m."""
    slots = bits.reshape(len(bits), -1, m) > 0.5
    return np.where(slots.any(axis=2), slots.argmax(axis=2), m)


def check_ids(ids: Int[np.ndarray, "n h"], m: int | Int[np.ndarray, " h"]) -> None:
    """Raise InvalidArgument for a row with an id outside 0..m-1: it is the code of no cell."""
    wrong = ((ids < 0) | (ids >= m)).any(axis=1)
    if wrong.any():
        raise InvalidArgument(f"X: row {int(wrong.argmax())} is the code of no cell: an id is out of range")


def scalars(ids: Int[np.ndarray, "n h"], m: int) -> Float[np.ndarray, "n h"]:
    """Spread the ids 0..m-1 evenly over [0, 1]; the reserved id m becomes one step below 0.

    With m = 1 the only id is 0 and the step is 1.
    """
    step = 1 / max(m - 1, 1)
    return np.where(ids == m, -step, ids * step)


def unscalars(values: Float[np.ndarray, "n h"], m: int) -> Int[np.ndarray, "n h"]:
    """Return the ids behind `scalars`."""
    ids = np.rint(values * max(m - 1, 1)).astype(np.int64)
    return np.where(ids < 0, m, ids)


def index_list(bits: Bool[np.ndarray, "n S"], width: int, first: int) -> Int[np.ndarray, "n K"]:
    """Return the sorted positions of the bits that are set, filled with 0 on the right.

    width: K. first: number of position 0; with 1 (clean) the filler 0 is no position, with 0 (published) it
    is also position 0. Raises InvalidArgument for a row with more than K bits.
    """
    most = int(bits.sum(axis=1).max(initial=0))
    if most > width:
        raise InvalidArgument(f"width={width}: an architecture needs {most} places; pass at least that many")
    rows, positions = np.nonzero(bits)
    place = np.cumsum(bits, axis=1)[rows, positions] - 1
    out = np.zeros((len(bits), width), dtype=np.int64)
    out[rows, place] = positions + first
    return out


def index_list_bits(positions: Int[np.ndarray, "n K"], size: int) -> Bool[np.ndarray, "n S"]:
    """Return the bits behind the clean `index_list` (first = 1)."""
    bits = np.zeros((len(positions), size + 1), dtype=bool)
    np.put_along_axis(bits, positions, True, axis=1)
    return bits[:, 1:]


def largest(values: Float[np.ndarray, "n S"], k: Int[np.ndarray, " n"]) -> Bool[np.ndarray, "n S"]:
    """Return the bits of the k largest values of every row; of equal values the first slots win."""
    rank = np.argsort(np.argsort(-values, axis=1, kind="stable"), axis=1, kind="stable")
    return rank < k[:, None]
