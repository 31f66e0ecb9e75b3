"""BoTorch's Gaussian process: a length for every column of a code, fitted by its marginal likelihood."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, final

import numpy as np
from jaxtyping import Float64, Int64

from archenc.errors import require
from archenc.search.acquisition import Belief
from archenc.search.domain import Domain
from archenc.search.surrogates.base import Fitted, Lesson, Surrogate
from archenc.search.surrogates.features import Features

_CHUNK = 4096


@final
class BotorchProcess(Surrogate):
    """`SingleTaskGP` with its default kernel and priors, on the codes of encoders and standardised values.

    features: codes. It is fitted anew for each lesson, in double precision, on one thread; much slower than
    `Process`, which has one length for an encoder. Needs the extra `botorch`. Balandat et al., NeurIPS 2020.
    """

    def __init__(self, features: Features) -> None:
        self.features = features

    def fit_together(self, domain: Domain, lessons: Sequence[Lesson]) -> list[Fitted]:
        """Return a fitted model for each lesson. Raises MissingExtra."""
        models: Any = require("botorch.models", "botorch")
        fit: Any = require("botorch.fit", "botorch")
        likelihoods: Any = require("gpytorch.mlls", "botorch")
        outcomes: Any = require("botorch.models.transforms.outcome", "botorch")
        import torch

        found: list[Fitted] = []
        for lesson in lessons:
            x = torch.as_tensor(self.features.of(domain, lesson.numbers), dtype=torch.float64)
            y = torch.as_tensor(lesson.values, dtype=torch.float64)[:, None]
            with _quietly():
                model = models.SingleTaskGP(x, y, outcome_transform=outcomes.Standardize(1))
                fit.fit_gpytorch_mll(likelihoods.ExactMarginalLogLikelihood(model.likelihood, model))
            found.append(_Model(self.features, domain, model))
        return found


@final
class _Model:
    def __init__(self, features: Features, domain: Domain, model: Any) -> None:
        self._features, self._domain, self._model = features, domain, model

    def __call__(self, numbers: Int64[np.ndarray, " m"]) -> Belief:
        import torch

        mean, std = np.empty(len(numbers)), np.empty(len(numbers))
        with torch.no_grad(), _quietly():
            for start in range(0, len(numbers), _CHUNK):
                part = slice(start, start + _CHUNK)
                rows = self._features.of(self._domain, numbers[part])
                # one architecture a batch: variances alone, not all covariances
                posterior = self._model.posterior(torch.as_tensor(rows, dtype=torch.float64)[:, None])
                mean[part] = posterior.mean.flatten().numpy()
                std[part] = posterior.variance.clamp_min(0).sqrt().flatten().numpy()
        return Belief(mean, std)

    def best(self, numbers: Int64[np.ndarray, " n"], values: Float64[np.ndarray, " n"]) -> float:
        del values  # noisy: what the process makes of them counts
        return float(self(numbers).mean.max())


@contextmanager
def _quietly() -> Iterator[None]:
    """One thread, and no words on how columns are scaled: that was chosen, and holds for the domain."""
    from archenc.networks.threads import single_thread

    with single_thread(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
