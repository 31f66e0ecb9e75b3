"""Bayesian linear regression on given features, and the precisions that the evidence chooses."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64
from scipy.linalg import cho_solve, cholesky, solve_triangular
from scipy.optimize import minimize

from archenc.typing import Seed, as_generator

Matrix = Float64[np.ndarray, "n m"]
Vector = Float64[np.ndarray, " n"]


@dataclass(frozen=True)
class BayesianLinear:
    """Posterior of the weights, their prior of precision a, the noise of precision b."""

    a: float
    b: float
    factor: Float64[np.ndarray, "m m"]
    weights: Float64[np.ndarray, " m"]

    @classmethod
    def of(cls, F: Matrix, y: Vector, a: float, b: float) -> BayesianLinear:
        """Learn from features and values: K = a I + b F'F, weights = b K^-1 F'y."""
        factor = cholesky(a * np.eye(F.shape[1]) + b * F.T @ F, lower=True)
        return cls(a, b, factor, b * cho_solve((factor, True), F.T @ y))

    def mean(self, F: Matrix) -> Vector:
        """Return the mean of the latent value."""
        return F @ self.weights

    def variance(self, F: Matrix) -> Vector:
        """Return the variance of the latent value; of a new observation it is 1 / b more."""
        return (solve_triangular(self.factor, F.T, lower=True) ** 2).sum(axis=0)


def log_evidence(F: Matrix, y: Vector, a: float, b: float) -> float:
    """Return log p(y) for precisions a and b (Bishop 2006, 3.86)."""
    n, m = F.shape
    posterior = BayesianLinear.of(F, y, a, b)
    w = posterior.weights
    return float(
        0.5 * m * np.log(a)
        + 0.5 * n * np.log(b / (2 * np.pi))
        - 0.5 * b * ((y - F @ w) ** 2).sum()
        - 0.5 * a * (w @ w)
        - np.log(np.diag(posterior.factor)).sum()
    )


class Evidence:
    """The log evidence and its slope as a function of (log a, log b): one decomposition for every value."""

    def __init__(self, F: Matrix, y: Vector) -> None:
        left, roots, _ = np.linalg.svd(F, full_matrices=False)
        self._roots = roots**2
        self._along = (left.T @ y) ** 2
        self._beside = max(float(y @ y - self._along.sum()), 0.0)
        self._n = len(y)

    def __call__(self, log_precisions: Float64[np.ndarray, " 2"]) -> tuple[float, Float64[np.ndarray, " 2"]]:
        """Return the value and the two derivatives."""
        a, b = np.exp(log_precisions)
        total = a + b * self._roots
        fit = b * self._beside + (a * b / total * self._along).sum()
        value = 0.5 * (self._n * np.log(b / (2 * np.pi)) - fit + np.log(a / total).sum())
        by_a = 0.5 * (b * self._roots / total - a * b**2 * self._roots / total**2 * self._along).sum()
        by_b = 0.5 * (
            self._n - b * self._beside - (a**2 * b / total**2 * self._along + b * self._roots / total).sum()
        )
        return float(value), np.array([by_a, by_b])


def fit(F: Matrix, y: Vector, *, starts: int = 4, seed: Seed = 0) -> BayesianLinear:
    """Return the regression of greatest evidence, the best of several searches from different precisions."""
    evidence, rng = Evidence(F, y), as_generator(seed)
    firsts = [np.zeros(2), *rng.normal(scale=3, size=(starts - 1, 2))]

    def loss(x: Float64[np.ndarray, " 2"]) -> tuple[float, Float64[np.ndarray, " 2"]]:
        value, slope = evidence(x)
        return -value, -slope

    found = [minimize(loss, first, jac=True, method="L-BFGS-B", bounds=[(-12, 12)] * 2) for first in firsts]
    a, b = np.exp(min(found, key=lambda one: one.fun).x)
    return BayesianLinear.of(F, y, float(a), float(b))
