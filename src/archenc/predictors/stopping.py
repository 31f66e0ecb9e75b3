"""How far fine-tuned weights may move: as far as architectures held out of the training say.

A line from the old weights to the new is as good as a path of stopping points, and costs one training.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float64, Int
from torch import Tensor

from archenc.networks.threads import single_thread
from archenc.predictors.flow import Parameters
from archenc.predictors.losses import all_pairs
from archenc.predictors.training import ScoreFunction, predict

SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
MANY = 64  # labels, from which on training takes longer and one held-out third is enough
FOLDS = 3
FEWEST = 4  # labels; fewer of them leave none to hold out, and what cannot be checked is not learned
HALFWAY = 8  # labels that take the weights half the way, if those held out do not care
WIDTH = 0.2  # how far from there the held-out ones draw the share while they are few


def between(start: Parameters, end: Parameters, share: float) -> Parameters:
    """Return the parameters `share` of the way from `start` to `end`."""
    if share in (0.0, 1.0):
        return end if share else start
    return {name: torch.lerp(value, end[name], share) for name, value in start.items()}


def held_out(n: int, seed: int) -> list[Int[np.ndarray, " h"]]:
    """Return the positions that each fold holds out: equally many, each position once at most."""
    folds = FOLDS if n >= 2 * FOLDS else 2
    order = np.random.default_rng([seed, 11]).permutation(n)
    out = list(order[: n // folds * folds].reshape(folds, -1))
    return out[:1] if n >= MANY else out


def chosen_share(agreement: Float64[np.ndarray, " s"], n: int) -> float:
    """Return how far to go: a mean of `SHARES`, weighted by what each ranks right, and by what n is worth.

    agreement: of each share with the labels of held-out architectures, in [0, 1]. n: labels there are. While
    they are few the share stays near n / (n + HALFWAY); with many the best one decides.
    """
    shares = np.array(SHARES)
    weights = np.exp(n * (agreement - agreement.max()) - ((shares - n / (n + HALFWAY)) / WIDTH) ** 2 / 2)
    return float(weights @ shares / weights.sum())


def agreement(
    scores: Float64[np.ndarray, " n"], labels: Float64[np.ndarray, "n ..."], out: Int[np.ndarray, " h"]
) -> float:
    """Return the share of pairs in the right order, of those with different labels and a part in `out`."""
    first, second = all_pairs(len(scores))
    mine = np.isin(first, out) | np.isin(second, out)
    columns = labels.reshape(len(labels), -1)[:, -1]
    truth = np.sign(columns[first] - columns[second])[mine]
    right = (1 + truth * np.sign(scores[first] - scores[second])[mine]) / 2
    usable = truth != 0
    return float(right[usable].mean()) if usable.any() else 0.5


def agreement_of(
    score: ScoreFunction,
    parameters: Parameters,
    tensors: Sequence[Tensor],
    labels: Float64[np.ndarray, "n ..."],
    out: Int[np.ndarray, " h"],
) -> float:
    """Return the `agreement` of the scores that a network with these parameters gives all n rows."""
    with single_thread():
        scores = predict(score, parameters, tensors).double().cpu().numpy()
    return agreement(scores, labels, out)
