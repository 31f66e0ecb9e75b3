"""Any predictor or pipeline as a surrogate."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Any, final
from weakref import WeakKeyDictionary

import numpy as np
from jaxtyping import Float64, Int64
from sklearn.base import clone

from archenc.errors import InvalidArgument
from archenc.evaluation.method import seeded
from archenc.graph import GraphBatch, as_batch
from archenc.search.acquisition import Belief
from archenc.search.domain import Domain
from archenc.search.surrogates.base import Fitted, Lesson, Surrogate


@final
class Estimator(Surrogate):
    """An unfitted estimator: fit(architectures, values), predict(architectures).

    It is cloned, seeded and fitted anew for every round; one with `fit_trials` fits all searches at once. Its
    `predict` may have `return_std`, without which there is a mean only; archenc's predictors give the
    deviation of a new observation, which then stands for that of the latent value.
    """

    def __init__(self, estimator: Any) -> None:
        for needed in ("fit", "predict", "get_params"):
            if not hasattr(estimator, needed):
                raise InvalidArgument(f"predictor={estimator!r:.80}: it has no {needed}")
        self.estimator = estimator
        steps = getattr(estimator, "steps", None)
        first = steps[0][1] if steps else estimator
        self._reads_batches = type(first).__module__.startswith("archenc.")
        self._batches: WeakKeyDictionary[Domain, GraphBatch] = WeakKeyDictionary()

    def fit_together(self, domain: Domain, lessons: Sequence[Lesson]) -> list[Fitted]:
        """Return a fitted model for each lesson."""
        if len(lessons) > 1 and hasattr(self.estimator, "fit_trials"):
            trials = [(self._population(domain, one.numbers), one.values, one.seed) for one in lessons]
            fitted = seeded(clone(self.estimator), lessons[0].seed).fit_trials(trials)
        else:
            fitted = []
            for one in lessons:
                model: Any = seeded(clone(self.estimator), one.seed)
                fitted.append(model.fit(self._population(domain, one.numbers), one.values))
        return [_Model(self, domain, model) for model in fitted]

    def _population(self, domain: Domain, numbers: Int64[np.ndarray, " n"]) -> Any:
        """Return architectures: rows of one batch, made once, where the domain is listed."""
        if not domain.listed or not self._reads_batches:
            return domain.archs(numbers)
        if domain not in self._batches:
            self._batches[domain] = as_batch(domain.archs(range(len(domain))))
        return self._batches[domain][numbers]


@final
class _Model:
    def __init__(self, owner: Estimator, domain: Domain, model: Any) -> None:
        self._owner, self._domain, self._model = owner, domain, model
        self._deviates = _says_deviation(model)

    def __call__(self, numbers: Int64[np.ndarray, " m"]) -> Belief:
        archs = self._owner._population(self._domain, numbers)
        if self._deviates:
            try:
                mean, std = self._model.predict(archs, return_std=True)
                return Belief(np.asarray(mean, np.float64), np.asarray(std, np.float64))
            except InvalidArgument:  # this configuration has none
                self._deviates = False
        return Belief(np.asarray(self._model.predict(archs), np.float64))

    def best(self, numbers: Int64[np.ndarray, " n"], values: Float64[np.ndarray, " n"]) -> float:
        del values  # scores of a predictor need not be in their unit
        return float(self(numbers).mean.max())


def _says_deviation(model: Any) -> bool:
    steps = getattr(model, "steps", None)
    last = steps[-1][1] if steps else model
    return "return_std" in inspect.signature(last.predict).parameters
