"""How well a prediction orders architectures: rank correlation, the quality of the top, regret.

Every function takes `true=` and `pred=` by keyword only, so that they cannot be swapped (published scripts
did swap them), and higher is better in both: flip the sign of a latency before it comes here. NaN is
refused. Ties are broken by a seeded shuffle followed by a stable order.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from jaxtyping import Float64, Int64
from numpy.typing import ArrayLike
from scipy import stats

from archenc.errors import InvalidArgument, UnknownName
from archenc.typing import Seed, as_generator

Metric = Callable[..., float]


def kendall_tau(*, true: ArrayLike, pred: ArrayLike) -> float:
    """Kendall's tau-b between truth and prediction, in [-1, 1].

    true, pred: [n], higher is better. A constant prediction orders nothing and scores 0, its expectation
    under random tie-breaking. Raises InvalidArgument for NaN, unequal lengths or a constant truth.
    """
    truth, prediction = _pair(true, pred)
    if _constant(prediction):
        return 0.0
    tested: Any = stats.kendalltau(truth, prediction, variant="b")
    return float(tested.statistic)


def spearman(*, true: ArrayLike, pred: ArrayLike) -> float:
    """Spearman's rank correlation between truth and prediction, in [-1, 1].

    true, pred: [n], higher is better; a constant prediction scores 0. Raises as `kendall_tau` does.
    """
    truth, prediction = _pair(true, pred)
    if _constant(prediction):
        return 0.0
    tested: Any = stats.spearmanr(truth, prediction)
    return float(tested.statistic)


def n_at_k(*, true: ArrayLike, pred: ArrayLike, k: int, relative: bool = False, seed: Seed = 0) -> float:
    """N@K: the best true rank (1 is best) among the K architectures predicted best; lower is better.

    relative: divide by n, so that test sets of different sizes compare. Raises InvalidArgument for k
    outside 1..n. Ning et al., TA-GATES, NeurIPS 2022 (whose script swaps the arguments).
    """
    truth, prediction = _pair(true, pred)
    _check_k(k, len(truth))
    by_truth, by_prediction = _orders(truth, prediction, seed)
    rank = np.empty(len(truth), dtype=np.int64)
    rank[by_truth] = np.arange(1, len(truth) + 1)
    best = float(rank[by_prediction[:k]].min())
    return best / len(truth) if relative else best


def precision_at_top(*, true: ArrayLike, pred: ArrayLike, percent: float, seed: Seed = 0) -> float:
    """P@topK%: the share of the truly best K percent that the prediction puts in its own top K percent.

    percent: K in (0, 100]; k = max(1, floor(n K / 100)) architectures. In [0, 1], higher is better.
    """
    truth, prediction = _pair(true, pred)
    k = top_count(len(truth), percent)
    by_truth, by_prediction = _orders(truth, prediction, seed)
    return len(np.intersect1d(by_truth[:k], by_prediction[:k])) / k


def precision_at_bottom(*, true: ArrayLike, pred: ArrayLike, percent: float, seed: Seed = 0) -> float:
    """P@bottomK%: `precision_at_top` at the other end, the truly worst K percent."""
    truth, prediction = _pair(true, pred)
    return precision_at_top(true=-truth, pred=-prediction, percent=percent, seed=seed)


def kendall_tau_in_top(*, true: ArrayLike, pred: ArrayLike, percent: float, seed: Seed = 0) -> float:
    """Kendall's tau-b within the predicted top K percent, where a search looks.

    NaN where that top holds fewer than two architectures or their truth is constant.
    """
    truth, prediction = _pair(true, pred)
    _, by_prediction = _orders(truth, prediction, seed)
    top = by_prediction[: top_count(len(truth), percent)]
    if len(top) < 2 or _constant(truth[top]):
        return float("nan")
    return kendall_tau(true=truth[top], pred=prediction[top])


def regret_at_k(*, true: ArrayLike, pred: ArrayLike, k: int, seed: Seed = 0) -> float:
    """Best true value of all minus that among the K architectures predicted best; 0 is perfect.

    In the unit of `true`: what is lost by measuring only the K architectures that the predictor names.
    """
    truth, prediction = _pair(true, pred)
    _check_k(k, len(truth))
    _, by_prediction = _orders(truth, prediction, seed)
    return float(truth.max() - truth[by_prediction[:k]].max())


DEFAULT_METRICS = (
    "kendall_tau",
    "spearman",
    "n_at_1",
    "n_at_10",
    "precision_at_top_1",
    "precision_at_top_10",
    "regret_at_1",
    "regret_at_10",
)

_WHOLE: dict[str, Metric] = {"kendall_tau": kendall_tau, "spearman": spearman}
_AT_K: dict[str, tuple[Metric, bool]] = {
    "n_at_relative": (n_at_k, True),
    "n_at": (n_at_k, False),
    "regret_at": (regret_at_k, False),
}
_AT_PERCENT: dict[str, Metric] = {
    "precision_at_top": precision_at_top,
    "precision_at_bottom": precision_at_bottom,
    "kendall_tau_in_top": kendall_tau_in_top,
}
LEGAL_METRICS = (*_WHOLE, *(f"{name}_K" for name in _AT_K), *(f"{name}_PERCENT" for name in _AT_PERCENT))


def metric(name: str) -> Metric:
    """Return the metric called `name`, its K or percentage filled in, as `f(*, true, pred) -> float`.

    "kendall_tau", "spearman", "n_at_10", "n_at_relative_10", "regret_at_1", "precision_at_top_0.5", ...
    Raises UnknownName, which lists the legal forms.
    """
    if name in _WHOLE:
        return _WHOLE[name]
    matched = re.fullmatch(r"([a-z_]+)_(\d+(?:\.\d+)?)", name)
    if matched:
        family, number = matched.groups()
        if family in _AT_PERCENT:
            percent = float(number)
            top_count(1, percent)
            return partial(_AT_PERCENT[family], percent=percent)
        if family in _AT_K and "." not in number and int(number) > 0:
            function, relative = _AT_K[family]
            return partial(function, k=int(number), **({"relative": True} if relative else {}))
    raise UnknownName(f"metrics: no {name!r}; legal: {', '.join(LEGAL_METRICS)} (K an integer >= 1)")


def higher_is_better(name: str) -> bool:
    """Say whether a larger value of the metric called `name` is a better one. Raises UnknownName."""
    metric(name)
    return not name.startswith(("n_at_", "regret_at_"))


def top_count(size: int, percent: float) -> int:
    """Return how many of `size` architectures are the top `percent`: max(1, floor(size * percent / 100))."""
    if not 0 < percent <= 100:
        raise InvalidArgument(f"percent={percent!r}: expected a number in (0, 100]")
    # 0.29 * 100 is 28.999...: a floor must not lose an architecture to binary rounding.
    return max(1, int(np.floor(size * percent / 100 + 1e-9)))


def _pair(true: ArrayLike, pred: ArrayLike) -> tuple[Float64[np.ndarray, " n"], Float64[np.ndarray, " n"]]:
    truth, prediction = np.asarray(true, dtype=np.float64), np.asarray(pred, dtype=np.float64)
    for name, values in (("true", truth), ("pred", prediction)):
        if values.ndim != 1:
            raise InvalidArgument(f"{name} has shape {values.shape}: expected one value an architecture, [n]")
        if np.isnan(values).any():
            raise InvalidArgument(
                f"{name} holds {np.isnan(values).sum()} NaN of {len(values)}: none is allowed"
            )
    if len(truth) != len(prediction):
        raise InvalidArgument(f"true has {len(truth)} values and pred {len(prediction)}: expected as many")
    if len(truth) < 2 or _constant(truth):
        raise InvalidArgument(
            f"true holds {len(truth)} values, all equal: nothing can be ordered; expected two distinct"
        )
    return truth, prediction


def _constant(values: Float64[np.ndarray, " n"]) -> bool:
    return bool((values == values[0]).all())


def _check_k(k: int, size: int) -> None:
    if not 1 <= k <= size:
        raise InvalidArgument(f"k={k!r}: expected an integer from 1 to the number of architectures, {size}")


def _orders(
    truth: Float64[np.ndarray, " n"], prediction: Float64[np.ndarray, " n"], seed: Seed
) -> tuple[Int64[np.ndarray, " n"], Int64[np.ndarray, " n"]]:
    """Positions from best to worst by truth and by prediction, after one seeded shuffle of the population."""
    shuffled = as_generator(seed).permutation(len(truth))
    return (
        shuffled[np.argsort(-truth[shuffled], kind="stable")],
        shuffled[np.argsort(-prediction[shuffled], kind="stable")],
    )
