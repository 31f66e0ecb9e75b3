"""An exact Gaussian process on the codes of encoders: quick enough for every query."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, final, get_args

import numpy as np
from jaxtyping import Float, Float64, Int64
from scipy.linalg import cho_solve, cholesky, solve_triangular

from archenc.errors import InvalidArgument
from archenc.pipelines.graph_and_scores import half_ranked, normal_scores
from archenc.search.acquisition import Belief
from archenc.search.domain import Domain
from archenc.search.structure_prior import Experience, structure_prior
from archenc.search.surrogates.base import Fitted, Lesson, Surrogate
from archenc.search.surrogates.distances import Distances
from archenc.search.surrogates.features import Features
from archenc.typing import real_number

Target = Literal["raw", "rank", "half"]

LENGTHS = (0.25, 0.5, 1.0, 2.0, 4.0)
NOISES = (0.003, 0.03, 0.2)
"""Variances, as a share of that of the process."""

_CHUNK = 2**14


@final
class Process(Surrogate):
    """A Gaussian process (Matérn 5/2) whose mean is what the structure of a network leads to expect.

    features: codes; the mean squares of the differences within each encoder's columns are added up. target:
    values as they are, standardised ("raw"), by rank ("rank": normal scores), or the mean of both, outliers
    clipped ("half"). prior: how much is expected before anything is trained, 0 for nothing. experience:
    "weights", so many standard deviations of the target for one of the logarithm of the weights; "tables",
    what other tables taught of `archenc.search.structure_prior.FEATURES`, how much it differs from task to
    task being part of the covariance. without: tables or tasks left out of that experience. doubt: of
    `StructurePrior`; by default 0.2 for "tables", and 0 for "weights".

    Length and noise are those of a grid with the greatest evidence under broad priors; variance and constant
    are estimated likewise. Costs n³ + n m d for m candidates.
    """

    def __init__(
        self,
        features: Features,
        *,
        target: Target = "half",
        prior: float = 0.0,
        experience: Experience = "weights",
        without: str = "",
        doubt: float | None = None,
    ) -> None:
        if target not in get_args(Target):
            raise InvalidArgument(f"target={target!r}; legal: {', '.join(get_args(Target))}")
        self.features = features
        self.target: Target = target
        self.prior = real_number("prior", prior)
        self.distances = Distances(features)
        self._structure = structure_prior(experience, self.prior, without, doubt)

    @property
    def expectant(self) -> bool:
        """Whether candidates differ for it before two different values are known."""
        return self.prior != 0

    def fit_together(self, domain: Domain, lessons: Sequence[Lesson]) -> list[Fitted]:
        """Return a fitted model for each lesson."""
        return [_Model(self, domain, lesson) for lesson in lessons]

    def expected(
        self, domain: Domain, numbers: Int64[np.ndarray, " n"]
    ) -> tuple[Float64[np.ndarray, " n"], Float64[np.ndarray, "n t"]]:
        """Return what is expected before anything is trained, in standard deviations of the target.

        With it, a basis of how tasks differ in it, in those of the process.
        """
        if not self.prior:
            return np.zeros(len(numbers)), np.zeros((len(numbers), 0))
        return self._structure(domain, numbers)


@final
class _Model:
    def __init__(self, owner: Process, domain: Domain, lesson: Lesson) -> None:
        self._owner, self._domain, self._known = owner, domain, lesson.numbers
        mean, self._basis = owner.expected(domain, lesson.numbers)
        if (lesson.values == lesson.values[0]).all():
            left = np.zeros(len(mean))  # one value says nothing of better or worse
        else:
            left = transformed(lesson.values, owner.target) - mean
        apart = owner.distances.between(domain, lesson.numbers, lesson.numbers).astype(np.float64)
        common = self._basis @ self._basis.T
        fits = [
            _Fit.of(_correlation(apart, length) + common, left, length, noise)
            for length in LENGTHS
            for noise in NOISES
        ]
        self._fit = max(fits, key=lambda fit: fit.evidence)

    def __call__(self, numbers: Int64[np.ndarray, " m"]) -> Belief:
        fit, factor = self._fit, self._fit.factor.astype(np.float32)
        mean, std = np.empty(len(numbers)), np.empty(len(numbers))
        for start in range(0, len(numbers), _CHUNK):
            part = slice(start, start + _CHUNK)
            apart = self._owner.distances.between(self._domain, self._known, numbers[part])
            expected, basis = self._owner.expected(self._domain, numbers[part])
            across = _correlation(apart, fit.length) + (self._basis @ basis.T).astype(np.float32)
            mean[part] = expected + fit.centre + fit.weights @ across
            explained = solve_triangular(factor, across, lower=True, check_finite=False)
            before = 1 + np.square(basis).sum(axis=1)
            std[part] = np.sqrt(fit.variance * np.maximum(before - np.square(explained).sum(axis=0), 0))
        return Belief(mean, std)

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
        cls, kernel: Float64[np.ndarray, "n n"], y: Float64[np.ndarray, " n"], length: float, noise: float
    ) -> _Fit:
        fit, n = cls(length, noise), len(y)
        fit.factor = cholesky(kernel + noise * np.eye(n), lower=True)
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
        return normal_scores(y)
    return half_ranked(y) if target == "half" else (y - y.mean()) / y.std()


def process(encoders: Any, **options: Any) -> Process:
    """Return a Gaussian process on the codes of encoders."""
    return Process(Features(encoders), **options)
