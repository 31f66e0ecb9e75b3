"""Several objectives at once: fronts, what an architecture is worth, and hypervolume. All are maximised."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float64, Int64

from archenc.errors import InvalidArgument, shown


def dominates(
    values: Float64[np.ndarray, "n m"], others: Float64[np.ndarray, "k m"]
) -> Bool[np.ndarray, "n k"]:
    """Say of each pair whether the first is at least as good in every objective and better in one."""
    a, b = values[:, None], others[None]
    return np.logical_and((a >= b).all(axis=2), (a > b).any(axis=2))


def pareto_front(values: Float64[np.ndarray, "n m"]) -> Int64[np.ndarray, " k"]:
    """Return the rows that no other dominates, ascending; rows with NaN are in no front, equal rows all.

    Higher is better: turn round the sign of what should be small. Raises InvalidArgument for other than rows.
    """
    values = _rows(values)
    whole = np.flatnonzero(~np.isnan(values).any(axis=1))
    beaten = dominates(values[whole], values[whole]).any(axis=0)
    return whole[~beaten].astype(np.int64)


def worths(values: Float64[np.ndarray, "n m"]) -> Float64[np.ndarray, " n"]:
    """Return one number a row, by which rows are compared; -inf for a row with NaN.

    One objective is its own worth. Of several, a row is worth minus the number of fronts before its own
    (non-dominated sorting), plus up to a half for the room that its neighbours in the front leave it
    (crowding distance; Deb et al. 2002).
    """
    failed = np.isnan(values).any(axis=1)
    if values.shape[1] == 1:
        return np.where(failed, -np.inf, values[:, 0])
    found = np.full(len(values), -np.inf)
    left = np.flatnonzero(~failed)
    level = 0
    while len(left):
        front = left[pareto_front(values[left])]
        found[front] = -level + 0.5 * _crowding(values[front])
        left = np.setdiff1d(left, front)
        level += 1
    return found


def scalarised(
    values: Float64[np.ndarray, "n m"], weights: Float64[np.ndarray, " m"]
) -> Float64[np.ndarray, " n"]:
    """Return one number a row: its least weighted objective, and a little of their sum (Knowles 2006).

    Objectives are brought to 0..1 over the rows. Some weights make every row of the front the best, also
    where the front is hollow; weights drawn anew in each round thus lead a model along the whole of it.
    """
    least, span = values.min(axis=0), np.ptp(values, axis=0)
    shares = weights * (values - least) / np.where(span > 0, span, 1.0)
    return shares.min(axis=1) + 0.05 * shares.sum(axis=1)


def _crowding(values: Float64[np.ndarray, "n m"]) -> Float64[np.ndarray, " n"]:
    """Return the crowding distance brought to 0..1: 1 at the ends of a front."""
    if len(values) < 3:
        return np.ones(len(values))
    distance = np.zeros(len(values))
    for column in values.T:
        order = np.argsort(column, kind="stable")
        span = column[order[-1]] - column[order[0]]
        if span > 0:
            distance[order[1:-1]] += (column[order[2:]] - column[order[:-2]]) / span
        distance[order[[0, -1]]] = np.inf
    m = values.shape[1]
    return np.minimum(distance, 2 * m) / (2 * m)


def hypervolume(values: Float64[np.ndarray, "n m"], reference: Float64[np.ndarray, " m"]) -> float:
    """Return the volume that the rows dominate above a reference point; exact, 2 or 3 objectives.

    Higher is better, so that the reference is a point worse than all that counts. Rows with NaN, or not above
    the reference in every objective, add nothing. Raises InvalidArgument for other shapes, and a reference
    that is not finite.
    """
    values, reference = _rows(values), np.asarray(reference, dtype=np.float64)
    if not np.isfinite(reference).all():
        raise InvalidArgument(f"reference={shown(reference.tolist())}: expected finite numbers")
    if values.shape[1] not in (2, 3) or reference.shape != (values.shape[1],):
        raise InvalidArgument(
            f"values of shape {values.shape} and a reference of shape {reference.shape}: expected [n, 2] and "
            f"[2], or [n, 3] and [3]"
        )
    above = values[(values > reference).all(axis=1)] - reference
    return _area(above) if values.shape[1] == 2 else _volume(above)


def _rows(values: Float64[np.ndarray, "n m"]) -> Float64[np.ndarray, "n m"]:
    """Return rows as an array, lists too."""
    try:
        found = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InvalidArgument(f"values={shown(values)}: expected rows of as many numbers each") from error
    if found.ndim != 2:
        raise InvalidArgument(f"values of shape {found.shape}: expected [n, objectives]")
    return found


def _area(points: Float64[np.ndarray, "n 2"]) -> float:
    area = height = 0.0
    for width, tall in points[np.lexsort((-points[:, 1], -points[:, 0]))]:
        if tall > height:
            area += width * (tall - height)
            height = tall
    return float(area)


def _volume(points: Float64[np.ndarray, "n 3"]) -> float:
    """Add up slices along the last objective, from the top down."""
    levels = np.unique(points[:, 2])[::-1]
    below = np.append(levels[1:], 0.0)[: len(levels)].tolist()
    return float(
        sum(
            (top - bottom) * _area(points[points[:, 2] >= top][:, :2])
            for top, bottom in zip(levels.tolist(), below, strict=True)
        )
    )
