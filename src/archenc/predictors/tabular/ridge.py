"""Ridge regression, its penalty chosen by leaving one out in closed form."""

from __future__ import annotations

from collections.abc import Sequence
from typing import final

import numpy as np
from jaxtyping import Float64

from archenc.errors import InvalidArgument
from archenc.predictors.checks import check_number, check_option
from archenc.predictors.tabular.base import TabularPredictor
from archenc.predictors.tabular.scaling import SCALINGS, fit_scaler

ALPHAS = tuple(float(alpha) for alpha in np.logspace(-3, 4, 29))


@final
class Ridge(TabularPredictor):
    """Linear model of scaled features with an L2 penalty; scores carry the unit of the target.

    alphas: penalties to choose from, on the scale of sums over rows as in scikit-learn; the one with the
    least squared error over left-out rows wins, the greatest among equals. A single one is taken as it is.
    scaling: "columns" standardises each feature, "common" divides all by one number, for features whose
    proportions mean something, such as principal components. target: "raw" or "rank" (normal scores of
    ranks).

    The standard deviation is that of a new label in the Bayesian reading: weights N(0, s²/alpha), noise s².
    """

    def __init__(
        self, *, alphas: Sequence[float] = ALPHAS, scaling: str = "columns", target: str = "raw"
    ) -> None:
        self.alphas = alphas
        self.scaling = scaling
        self.target = target

    def _learn(self, X: Float64[np.ndarray, "n d"], y: Float64[np.ndarray, " n"]) -> None:
        if isinstance(self.alphas, (int, float, str)) or not len(self.alphas):
            raise InvalidArgument(f"alphas={self.alphas!r}: expected a list of at least one penalty > 0")
        for alpha in self.alphas:
            check_number("alphas", alpha, open_end=True)
        check_option("scaling", self.scaling, SCALINGS)
        self.mean_, self.scale_ = fit_scaler(X, self.scaling)
        Z = (X - self.mean_) / self.scale_
        U, s, Vt = np.linalg.svd(Z, full_matrices=False)
        self.intercept_ = float(y.mean())
        projected = U.T @ (y - self.intercept_)

        errors = []
        for alpha in sorted(self.alphas):
            shrink = s**2 / (s**2 + alpha)
            residual = y - self.intercept_ - U @ (shrink * projected)
            leverage = 1 / len(y) + U**2 @ shrink
            # what a left-out row would have been missed by, without fitting again
            errors.append(float(np.mean((residual / np.maximum(1 - leverage, 1e-12)) ** 2)))
        least = min(errors)
        at = max(i for i, error in enumerate(errors) if error <= least)
        self.alpha_ = float(sorted(self.alphas)[at])
        self.loo_error_ = errors[at]

        self.coef_ = Vt.T @ (s / (s**2 + self.alpha_) * projected)
        residual = y - self.intercept_ - Z @ self.coef_
        penalty = self.alpha_ * float(self.coef_ @ self.coef_)
        self.noise_ = float(np.sqrt((float(residual @ residual) + penalty) / max(len(y) - 1, 1)))
        self.directions_ = Vt
        self.spectrum_ = s
        self.rows_ = len(y)

    def _score(
        self, X: Float64[np.ndarray, "m d"], with_std: bool
    ) -> tuple[Float64[np.ndarray, " m"], Float64[np.ndarray, " m"] | None]:
        Z = (X - self.mean_) / self.scale_
        mean = self.intercept_ + Z @ self.coef_
        if not with_std:
            return mean, None
        along = (Z @ self.directions_.T) ** 2
        off = np.maximum(
            (Z**2).sum(axis=1) - along.sum(axis=1), 0
        )  # no training row lies in these directions
        spread = along @ (1 / (self.spectrum_**2 + self.alpha_)) + off / self.alpha_
        return mean, self.noise_ * np.sqrt(1 + 1 / self.rows_ + spread)
