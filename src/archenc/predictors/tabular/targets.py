"""Labels as a tabular predictor sees them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float64
from scipy.special import ndtri
from scipy.stats import rankdata

from archenc.predictors.checks import check_option
from archenc.predictors.tabular.bending import robust

TARGETS = ("raw", "rank")


def transform_targets(
    y: Float64[np.ndarray, " n"], target: str, legal: Sequence[str] = TARGETS
) -> Float64[np.ndarray, " n"]:
    """Return the labels to be learned: as they are (`raw`), or the normal scores of their ranks (`rank`).

    Accuracies have a heavy lower tail, a few networks that hardly learn, on which a squared loss spends
    itself; normal scores (Blom's: the normal quantile of (rank - 3/8) / (n + 1/4), ties share their mean
    rank) keep the order only. Predictions are then normal scores too. Raises InvalidArgument for another
    name.
    """
    check_option("target", target, tuple(legal))
    if target == "raw":
        return y
    if target == "bent":
        return robust(y)
    return ndtri((rankdata(y) - 0.375) / (len(y) + 0.25))


def onto_labels(scores: Float64[np.ndarray, " n"], y: Float64[np.ndarray, " n"]) -> tuple[float, float]:
    """Return (factor, offset) that give scores of the training rows the mean and deviation of their labels.

    Scores learned from order alone have no scale of their own; on that of the labels, the members of an
    ensemble can be averaged. Constant scores, which order nothing, get the factor 0.
    """
    spread = float(scores.std())
    factor = float(y.std()) / spread if spread > 0 else 0.0
    return factor, float(y.mean()) - factor * float(scores.mean())
