"""Exact Gaussian-process regression with one length scale for each group of features."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, final

import numpy as np
from jaxtyping import Float64, Int
from scipy.linalg import cho_solve, solve_triangular
from scipy.optimize import minimize

from archenc.errors import InvalidArgument
from archenc.predictors.checks import check_number, check_option
from archenc.predictors.tabular.base import TabularPredictor
from archenc.predictors.tabular.bending import BEND_BOUNDS, BEND_PRIOR, BentEvidence, bent
from archenc.predictors.tabular.kernels import (
    KERNELS,
    Evidence,
    Scales,
    covariance,
    factorise,
    prior_variance,
    split,
)
from archenc.predictors.tabular.scaling import SCALINGS, fit_scaler
from archenc.predictors.tabular.targets import TARGETS
from archenc.typing import Seed, as_generator

_CHUNK = 2048
_SEARCH_ROWS = 256  # restarts look at this many rows at most; the best one is then finished on all
# log-normal priors: median and log deviation of signal variance, lengths, linear weights, noise variance
LINEAR_WEIGHT = 0.1
_PRIORS = {"signal": (1.0, 1.0), "lengths": (1.0, 1.0), "linear": (LINEAR_WEIGHT, 1.5), "noise": (0.05, 1.5)}
_BOUNDS = {"signal": (1e-3, 1e3), "lengths": (2e-2, 1e2), "linear": (1e-5, 1e2), "noise": (1e-6, 1e1)}


@final
class GaussianProcess(TabularPredictor):
    """Exact Gaussian process on scaled features and labels; scores carry the unit of the target.

    kernel: "matern52" or "rbf". linear: adds a linear part; numbers, one for each group, say what its weights
    are believed to be, instead of 0.1. groups: widths of consecutive groups of features
    (an encoder each, say), every one with its own length scale and linear weight; None is one group. noise:
    standard deviation of the noise as a share of that of the labels, >= 0; None fits it. prior: weight of
    broad log-normal priors on the scales; 0 maximises the marginal likelihood alone, which overfits below
    about twenty rows. n_restarts: random starts of that search besides the default one. scaling: "columns"
    standardises each feature, "common" divides those of a group by one number, for features whose proportions
    mean something, such as principal components. target: "raw"; "rank" (normal scores of ranks); or "bent",
    robust z-scores under the exponential transformation with the highest evidence (`bending`), standardised:
    scores are then in that unit, and `bend_` is its parameter. seed: an integer, or a generator that `fit`
    draws from.

    Costs n³: under a second at 128 rows, some seconds at 1,000. The standard deviation is that of a new
    label.
    """

    targets: ClassVar[tuple[str, ...]] = (*TARGETS, "bent")

    def __init__(
        self,
        *,
        kernel: str = "matern52",
        linear: bool | Sequence[float] = False,
        groups: Sequence[int] | None = None,
        noise: float | None = None,
        prior: float = 1.0,
        n_restarts: int = 2,
        scaling: str = "columns",
        target: str = "raw",
        seed: Seed = 0,
    ) -> None:
        self.kernel = kernel
        self.linear = linear
        self.groups = groups
        self.noise = noise
        self.prior = prior
        self.n_restarts = n_restarts
        self.scaling = scaling
        self.target = target
        self.seed = seed

    def _learn(self, X: Float64[np.ndarray, "n d"], y: Float64[np.ndarray, " n"]) -> None:
        check_option("kernel", self.kernel, tuple(KERNELS))
        check_option("scaling", self.scaling, SCALINGS)
        check_number("prior", self.prior)
        check_number("n_restarts", self.n_restarts, whole=True)
        if self.noise is not None:
            check_number("noise", self.noise)
        self.widths_ = self._widths(X.shape[1])
        self.mean_, self.scale_ = fit_scaler(X, self.scaling, self.widths_)
        Z = (X - self.mean_) / self.scale_
        bends = self.target == "bent"
        self.label_mean_, self.label_std_ = (0.0, 1.0) if bends else (float(y.mean()), float(y.std()))
        t = (y - self.label_mean_) / self.label_std_

        scales, self.bend_ = self._search(Z, t, as_generator(self.seed))
        if bends:
            t = bent(t, self.bend_)
        self.signal_, self.noise_ = scales.signal, scales.noise
        self.lengths_, self.linear_ = scales.lengths, scales.linear
        rows = split(Z, self.widths_)
        K = covariance(rows, rows, self.kernel, scales)
        self.rows_ = Z
        self.factor_ = factorise(K + scales.noise * np.eye(len(K)))
        self.weights_ = cho_solve((self.factor_, True), t)
        self.log_likelihood_ = float(
            -0.5 * t @ self.weights_ - np.log(np.diag(self.factor_)).sum() - 0.5 * len(t) * np.log(2 * np.pi)
        )

    def _score(
        self, X: Float64[np.ndarray, "m d"], with_std: bool
    ) -> tuple[Float64[np.ndarray, " m"], Float64[np.ndarray, " m"] | None]:
        scales = Scales(self.signal_, self.lengths_, self.linear_, self.noise_)
        known = split(self.rows_, self.widths_)
        mean, variance = np.empty(len(X)), np.empty(len(X))
        for start in range(0, len(X), _CHUNK):
            part = slice(start, start + _CHUNK)
            rows = split((X[part] - self.mean_) / self.scale_, self.widths_)
            across = covariance(rows, known, self.kernel, scales)
            mean[part] = across @ self.weights_
            if with_std:
                explained = solve_triangular(self.factor_, across.T, lower=True)
                variance[part] = prior_variance(rows, scales) - (explained**2).sum(axis=0)
        scores = self.label_mean_ + self.label_std_ * mean
        if not with_std:
            return scores, None
        return scores, self.label_std_ * np.sqrt(np.maximum(variance, 0) + scales.noise)

    def held_out(self, rows: Int[np.ndarray, " k"]) -> Float64[np.ndarray, " k"]:
        """Return scores of training rows as if none of them had a label, at the scales that all gave.

        In closed form (Rasmussen & Williams, 2006, section 5.4.2, for single rows); rows: their numbers.
        """
        unit = np.eye(len(self.weights_))[:, rows]
        inverse = cho_solve((self.factor_, True), unit)
        labels = self.factor_[rows] @ (self.factor_.T @ self.weights_)
        scores = labels - np.linalg.solve(inverse[rows], self.weights_[rows])
        return self.label_mean_ + self.label_std_ * scores

    def _widths(self, d: int) -> list[int]:
        groups = [d] if self.groups is None else list(self.groups)
        if any(int(width) != width or width < 1 for width in groups) or sum(groups) != d:
            raise InvalidArgument(
                f"groups={self.groups!r}: expected widths >= 1 that add up to the {d} features"
            )
        return [int(width) for width in groups]

    def _linear_weights(self) -> list[float]:
        """Return what the weights of the linear part are believed to be; empty without such a part."""
        if isinstance(self.linear, bool):
            return [LINEAR_WEIGHT] * len(self.widths_) if self.linear else []
        weights = [float(weight) for weight in self.linear]
        if len(weights) != len(self.widths_) or not all(weight > 0 for weight in weights):
            raise InvalidArgument(
                f"linear={self.linear!r}: expected True, False or a number > 0 for each of the "
                f"{len(self.widths_)} groups"
            )
        return weights

    def _search(
        self, Z: Float64[np.ndarray, "n d"], t: Float64[np.ndarray, " n"], rng: np.random.Generator
    ) -> tuple[Scales, float]:
        """Return the likeliest scales, and the bend of the labels, 0 where they are not to be bent."""
        bends = self.target == "bent"
        parts = ["signal", *["lengths"] * len(self.widths_)]
        weights = self._linear_weights()
        parts += ["linear"] * len(weights)
        parts += ["noise"] if self.noise is None else []
        centre, spread = np.log([_PRIORS[p][0] for p in parts]), np.array([_PRIORS[p][1] for p in parts])
        start = 1 + len(self.widths_)
        centre[start : start + len(weights)] = np.log(weights)
        low, high = np.log([_BOUNDS[p][0] for p in parts]), np.log([_BOUNDS[p][1] for p in parts])
        if bends:
            centre, spread = np.append(centre, BEND_PRIOR[0]), np.append(spread, BEND_PRIOR[1])
            low, high = np.append(low, BEND_BOUNDS[0]), np.append(high, BEND_BOUNDS[1])
        noise = None if self.noise is None else float(self.noise) ** 2

        def evidence_of(rows: Any) -> Evidence | BentEvidence:
            found = Evidence(split(Z[rows], self.widths_), t[rows], self.kernel, bool(weights))
            return BentEvidence(found) if bends else found

        def finish(
            evidence: Evidence | BentEvidence, start: np.ndarray, steps: int
        ) -> tuple[float, np.ndarray]:
            def loss(theta: np.ndarray) -> tuple[float, np.ndarray]:
                value, slope = evidence(theta, noise)
                off = (theta - centre) / spread
                return self.prior * 0.5 * float(off @ off) - value, self.prior * off / spread - slope

            best = minimize(
                loss,
                start,
                jac=True,
                method="L-BFGS-B",
                bounds=list(zip(low, high, strict=True)),
                options={"maxiter": steps},
            )
            return float(best.fun), best.x

        few = np.sort(rng.permutation(len(t))[:_SEARCH_ROWS])
        evidence = evidence_of(few)
        starts = [
            centre,
            *(
                np.clip(centre + spread * rng.normal(size=len(centre)), low, high)
                for _ in range(self.n_restarts)
            ),
        ]
        theta = min((finish(evidence, start, 100) for start in starts), key=lambda found: found[0])[1]
        if len(few) < len(t):
            theta = finish(evidence_of(slice(None)), theta, 20)[1]
        bend = float(theta[-1]) if bends else 0.0
        return Scales.from_log(theta, len(self.widths_), bool(weights), noise), bend
