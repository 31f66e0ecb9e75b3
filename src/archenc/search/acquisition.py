"""Acquisition: how much a surrogate's belief makes each candidate worth evaluating. Values are maximised."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from jaxtyping import Float64
from scipy.special import erfcx, log_ndtr, ndtr

from archenc.errors import InvalidArgument, UnknownName, shown
from archenc.typing import real_number

Vector = Float64[np.ndarray, " m"]

LEAST_STD = 1e-9
_FAR = -100.0
_ROOT = np.sqrt(np.pi / 2)
_LOG_ROOT = 0.5 * np.log(2 * np.pi)


@dataclass(frozen=True)
class Belief:
    """What a surrogate believes of m candidates: mean, deviation of the latent value, members [s, m].

    The deviation leaves out the noise of an observation. A surrogate without one gives None.
    """

    mean: Float64[np.ndarray, " m"]
    std: Float64[np.ndarray, " m"] | None = None
    members: Float64[np.ndarray, "s m"] | None = None

    @staticmethod
    def of_members(members: Float64[np.ndarray, "s m"]) -> Belief:
        """Return the mean of an ensemble, and its deviation with ddof 1."""
        std = members.std(axis=0, ddof=1) if len(members) > 1 else None
        return Belief(members.mean(axis=0), std, members)

    def deviation(self) -> Float64[np.ndarray, " m"]:
        """Return the standard deviation, at least 1e-9. Raises InvalidArgument where there is none."""
        if self.std is None:
            raise InvalidArgument("acquisition: this surrogate has no deviation; use 'mean'")
        return np.maximum(self.std, LEAST_STD)


Acquisition = Callable[[Belief, float, np.random.Generator, int], Float64[np.ndarray, "s m"]]
"""(belief, best value so far, generator, n) -> scores, higher first: one row, or one for each of n."""


def improvement(z: Vector) -> Vector:
    """Return h(z) = phi(z) + z Phi(z): the expected improvement of a standard normal variable."""
    return np.exp(-0.5 * z**2 - _LOG_ROOT) + z * ndtr(z)


def log_improvement(z: Vector) -> Vector:
    """Return log h(z), exact also where h(z) is no longer a number: finite and increasing down to -1e150."""
    z = np.asarray(z, dtype=np.float64)
    found = np.empty_like(z)
    high, far = z > -1, z < _FAR
    middle = ~high & ~far
    found[high] = np.log(improvement(z[high]))
    x = -z[middle]
    found[middle] = -0.5 * x**2 - _LOG_ROOT + np.log1p(-x * _ROOT * erfcx(x / np.sqrt(2)))
    x = -z[far]
    series = -3 / x**2 + 15 / x**4 - 105 / x**6
    found[far] = -0.5 * x**2 - _LOG_ROOT - 2 * np.log(x) + np.log1p(series)
    return found


def expected_improvement(mean: Vector, std: Vector, best: float, xi: float = 0.0) -> Vector:
    """Return s h((mean - best - xi) / s), in the unit of the values (Mockus 1978)."""
    return std * improvement((mean - best - xi) / std)


def log_expected_improvement(mean: Vector, std: Vector, best: float, xi: float = 0.0) -> Vector:
    """Return the logarithm of the expected improvement, which still orders what is far below the best."""
    return np.log(std) + log_improvement((mean - best - xi) / std)


def log_probability_of_improvement(mean: Vector, std: Vector, best: float, xi: float = 0.0) -> Vector:
    """Return log Phi((mean - best - xi) / s), which orders as the probability does (Kushner 1964)."""
    return log_ndtr((mean - best - xi) / std)


def cate_published(mean: Vector, std: Vector, target: float = 1.0) -> Vector:
    """Return the score that CATE's code computes: a variance where a deviation belongs, and 1 added.

    Far below the target it is the variance itself. Only for comparison.
    """
    v = std**2
    u = (mean - target) / v
    return v * (u * ndtr(u) + 1 + np.exp(-0.5 * u**2 - _LOG_ROOT))


def _ei(belief: Belief, best: float, rng: np.random.Generator, n: int, xi: float = 0.0) -> np.ndarray:  # noqa: ARG001
    return log_expected_improvement(belief.mean, belief.deviation(), best, xi)[None]


def _pi(belief: Belief, best: float, rng: np.random.Generator, n: int, xi: float = 0.0) -> np.ndarray:  # noqa: ARG001
    return log_probability_of_improvement(belief.mean, belief.deviation(), best, xi)[None]


def _ucb(belief: Belief, best: float, rng: np.random.Generator, n: int, beta: float = 0.5) -> np.ndarray:  # noqa: ARG001
    return (belief.mean + beta * belief.deviation())[None]


def _mean(belief: Belief, best: float, rng: np.random.Generator, n: int) -> np.ndarray:  # noqa: ARG001
    return belief.mean[None]


def _its(belief: Belief, best: float, rng: np.random.Generator, n: int) -> np.ndarray:  # noqa: ARG001
    return rng.normal(belief.mean, belief.deviation())[None]


def _ts(belief: Belief, best: float, rng: np.random.Generator, n: int) -> np.ndarray:  # noqa: ARG001
    if belief.members is None:
        raise InvalidArgument("acquisition='ts' needs the members of an ensemble; use 'its'")
    return belief.members[rng.integers(len(belief.members), size=n)]


def _cate(belief: Belief, best: float, rng: np.random.Generator, n: int, target: float = 1.0) -> np.ndarray:  # noqa: ARG001
    return cate_published(belief.mean, belief.deviation(), target)[None]


ACQUISITIONS: dict[str, Callable[..., np.ndarray]] = {
    "ei": _ei,
    "pi": _pi,
    "ucb": _ucb,
    "mean": _mean,
    "its": _its,
    "ts": _ts,
    "cate_published": _cate,
}


def acquisition(name: str | Acquisition, **options: float) -> Acquisition:
    """Return an acquisition by name; one that is there already as it is.

    "ei" (ordered by its logarithm) and "pi", each with `xi`; "ucb" with `beta`, 0.5; "its", independent
    draws; "ts", one member of the ensemble for each to choose; "mean", greedy; "cate_published" with
    `target`. Raises UnknownName, InvalidArgument.
    """
    if not isinstance(name, str):
        if not callable(name) or options:
            raise InvalidArgument(f"acquisition={shown(name)}: expected a name, or one that is complete")
        return name
    if name not in ACQUISITIONS:
        raise UnknownName(f"acquisition: no {name!r}; known: {', '.join(ACQUISITIONS)}")
    legal = list(inspect.signature(ACQUISITIONS[name]).parameters)[4:]
    if foreign := sorted(set(options) - set(legal)):
        has = f"legal: {', '.join(legal)}" if legal else "it has no option"
        raise InvalidArgument(f"acquisition {name!r} has no {', '.join(foreign)}; {has}")
    for option, value in options.items():
        real_number(option, value)
    return partial(ACQUISITIONS[name], **options)
