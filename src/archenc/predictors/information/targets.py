"""Cheap measurements of whole architectures: the architecture-level information of GATES++ and DELE."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float64
from scipy.stats import kendalltau

from archenc.errors import InvalidArgument
from archenc.graph import Architecture, GraphBatch, architectures
from archenc.spaces import space

Population = Sequence[Architecture] | GraphBatch
Measure = Callable[[Sequence[Architecture]], Any]
"""Architectures to their scores [n, k], NaN where one is missing."""

REDUNDANT = 0.95
_COMPARED = 1000  # rows on which targets are compared: more say the same


@dataclass(frozen=True)
class Targets:
    """Cheap scores of n architectures, without labels. values: [n, k], NaN where missing. names: k."""

    values: Float64[np.ndarray, "n k"]
    names: tuple[str, ...]


def measured(
    X: Population, scores: Mapping[str, Any] | Measure | None, names: Sequence[str] | None = None
) -> Targets:
    """Look up, or compute, the scores of a population.

    scores: a mapping from `space.key` to k numbers (a `Scores` for one), or a function of architectures;
    None: parameters and FLOPs of the cells. names: of the k scores, or which of a `Scores`. A key that is not
    there has no score. Raises InvalidArgument for scores of another shape.
    """
    archs = architectures(X) if isinstance(X, GraphBatch) else X
    if scores is None:
        return Targets(_counts(archs), ("params", "flops"))
    if isinstance(scores, Mapping):
        table: Any = scores  # a `Scores` knows its columns
        own = getattr(table, "names", None)
        if names is not None and own is not None:
            table = table.select(list(names))
        names = own if names is None else names
        values = _looked_up(archs, table, names)
    else:
        values = np.asarray(scores(archs), dtype=np.float64)
    if values.ndim != 2 or len(values) != len(archs):
        raise InvalidArgument(
            f"scores have shape {values.shape} for {len(archs)} architectures: expected one row each, (n, k)"
        )
    names = tuple(names) if names is not None else tuple(f"score{i}" for i in range(values.shape[1]))
    if len(names) != values.shape[1]:
        raise InvalidArgument(f"names={names}: expected {values.shape[1]}, one for each score")
    return Targets(np.where(np.isfinite(values), values, np.nan), names)


def distinct(targets: Targets) -> Targets:
    """Leave out targets that say nothing: with fewer than two values, or in the order of an earlier one.

    The order counts as that of another where |Kendall tau| > 0.95 on the rows that have both. Raises
    InvalidArgument where no target is left.
    """
    kept: list[int] = []
    for i, column in enumerate(targets.values.T):
        known = column[~np.isnan(column)]
        if len(known) < 2 or (known == known[0]).all():
            continue
        if not any(_same_order(column, targets.values[:, k]) for k in kept):
            kept.append(i)
    if not kept:
        raise InvalidArgument(f"scores {targets.names}: none has two different values on these architectures")
    return Targets(targets.values[:, kept], tuple(targets.names[i] for i in kept))


def _same_order(one: np.ndarray, other: np.ndarray) -> bool:
    both = np.flatnonzero(~np.isnan(one) & ~np.isnan(other))[:_COMPARED]
    found: Any = kendalltau(one[both], other[both])
    return bool(abs(found.statistic) > REDUNDANT)


def _looked_up(
    archs: Sequence[Architecture], scores: Mapping[str, Any], names: Sequence[str] | None
) -> Float64[np.ndarray, "n k"]:
    key = space(archs[0].space).key
    found = [_row(scores, key(arch)) for arch in archs]
    widths = {len(row) for row in found if row is not None} | ({len(names)} if names is not None else set())
    if len(widths) != 1:
        raise InvalidArgument(
            f"scores have {sorted(widths)} numbers a row"
            + (f" and names are {tuple(names)}" if names is not None else "")
            + "; expected one number of them, and a score for some architecture at least"
        )
    (width,) = widths
    empty = np.full(width, np.nan)
    return np.array([empty if row is None else np.asarray(row, dtype=np.float64) for row in found])


def _row(scores: Mapping[str, Any], key: str) -> Any:
    try:
        return scores[key]
    except KeyError:
        return None


def _counts(archs: Sequence[Architecture]) -> Float64[np.ndarray, "n 2"]:
    from archenc.networks import operation_counts

    found = operation_counts(archs)
    return np.array([np.sum(list(counts.values()), axis=0)[:2] for counts in found], dtype=np.float64)
