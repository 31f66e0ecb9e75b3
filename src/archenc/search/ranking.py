"""Rank the networks of a folder from the few that were measured, and say which to train next."""

from __future__ import annotations

import difflib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import final

import numpy as np

from archenc.errors import InvalidArgument, UnknownName, shown
from archenc.pipelines.candidates.describing import Description
from archenc.pipelines.candidates.predicting import Prediction, predict
from archenc.search.acquisition import log_expected_improvement, log_probability_of_improvement
from archenc.typing import whole_number


@final
@dataclass(frozen=True, slots=True)
class Ranked:
    """One network among the others.

    measured: its label, None where it is to be predicted. predicted, low, high: what is expected and the ends
    of the interval, in the unit of the labels; of a measured one they are its label. chance: the probability
    that it is better than the best measured. next: 1 for the network to train first, 0 for those not advised.
    """

    candidate: str
    measured: float | None
    predicted: float
    low: float
    high: float
    chance: float
    next: int = 0


def rank(
    descriptions: Mapping[str, Description],
    measured: Mapping[str, float],
    *,
    maximise: bool = True,
    advised: int = 5,
    coverage: float = 0.8,
    bounds: tuple[float, float] = (-math.inf, math.inf),
    expects_large: bool | None = None,
    seed: int = 0,
) -> list[Ranked]:
    """Return all networks, the best expected first; measured ones stand where their label puts them.

    descriptions: of the candidates, by name (`describe_folder`). measured: labels of some. maximise: whether
    higher labels are better. advised: how many networks are named to train next, by their expected
    improvement over the best measured. coverage: of the intervals, see `predict`. bounds: the lowest and the
    highest label there can be, such as (0, 100) for percents. expects_large: whether large networks are
    expected to be better before labels say so; None: where higher labels are, for lower ones may be
    latencies.
    Raises UnknownName for a measured network that is no candidate, InvalidArgument for too few or equal
    labels, and as `check_labels`.
    """
    check_labels(measured, bounds)
    names = list(descriptions)
    if strangers := [_stranger(name, names) for name in measured if name not in descriptions]:
        raise UnknownName(f"measured: {', '.join(strangers)}; there are {len(names)} candidates")
    whole_number("advised", advised)
    features = sorted({feature for one in descriptions.values() for feature in one.features})
    values = np.array(
        [[one.features.get(name, np.nan) for name in features] for one in descriptions.values()]
    )
    rows = np.array([names.index(name) for name in measured], dtype=np.int64)
    sign = 1.0 if maximise else -1.0
    labels = sign * np.array(list(measured.values()), dtype=np.float64)
    large = maximise if expects_large is None else expects_large
    believed = predict(values, features, rows, labels, coverage=coverage, expects_large=large, seed=seed)
    order = _advice(believed, rows, advised)
    chances = _chances(believed, rows)
    found = []
    for row, name in enumerate(names):
        if name in measured:
            label = float(measured[name])
            found.append(Ranked(name, label, label, label, label, 0.0))
            continue
        ends = sorted(float(sign * end[row]) for end in (believed.low, believed.high))
        mean, low, high = (min(max(x, bounds[0]), bounds[1]) for x in (sign * believed.mean[row], *ends))
        place = order.index(row) + 1 if row in order else 0
        found.append(Ranked(name, None, float(mean), low, high, float(chances[row]), place))
    # equal means lie beyond what was measured alike: there the score tells them apart
    score = {name: believed.score[row] for row, name in enumerate(names)}
    return sorted(found, key=lambda one: (-sign * one.predicted, -score[one.candidate], one.candidate))


def _stranger(name: str, names: Sequence[str]) -> str:
    near = difflib.get_close_matches(name, names, n=3)
    return f"{shown(name)} is no candidate" + (f" (did you mean {' or '.join(near)}?)" if near else "")


def check_labels(measured: Mapping[str, float], bounds: tuple[float, float]) -> None:
    """Raise InvalidArgument for a label that is no finite number or lies beyond the bounds, or for no bounds.

    Bounds of 0 and 1 for labels in percent would make every prediction 1.
    """
    if not bounds[0] < bounds[1]:
        raise InvalidArgument(f"bounds={bounds}: expected the lower one first, such as (0, 100)")
    for name, label in measured.items():
        if not math.isfinite(label):
            raise InvalidArgument(f"measured: {shown(name)} has the value {label}; expected a finite number")
        if not bounds[0] <= label <= bounds[1]:
            raise InvalidArgument(
                f"measured: {shown(name)} has the value {label:g}; expected one within bounds={bounds}"
            )


def _best(believed: Prediction, rows: np.ndarray) -> float:
    """Return what is believed of the best measured network: its label is noisy, and so is its rank."""
    return float(believed.score[rows].max())


def _advice(believed: Prediction, rows: np.ndarray, advised: int) -> list[int]:
    gain = log_expected_improvement(believed.score, np.maximum(believed.std, 1e-9), _best(believed, rows))
    known = set(rows.tolist())
    return [row for row in np.argsort(-gain, kind="stable").tolist() if row not in known][:advised]


def _chances(believed: Prediction, rows: np.ndarray) -> np.ndarray:
    best = _best(believed, rows)
    return np.exp(log_probability_of_improvement(believed.score, np.maximum(believed.std, 1e-9), best))
