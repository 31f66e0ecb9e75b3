"""DNGO: Bayesian linear regression on the last hidden layer of a small network (Snoek et al., ICML 2015)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, final

import numpy as np
from jaxtyping import Float64, Int64

from archenc.errors import require
from archenc.search.acquisition import Belief
from archenc.search.domain import Domain
from archenc.search.surrogates.base import Fitted, Lesson, Surrogate
from archenc.search.surrogates.bayesian_linear import BayesianLinear, fit
from archenc.search.surrogates.features import Features


@final
class DNGO(Surrogate):
    """Codes, one hidden layer of 128 (tanh), a linear output; then its hidden layer as features of a BLR.

    features: codes. epochs: 30 as CATE has it, 100 as arch2vec. Trained anew for each lesson, on standardised
    values; precisions by evidence. Needs the extra `torch`.
    """

    def __init__(
        self, features: Features, *, hidden: int = 128, epochs: int = 30, lr: float = 0.01, batch: int = 10
    ) -> None:
        self.features = features
        self.recipe = {
            "hidden": (hidden,),
            "activation": "tanh",
            "absolute": 0.0,
            "squared": 1.0,
            "epochs": epochs,
            "batch": batch,
            "lr": lr,
            "betas": (0.9, 0.999),
            "decay": 0.01,
            "start": "fan_in",
        }

    def fit_together(self, domain: Domain, lessons: Sequence[Lesson]) -> list[Fitted]:
        """Return a fitted model for each lesson; the networks of one length are trained together."""
        require("torch", "torch")
        from archenc.search.surrogates.stacked import Recipe, hidden, some, train

        fitted: dict[int, Fitted] = {}
        lengths = np.array([len(lesson.numbers) for lesson in lessons])
        for n in np.unique(lengths).tolist():
            places = np.flatnonzero(lengths == n).tolist()
            inputs = [self.features.of(domain, lessons[i].numbers) for i in places]
            targets = [_standard(lessons[i].values) for i in places]
            layers = train(inputs, targets, [lessons[i].seed for i in places], Recipe(**self.recipe))
            for k, (place, rows, target) in enumerate(zip(places, inputs, targets, strict=True)):
                network = some(layers, np.array([k]))
                passed = _with_one(hidden(network, rows, "tanh")[0])
                linear = fit(passed, target, seed=lessons[place].seed)
                fitted[place] = _Model(self.features, domain, network, linear)
        return [fitted[place] for place in range(len(lessons))]


@final
class _Model:
    def __init__(self, features: Features, domain: Domain, network: Any, linear: BayesianLinear) -> None:
        self._features, self._domain, self._network, self._linear = features, domain, network, linear

    def __call__(self, numbers: Int64[np.ndarray, " m"]) -> Belief:
        from archenc.search.surrogates.stacked import hidden

        passed = _with_one(hidden(self._network, self._features.of(self._domain, numbers), "tanh")[0])
        return Belief(self._linear.mean(passed), np.sqrt(self._linear.variance(passed)))

    def best(self, numbers: Int64[np.ndarray, " n"], values: Float64[np.ndarray, " n"]) -> float:
        del values
        return float(self(numbers).mean.max())


def _standard(values: Float64[np.ndarray, " n"]) -> Float64[np.ndarray, " n"]:
    return (values - values.mean()) / values.std()


def _with_one(hidden: Float64[np.ndarray, "m h"]) -> Float64[np.ndarray, "m k"]:
    return np.concatenate([hidden, np.ones((len(hidden), 1))], axis=1)
