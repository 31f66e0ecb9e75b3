"""Covariances of a Gaussian process over groups of features, and the evidence of its scales with its slope.

Each group of features (graph features, scores, an embedding) has one length scale, and optionally one weight
of a linear part; distances are means over the features of a group, so that a length of 1 suits groups of any
width.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64
from scipy.linalg import cho_solve, cholesky, get_lapack_funcs
from scipy.spatial.distance import cdist

from archenc.errors import InvalidArgument

Matrix = Float64[np.ndarray, "n m"]
Vector = Float64[np.ndarray, "_"]


def _rbf(square: Matrix) -> tuple[Matrix, Matrix]:
    value = np.exp(-0.5 * square)
    return value, -0.5 * value


def _matern52(square: Matrix) -> tuple[Matrix, Matrix]:
    root = np.sqrt(5 * square)
    decay = np.exp(-root)
    return (1 + root + root**2 / 3) * decay, -5 / 6 * (1 + root) * decay


# squared distance -> (correlation, its derivative by the squared distance)
KERNELS: dict[str, Callable[[Matrix], tuple[Matrix, Matrix]]] = {"rbf": _rbf, "matern52": _matern52}


@dataclass(frozen=True)
class Scales:
    """Variance of the stationary part, lengths and linear weights by group, variance of the noise."""

    signal: float
    lengths: Vector
    linear: Vector  # empty without a linear part
    noise: float

    def log(self, fixed_noise: bool) -> Vector:
        """Return the logarithms of what is to be fitted, as one vector."""
        noise = [] if fixed_noise else [self.noise]
        return np.log(np.concatenate([[self.signal], self.lengths, self.linear, noise]))

    @staticmethod
    def from_log(theta: Vector, groups: int, linear: bool, noise: float | None) -> Scales:
        """Undo `log`; noise: the variance, where it is not part of theta."""
        values = np.exp(theta)
        end = 1 + groups * (2 if linear else 1)
        fitted = float(values[end]) if noise is None else noise
        return Scales(float(values[0]), values[1 : 1 + groups], values[1 + groups : end], fitted)


def split(X: Float64[np.ndarray, "n d"], groups: Sequence[int]) -> list[Float64[np.ndarray, "n _"]]:
    """Cut the columns into groups, each divided by the root of its width."""
    parts = np.split(X, np.cumsum(groups)[:-1], axis=1)
    return [part / np.sqrt(max(part.shape[1], 1)) for part in parts]


def covariance(
    left: Sequence[Float64[np.ndarray, "n _"]],
    right: Sequence[Float64[np.ndarray, "m _"]],
    kernel: str,
    scales: Scales,
) -> Float64[np.ndarray, "n m"]:
    """Return the covariance of the latent function between the rows of two sets, cut by `split`."""
    a = np.concatenate([part / length for part, length in zip(left, scales.lengths, strict=True)], axis=1)
    b = np.concatenate([part / length for part, length in zip(right, scales.lengths, strict=True)], axis=1)
    value = scales.signal * KERNELS[kernel](cdist(a, b, "sqeuclidean"))[0]
    for weight, u, v in zip(scales.linear, left, right, strict=False):
        value += weight * (u @ v.T)
    return value


def prior_variance(rows: Sequence[Float64[np.ndarray, "n _"]], scales: Scales) -> Float64[np.ndarray, " n"]:
    """Return the diagonal of `covariance(rows, rows)`."""
    value = np.full(len(rows[0]), scales.signal)
    for weight, part in zip(scales.linear, rows, strict=False):
        value += weight * (part**2).sum(axis=1)
    return value


def factorise(K: Float64[np.ndarray, "n n"]) -> Float64[np.ndarray, "n n"]:
    """Return the lower Cholesky factor; equal rows without noise get the least jitter that makes it exist.

    Raises InvalidArgument if no jitter up to 1e-4 of the diagonal does.
    """
    for jitter in (0.0, 1e-10, 1e-8, 1e-6, 1e-4):
        try:
            return cholesky(K + jitter * np.mean(np.diag(K)) * np.eye(len(K)), lower=True)
        except np.linalg.LinAlgError:
            continue
    raise InvalidArgument("noise: the covariance of the training rows is singular; expected a greater noise")


class Evidence:
    """Log marginal likelihood of standardised labels, as a function of the logarithms of the scales."""

    def __init__(
        self,
        rows: Sequence[Float64[np.ndarray, "n _"]],
        y: Float64[np.ndarray, " n"],
        kernel: str,
        linear: bool,
    ) -> None:
        self.y = y
        self.kernel = KERNELS[kernel]
        self.linear = linear
        self.squares = [cdist(part, part, "sqeuclidean") for part in rows]
        self.products = [part @ part.T for part in rows] if linear else []

    def __call__(self, theta: Vector, noise: float | None = None) -> tuple[float, Vector]:
        """Return the value and its gradient; noise: the variance, where it is not the last of theta."""
        return self.of(self.y, theta, noise)[:2]

    def of(self, y: Vector, theta: Vector, noise: float | None = None) -> tuple[float, Vector, Vector]:
        """Return what calling it does for other labels of the same rows, and the gradient by them."""
        scales = Scales.from_log(theta, len(self.squares), self.linear, noise)
        scaled = [square / length**2 for square, length in zip(self.squares, scales.lengths, strict=True)]
        value, slope = self.kernel(np.sum(scaled, axis=0))
        K = scales.signal * value
        for weight, product in zip(scales.linear, self.products, strict=False):
            K += weight * product
        K[np.diag_indices_from(K)] += scales.noise
        L = factorise(K)
        weights = cho_solve((L, True), y)
        evidence = (
            -0.5 * float(y @ weights)
            - float(np.log(np.diag(L)).sum())
            - 0.5 * len(y) * float(np.log(2 * np.pi))
        )
        half, _ = get_lapack_funcs(("potri",), (L,))[0](L, lower=True)
        inverse = np.tril(half) + np.tril(half, -1).T
        pull = np.outer(weights, weights) - inverse  # twice the derivative of the evidence by K
        slopes = [scales.signal * np.vdot(pull, value)]
        weighted = scales.signal * pull * slope
        slopes += [-2 * np.vdot(weighted, part) for part in scaled]
        slopes += [w * np.vdot(pull, part) for w, part in zip(scales.linear, self.products, strict=False)]
        if noise is None:
            slopes.append(scales.noise * np.trace(pull))
        return evidence, 0.5 * np.array(slopes), -weights
