"""Fast estimators and tasks for the tests of this room."""

from __future__ import annotations

import os
import time
from pathlib import Path

import numpy as np
from sklearn.base import BaseEstimator, RegressorMixin

from archenc.evaluation.task import Task


def linear_task(n: int = 300, noise: float = 0.5, **given) -> Task:
    """Rows of 4 numbers and labels that a line through them explains up to noise."""
    rng = np.random.default_rng(7)
    X = rng.normal(size=(n, 4))
    return Task.from_arrays(X, X @ [1.0, 2.0, 3.0, 4.0] + noise * rng.normal(size=n), **given)


class Noisy(RegressorMixin, BaseEstimator):
    """Least squares plus noise from `seed`; writes down what it was trained on, in `log`."""

    def __init__(
        self, noise: float = 0.1, seed: int = 0, log: str | None = None, seconds: float = 0.0
    ) -> None:
        self.noise = noise
        self.seed = seed
        self.log = log
        self.seconds = seconds

    def fit(self, X, y):
        time.sleep(self.seconds)
        self.coef_ = np.linalg.lstsq(np.c_[X, np.ones(len(X))], y, rcond=None)[0]
        if self.log:
            with Path(self.log).open("a") as file:
                file.write(f"{len(X)} {self.seed}\n")
        return self

    def predict(self, X):
        exact = np.c_[X, np.ones(len(X))] @ self.coef_
        return exact + self.noise * np.random.default_rng(self.seed).normal(size=len(X))


class Dies(RegressorMixin, BaseEstimator):
    """Takes its process with it, as one killed for memory does."""

    def fit(self, X, y):
        os._exit(9)

    def predict(self, X):
        return np.zeros(len(X))


class Together(RegressorMixin, BaseEstimator):
    """Trains trials at once, and as real ones do, with a result that depends slightly on the company."""

    def __init__(self, seed: int = 0, log: str | None = None) -> None:
        self.seed = seed
        self.log = log

    def fit(self, X, y):
        return self.fit_trials([(X, y, self.seed)])[0]

    def fit_trials(self, trials):
        if self.log:
            with Path(self.log).open("a") as file:
                file.write(f"{len(trials)} {[seed for *_, seed in trials]}\n")
        fitted = []
        for X, y, seed in trials:
            model = Together(seed)
            model.coef_ = np.linalg.lstsq(np.c_[X, np.ones(len(X))], y, rcond=None)[0]
            model.coef_ += len(trials) * 0.05 * np.random.default_rng(seed).normal(size=len(model.coef_))
            fitted.append(model)
        return fitted

    def predict(self, X):
        return np.c_[X, np.ones(len(X))] @ self.coef_
