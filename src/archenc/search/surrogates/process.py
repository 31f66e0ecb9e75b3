"""An exact Gaussian process on the codes of encoders: quick enough for every query."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, final, get_args
from weakref import WeakKeyDictionary

import numpy as np
from jaxtyping import Float, Float64, Int64
from scipy.linalg import cho_solve, cholesky, solve_triangular
from scipy.stats import norm, rankdata

from archenc.errors import InvalidArgument
from archenc.pipelines.graph_and_scores import half_ranked
from archenc.search.acquisition import Belief
from archenc.search.domain import Domain
from archenc.search.surrogates.base import Fitted, Lesson, Surrogate
from archenc.search.surrogates.distances import Distances
from archenc.search.surrogates.features import Features
from archenc.search.weight_prior import log_weights

Target = Literal["raw", "rank", "half"]

LENGTHS = (0.25, 0.5, 1.0, 2.0, 4.0)
NOISES = (0.003, 0.03, 0.2)
"""Variances, as a share of that of the process."""

_CHUNK = 2**14


@final
class Process(Surrogate):
    """A Gaussian process (Matérn 5/2) whose mean is what the weights of a network lead to expect.

    features: codes; the mean squares of the differences within each encoder's columns are added up. target:
    values as they are, standardised ("raw"), by rank ("rank": normal scores), or the mean of both, outliers
    clipped ("half"). prior: how many standard deviations of the target one of the logarithm of the weights
    is believed to be worth before anything is trained; the process learns what is left.

    Length and noise are those of a grid with the greatest evidence under broad priors; variance and constant
    are estimated likewise. Costs n³ + n m d for m candidates.
    """

    def __init__(self, features: Features, *, target: Target = "half", prior: float = 0.0) -> None:
        if target not in get_args(Target):
            raise InvalidArgument(f"target={target!r}; legal: {', '.join(get_args(Target))}")
        if not np.isfinite(prior):
            raise InvalidArgument(f"prior={prior!r}: expected a finite number")
        self.features = features
        self.target: Target = target
        self.prior = float(prior)
        self.distances = Distances(features)
        self._expected: WeakKeyDictionary[Domain, _Expected] = WeakKeyDictionary()

    def fit_together(self, domain: Domain, lessons: Sequence[Lesson]) -> list[Fitted]:
        """Return a fitted model for each lesson."""
        return [_Model(self, domain, lesson) for lesson in lessons]

    def expected(self, domain: Domain, numbers: Int64[np.ndarray, " n"]) -> Float64[np.ndarray, " n"]:
        """Return what is expected of architectures before anything is trained, in standard deviations."""
        if not self.prior:
            return np.zeros(len(numbers))
        if domain not in self._expected:
            self._expected[domain] = _Expected(domain)
        return self.prior * self._expected[domain](numbers)


@final
class _Expected:
    """Standardised log weights of the architectures of a domain, counted once."""

    def __init__(self, domain: Domain) -> None:
        self._domain, self._known = domain, np.zeros(0)
        rng = np.random.default_rng(0)
        seen = range(len(domain)) if domain.listed else {domain.sample(rng) for _ in range(1000)}
        found = log_weights(domain, np.array(sorted(seen)))
        self._mean, self._std = float(found.mean()), float(found.std()) or 1.0
        self._values: dict[int, float] = {}
        if domain.listed:
            self._known = (found - self._mean) / self._std

    def __call__(self, numbers: Int64[np.ndarray, " n"]) -> Float64[np.ndarray, " n"]:
        if self._domain.listed:
            return self._known[numbers]
        new = np.array([n for n in numbers.tolist() if n not in self._values], dtype=np.int64)
        self._values.update(zip(new.tolist(), log_weights(self._domain, new).tolist(), strict=True))
        return (np.array([self._values[n] for n in numbers.tolist()]) - self._mean) / self._std


@final
class _Model:
    def __init__(self, owner: Process, domain: Domain, lesson: Lesson) -> None:
        self._owner, self._domain, self._known = owner, domain, lesson.numbers
        left = transformed(lesson.values, owner.target) - owner.expected(domain, lesson.numbers)
        apart = owner.distances.between(domain, lesson.numbers, lesson.numbers).astype(np.float64)
        fits = [_Fit.of(apart, left, length, noise) for length in LENGTHS for noise in NOISES]
        self._fit = max(fits, key=lambda fit: fit.evidence)

    def __call__(self, numbers: Int64[np.ndarray, " m"]) -> Belief:
        fit, factor = self._fit, self._fit.factor.astype(np.float32)
        mean, std = np.empty(len(numbers)), np.empty(len(numbers))
        for start in range(0, len(numbers), _CHUNK):
            part = slice(start, start + _CHUNK)
            apart = self._owner.distances.between(self._domain, self._known, numbers[part])
            across = _correlation(apart, fit.length)
            mean[part] = fit.centre + fit.weights @ across
            explained = solve_triangular(factor, across, lower=True, check_finite=False)
            std[part] = np.sqrt(fit.variance * np.maximum(1 - np.square(explained).sum(axis=0), 0))
        return Belief(mean + self._owner.expected(self._domain, numbers), std)

    def best(self, numbers: Int64[np.ndarray, " n"], values: Float64[np.ndarray, " n"]) -> float:
        del values  # noisy: what the process makes of them counts
        return float(self(numbers).mean.max())


@final
class _Fit:
    """One length and one noise: what they make of the targets, and how well."""

    def __init__(self, length: float, noise: float) -> None:
        self.length, self.noise = length, noise

    @classmethod
    def of(
        cls, apart: Float64[np.ndarray, "n n"], y: Float64[np.ndarray, " n"], length: float, noise: float
    ) -> _Fit:
        fit, n = cls(length, noise), len(y)
        fit.factor = cholesky(_correlation(apart, length) + noise * np.eye(n), lower=True)
        ones = cho_solve((fit.factor, True), np.ones(n))
        fit.centre = float(
            ones @ y / (ones.sum() + 1)
        )  # normal prior around 0, of the variance of the process
        off = y - fit.centre
        fit.weights = cho_solve((fit.factor, True), off)
        fit.variance = float(off @ fit.weights + 1) / (n + 2)  # inverse-gamma prior around 1/2
        # log-normal priors: length about 1 with deviation 1, noise about 0.03 with deviation 2
        doubt = 0.5 * np.log(length) ** 2 + 0.5 * (np.log(noise / 0.03) / 2) ** 2
        fit.evidence = float(
            -(0.5 * n + 1) * np.log(fit.variance) - np.log(np.diag(fit.factor)).sum() - doubt
        )
        return fit

    factor: Float64[np.ndarray, "n n"]
    weights: Float64[np.ndarray, " n"]
    centre: float
    variance: float
    evidence: float


def _correlation(apart: Float[np.ndarray, "m n"], length: float) -> Float[np.ndarray, "m n"]:
    """Return the Matérn 5/2 correlation of squared distances, in their precision."""
    root = np.sqrt(apart * apart.dtype.type(5 / length**2))
    decay = np.exp(-root)
    root *= 1 + root / 3
    root += 1
    root *= decay
    return root


def transformed(y: Float64[np.ndarray, " n"], target: Target) -> Float64[np.ndarray, " n"]:
    """Return values in the unit that a model learns: about standard normal."""
    if target == "rank":
        return norm.ppf((rankdata(y) - 0.5) / len(y))
    return half_ranked(y) if target == "half" else (y - y.mean()) / y.std()


def process(encoders: Any, **options: Any) -> Process:
    """Return a Gaussian process on the codes of encoders."""
    return Process(Features(encoders), **options)
