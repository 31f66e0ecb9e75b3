"""Scores as a prior: what zero-cost scores lead to expect, before anything is trained."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, final
from weakref import WeakKeyDictionary

import numpy as np
from jaxtyping import Float64, Int64
from scipy.stats import norm, rankdata
from sklearn.base import clone

from archenc.errors import InvalidArgument
from archenc.search.acquisition import Belief
from archenc.search.domain import Domain
from archenc.search.surrogates.base import Fitted, Lesson, Surrogate
from archenc.search.surrogates.features import Features
from archenc.typing import real_number

_FLAT = 1e-9
"""A deviation of nothing."""


@final
class ScorePrior(Surrogate):
    """Another surrogate learns what scores leave unexplained; scores speak first, and for what is far away.

    surrogate: learns differences, and gives its belief in units of their deviation, as `Process` with
    target="raw" and `Ensemble` do. scores: an encoder whose columns are scores, higher is better, or several;
    a score that is missing is taken for the middle. The prior
    of an architecture is the mean of the normal scores of its ranks, standardised over a listed domain;
    weight: how many deviations of the values one of the prior is worth. What the scores cost is for the
    evaluator to say. Raises InvalidArgument.
    """

    def __init__(self, surrogate: Surrogate, scores: Any, weight: float = 0.5) -> None:
        self.surrogate, self.weight = surrogate, real_number("weight", weight)
        several = scores if isinstance(scores, Sequence) else [scores]
        self.scores = Features([_without_flags(one) for one in several])
        self._expected: WeakKeyDictionary[Domain, Float64[np.ndarray, " n"]] = WeakKeyDictionary()

    def expected(self, domain: Domain, numbers: Int64[np.ndarray, " n"]) -> Float64[np.ndarray, " n"]:
        """Return what scores lead to expect, in standard deviations of the values."""
        if not domain.listed:
            raise InvalidArgument(
                "scores as a prior are ranked over a listed domain: give a pool, or a space of at most 50,000"
            )
        if domain not in self._expected:
            columns = self.scores.of(domain, np.arange(len(domain)))
            ranks = norm.ppf((rankdata(columns, axis=0) - 0.5) / len(domain)).mean(axis=1)
            self._expected[domain] = (ranks - ranks.mean()) / (ranks.std() or 1.0)
        return self.weight * self._expected[domain][numbers]

    def fit_together(self, domain: Domain, lessons: Sequence[Lesson]) -> list[Fitted]:
        """Return a fitted model for each lesson."""
        units = [(float(one.values.mean()), float(one.values.std())) for one in lessons]
        left = [
            (one.values - mean) / std - self.expected(domain, one.numbers)
            for one, (mean, std) in zip(lessons, units, strict=True)
        ]
        open_ = [place for place, rest in enumerate(left) if rest.std() > _FLAT]
        inner = [Lesson(lessons[place].numbers, left[place], lessons[place].seed) for place in open_]
        fitted = dict(zip(open_, self.surrogate.fit_together(domain, inner), strict=True))
        return [
            _Model(self, domain, fitted.get(place), float(rest.mean()), float(rest.std()))
            for place, rest in enumerate(left)
        ]


def _without_flags(encoder: Any) -> Any:
    """Return an encoder without the columns that say which scores are missing."""
    if getattr(encoder, "missing", "") != "indicator":
        return encoder
    copy: Any = clone(encoder)
    return copy.set_params(missing="middle")


@final
class _Model:
    """What scores expect, and what a model of the rest adds; without one, nothing was left to explain."""

    def __init__(
        self, owner: ScorePrior, domain: Domain, model: Fitted | None, mean: float, std: float
    ) -> None:
        self._owner, self._domain, self._model, self._mean, self._std = owner, domain, model, mean, std

    def __call__(self, numbers: Int64[np.ndarray, " m"]) -> Belief:
        expected = self._owner.expected(self._domain, numbers)
        if self._model is None:
            return Belief(self._mean + expected, np.full(len(numbers), _FLAT))
        belief = self._model(numbers)
        mean = self._mean + self._std * belief.mean + expected
        return Belief(mean, None if belief.std is None else self._std * belief.std)

    def best(self, numbers: Int64[np.ndarray, " n"], values: Float64[np.ndarray, " n"]) -> float:
        del values
        return float(self(numbers).mean.max())
