"""Predict networks of any family from a dozen measured ones: a prior of few signs, and a Gaussian process."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import final

import numpy as np
from jaxtyping import Float64, Int
from scipy.stats import t as student

from archenc.errors import InvalidArgument
from archenc.pipelines.graph_and_scores import half_ranked, normal_scores
from archenc.predictors import GaussianProcess
from archenc.predictors.checks import check_targets

PRIOR: Mapping[str, float] = {"score_first_steps": 0.8}
"""What goes with accuracy before anything is measured, and what one deviation of its ranks is worth in
those of the labels. Chosen, as all here is, on networks of other families than those it was measured on.
"""
PRIOR_WITHOUT_STEPS: Mapping[str, float] = {"log_params": 0.3, "score_jacov": 0.3}
"""The same where no network took the first steps of a training."""
LEAST = 4
"""Measured networks with which a prediction can be begun."""


@final
@dataclass(frozen=True)
class Prediction:
    """What is believed of n networks, in the unit of the labels.

    mean: the expected label; score, std: the same and its deviation in the unit of `half_ranked` labels, in
    which beliefs are normal; the deviation is what the process says, times the root mean square of the errors
    that it makes of each measured network from the others, in its own deviations. low, high: between them
    lies the label of a network like those measured with probability `coverage`, by Student's distribution.
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
    labels, higher is better. coverage: of the intervals. expects_large: whether labels are thought to grow
    with `PRIOR`, as accuracies do and speeds do not.
    The labels, as `half_ranked`, are a smooth function of all features beyond the prior: the normal scores of
    the ranks of its features, times what they are worth.
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
    prior = _prior(values, names) if expects_large else np.zeros(len(values))
    score, std = _fitted(X, prior, rows, target, seed)
    std = std * _misjudged(X, prior, rows, target, seed)
    margin = std * student.ppf((1 + coverage) / 2, len(rows))
    back = inverse(target, labels)
    return Prediction(back(score), back(score - margin), back(score + margin), score, std, coverage)


def _prior(values: Float64[np.ndarray, "n d"], names: Sequence[str]) -> Float64[np.ndarray, " n"]:
    """Return what is believed before labels are seen; nothing of features that are missing or all alike."""
    told = {
        name: values[:, list(names).index(name)] for name in (*PRIOR, *PRIOR_WITHOUT_STEPS) if name in names
    }
    scores = {name: ranked_scores(value) for name, value in told.items()}
    signs = PRIOR if all(name in scores and scores[name].any() for name in PRIOR) else PRIOR_WITHOUT_STEPS
    return sum(
        (worth * scores[name] for name, worth in signs.items() if name in scores), np.zeros(len(values))
    )


def ranked_scores(value: Float64[np.ndarray, " n"]) -> Float64[np.ndarray, " n"]:
    """Return the normal scores of ranks, in which labels are, too; 0 for missing values."""
    known = np.isfinite(value)
    found = np.zeros(len(value))
    if known.any():
        found[known] = normal_scores(value[known])
    return found


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


def _misjudged(
    X: Float64[np.ndarray, "n e"],
    prior: Float64[np.ndarray, " n"],
    rows: Int[np.ndarray, " m"],
    target: Float64[np.ndarray, " m"],
    seed: int,
) -> float:
    """Return how much larger than it says the errors of the process are, each label left out in turn."""
    errors, left_over = [], target - prior[rows]
    for left, row in enumerate(rows):
        kept = np.arange(len(rows)) != left
        if np.all(left_over[kept] == left_over[kept][0]):  # nothing is learned from equal labels
            continue
        mean, std = _fitted(X, prior, rows[kept], target[kept], seed)
        errors.append((target[left] - mean[row]) / std[row])
    return float(np.sqrt(np.mean(np.square(errors))))


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


def inverse(target: Float64[np.ndarray, " m"], labels: Float64[np.ndarray, " m"]) -> _Inverse:
    """Return what turns scores in the unit of `half_ranked` labels, `target`, into labels."""
    distinct, first = np.unique(target, return_index=True)
    return _Inverse(distinct, labels[first])
