"""Predict networks of any family from a dozen measured ones: a prior of two signs, and a Gaussian process."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor
from typing import final

import numpy as np
from jaxtyping import Float64, Int

from archenc.errors import InvalidArgument
from archenc.pipelines.graph_and_scores import half_ranked
from archenc.predictors import GaussianProcess
from archenc.predictors.checks import check_targets

PRIOR = ("log_params", "score_jacov")
"""Features that go with accuracy before anything is measured, chosen on the networks of other families."""
PRIOR_WORTH = 0.6
LEAST = 4
"""Measured networks with which a prediction can be begun."""


@final
@dataclass(frozen=True)
class Prediction:
    """What is believed of n networks, in the unit of the labels.

    mean: the expected label; score, std: the same and its deviation in the unit of `half_ranked` labels, in
    which beliefs are normal. low, high: between them lies the label of a network like those measured with
    probability `coverage` (jackknife+, Barber et al., Annals of Statistics 2021).
    """

    mean: Float64[np.ndarray, " n"]
    low: Float64[np.ndarray, " n"]
    high: Float64[np.ndarray, " n"]
    score: Float64[np.ndarray, " n"]
    std: Float64[np.ndarray, " n"]
    coverage: float


def standardised(values: Float64[np.ndarray, "n d"]) -> Float64[np.ndarray, "n e"]:
    """Return features of all candidates, measured or not, as z-scores clipped at 3; labels are not needed.

    A missing value becomes 0, and its column brings a second one that says where values are missing. A column
    of one value is left out.
    """
    known = np.isfinite(values)
    count = np.maximum(known.sum(0), 1)
    mean = np.where(known, values, 0.0).sum(0) / count
    spread = np.sqrt((np.where(known, values - mean, 0.0) ** 2).sum(0) / count)
    usable = spread > 1e-9
    z = np.where(known, values - mean, 0.0)[:, usable] / spread[usable]
    gaps = (~known)[:, ~known.all(0) & known.any(0)].astype(np.float64)
    if gaps.shape[1]:
        gaps = (gaps - gaps.mean(0)) / gaps.std(0)
    return np.clip(np.hstack([z, gaps]), -3, 3)


def predict(
    values: Float64[np.ndarray, "n d"],
    names: Sequence[str],
    rows: Int[np.ndarray, " m"],
    y: Float64[np.ndarray, " m"],
    *,
    coverage: float = 0.8,
    expects_large: bool = True,
    seed: int = 0,
) -> Prediction:
    """Predict n networks from m of them.

    values: features, NaN where missing; names: of the columns. rows: which networks were measured; y: their
    labels, higher is better. coverage: of the intervals; where it is too much for m labels, the ends are
    infinite. expects_large: whether labels are thought to grow with `PRIOR`, as accuracies do and speeds do
    not.
    The labels, as `half_ranked`, are what PRIOR_WORTH times the mean z-score of `PRIOR` leaves (all, without
    it), a smooth function of all features.
    Raises InvalidArgument for fewer than 4 labels, equal labels, networks that are all alike, or a coverage
    outside (0, 1).
    """
    if not 0 < coverage < 1:
        raise InvalidArgument(f"coverage={coverage!r}: expected a share between 0 and 1, such as 0.8")
    if len(y) > 1 and np.all(np.asarray(y) == y[0]):
        raise InvalidArgument(f"measured: all {len(y)} values are equal; expected an order to learn from")
    labels = check_targets(y, len(rows))
    if len(labels) < LEAST:
        raise InvalidArgument(
            f"measured: {len(labels)} networks; a prediction needs at least {LEAST}, and is of use from "
            "about 10"
        )
    X, target = standardised(values), half_ranked(labels)
    if not X.shape[1]:
        raise InvalidArgument(
            f"candidates: all {len(values)} networks have the same features, so that nothing tells one from "
            "another; are they made by lambdas of a loop, which all see its last value?"
        )
    prior = PRIOR_WORTH * _consensus(values, names) if expects_large else np.zeros(len(values))
    score, std = _fitted(X, prior, rows, target, seed)
    low, high = _jackknife_plus(X, prior, rows, target, 1 - coverage, seed)
    back = _inverse(target, labels)
    return Prediction(back(score), back(low), back(high), score, std, coverage)


def _consensus(values: Float64[np.ndarray, "n d"], names: Sequence[str]) -> Float64[np.ndarray, " n"]:
    columns = [list(names).index(name) for name in PRIOR if name in names]
    if not columns:
        return np.zeros(len(values))
    z = np.zeros((len(values), len(columns)))
    for place, column in enumerate(columns):
        one = standardised(values[:, [column]])
        z[:, place] = one[:, 0] if one.shape[1] else 0.0
    return z.mean(1)


def _fitted(
    X: Float64[np.ndarray, "n e"],
    prior: Float64[np.ndarray, " n"],
    rows: Int[np.ndarray, " m"],
    target: Float64[np.ndarray, " m"],
    seed: int,
) -> tuple[Float64[np.ndarray, " n"], Float64[np.ndarray, " n"]]:
    process = GaussianProcess(kernel="rbf", scaling="common", n_restarts=0, seed=seed)
    process.fit(X[rows], target - prior[rows])
    mean, std = process.predict(X, return_std=True)
    return prior + mean, std


def _jackknife_plus(
    X: Float64[np.ndarray, "n e"],
    prior: Float64[np.ndarray, " n"],
    rows: Int[np.ndarray, " m"],
    target: Float64[np.ndarray, " m"],
    miss: float,
    seed: int,
) -> tuple[Float64[np.ndarray, " n"], Float64[np.ndarray, " n"]]:
    """Return ends of intervals: quantiles of what models without one label say, give or take their errors."""
    m = len(rows)
    without = np.empty((m, len(X)))
    for left in range(m):
        kept = np.arange(m) != left
        without[left], _ = _fitted(X, prior, rows[kept], target[kept], seed)
    error = np.abs(target - without[np.arange(m), rows])[:, None]
    lowest, highest = np.sort(without - error, axis=0), np.sort(without + error, axis=0)
    # the k-th smallest, counted from 1, as the paper has it
    below, above = floor(miss * (m + 1)), ceil((1 - miss) * (m + 1))
    n = len(X)
    return (
        lowest[below - 1] if below >= 1 else np.full(n, -np.inf),
        highest[above - 1] if above <= m else np.full(n, np.inf),
    )


@final
@dataclass(frozen=True)
class _Inverse:
    """From the unit of `half_ranked` labels back: through the measured ones, and straight on beyond them.

    Beyond an end it is as steep as over the third next to it: labels crowd together where they are high.
    """

    target: Float64[np.ndarray, " k"]
    labels: Float64[np.ndarray, " k"]

    def __call__(self, score: Float64[np.ndarray, " n"]) -> Float64[np.ndarray, " n"]:
        inside = np.interp(score, self.target, self.labels)
        step = max(1, len(self.target) // 3)
        low = (self.labels[step] - self.labels[0]) / (self.target[step] - self.target[0])
        high = (self.labels[-1] - self.labels[-1 - step]) / (self.target[-1] - self.target[-1 - step])
        below, above = np.minimum(score - self.target[0], 0), np.maximum(score - self.target[-1], 0)
        return inside + low * below + high * above


def _inverse(target: Float64[np.ndarray, " m"], labels: Float64[np.ndarray, " m"]) -> _Inverse:
    distinct, first = np.unique(target, return_index=True)
    return _Inverse(distinct, labels[first])
