"""Narrowing of embeddings, fitted on training rows only: principal components, and whitenings of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, Self, final

import numpy as np
from jaxtyping import Float, Float32, Float64
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from archenc.errors import InvalidArgument, shown
from archenc.typing import whole_number

Kind = Literal["none", "pca", "pca_whiten", "soft_pca", "zca", "soft_zca"]
KINDS = ("none", "pca", "pca_whiten", "soft_pca", "zca", "soft_zca")
COMPONENTS = 128
EPS = 1.0
_BLOCK = 128
_RANK = 1e-6  # a direction whose deviation is this share of the first one's is noise of float32


@final
@dataclass(frozen=True, eq=False)
class Projection:
    """A fitted reduction: (x - mean) @ matrix. kept: how many columns are more than rounding."""

    mean: Float64[np.ndarray, " d"]
    matrix: Float64[np.ndarray, "d k"]
    kept: int

    def __call__(self, X: Float[np.ndarray, "n d"]) -> Float32[np.ndarray, "n k"]:
        """Reduce rows, in blocks of one size: what a row becomes does not depend on its company."""
        out = np.empty((len(X), self.matrix.shape[1]), dtype=np.float32)
        block = np.zeros((_BLOCK, len(self.mean)))
        for start in range(0, len(X), _BLOCK):
            part = X[start : start + _BLOCK]
            block[: len(part)] = part - self.mean
            out[start : start + _BLOCK] = (block @ self.matrix)[: len(part)]
        return out


def check_reduction(kind: str, components: int | None, eps: float) -> int | None:
    """Return how many components at most, None for all. Raises InvalidArgument; see `fit_projection`."""
    if kind not in KINDS:
        raise InvalidArgument(f"reduction={shown(kind)}; legal: {', '.join(KINDS)}")
    if not isinstance(eps, (int, float)) or isinstance(eps, bool) or not 0 < eps < np.inf:
        raise InvalidArgument(f"eps={shown(eps)}: expected a number > 0")
    return None if components is None else whole_number("components", components, 1)


def fit_projection(
    X: Float[np.ndarray, "n d"], kind: str = "pca", components: int | None = COMPONENTS, eps: float = EPS
) -> Projection:
    """Fit a reduction on n rows.

    kind, with variances v_j of the principal components of the rows:

    * "none": the rows as they are;
    * "pca": centred, the first components; "pca_whiten": each divided by sqrt(v_j); "soft_pca": by
      sqrt(v_j + eps), which lifts small components less;
    * "zca", "soft_zca": the same two divisions, turned back to the d directions of the embedding; what is
      orthogonal to all training rows is left as it is.

    components: how many at most; None is all. There are never more than n - 1 or d, and zca keeps d columns.
    Directions in which the rows do not vary give 0 (in zca, they are left as they are).
    Raises InvalidArgument.
    """
    limit = check_reduction(kind, components, eps)
    rows = np.asarray(X, dtype=np.float64)
    n, d = rows.shape
    if kind == "none":
        return Projection(np.zeros(d), np.eye(d), d)
    mean = rows.mean(axis=0)
    _, singular, directions = np.linalg.svd(rows - mean, full_matrices=False)
    flip = np.sign(directions[np.arange(len(directions)), np.abs(directions).argmax(axis=1)])
    directions = directions * flip[:, None]  # the sign of a component is the library's whim, but for this
    kept = int((singular > _RANK * max(float(singular[0]), 1e-30)).sum()) if n > 1 else 0
    variance = singular**2 / max(n - 1, 1)
    scale = np.zeros_like(variance)
    added = 0.0 if kind in ("zca", "pca_whiten") else eps
    scale[:kept] = 1.0 if kind == "pca" else 1 / np.sqrt(variance[:kept] + added)
    if kind in ("zca", "soft_zca"):
        used = directions[:kept]
        return Projection(mean, np.eye(d) + used.T @ ((scale[:kept] - 1)[:, None] * used), kept)
    width = max(1, min(n - 1, d, d if limit is None else limit))
    return Projection(mean, (directions * scale[:, None])[:width].T, min(kept, width))


@final
class Reduction(TransformerMixin, BaseEstimator):
    """`fit_projection` as a transformer of scikit-learn, for embeddings [n, d] that come from elsewhere.

    components_: how many columns are more than rounding.
    """

    def __init__(self, kind: Kind = "pca", components: int | None = COMPONENTS, eps: float = EPS) -> None:
        self.kind = kind
        self.components = components
        self.eps = eps

    def fit(self, X: Any, y: object = None) -> Self:  # noqa: ARG002 - scikit-learn passes it
        """Learn from training rows [n, d]; y is not used. Raises InvalidArgument."""
        rows = _rows(X)
        self.projection_ = fit_projection(rows, self.kind, self.components, self.eps)
        self.n_features_in_ = rows.shape[1]
        self.components_ = self.projection_.kept
        return self

    def transform(self, X: Any) -> Float32[np.ndarray, "n k"]:
        """Reduce rows [n, d]. Raises NotFittedError, InvalidArgument."""
        check_is_fitted(self)
        rows = _rows(X)
        if rows.shape[1] != self.n_features_in_:
            raise InvalidArgument(
                f"X has {rows.shape[1]} features: expected {self.n_features_in_}, as in fit"
            )
        return self.projection_(rows)

    def get_feature_names_out(self, input_features: object = None) -> np.ndarray:  # noqa: ARG002 - likewise
        """Return the names of the columns."""
        check_is_fitted(self)
        return np.array([f"{self.kind}_{k}" for k in range(self.projection_.matrix.shape[1])], dtype=object)


def _rows(X: Any) -> np.ndarray:
    rows = np.asarray(X, dtype=np.float64)
    if rows.ndim != 2 or not len(rows) or not rows.shape[1] or not np.isfinite(rows).all():
        raise InvalidArgument(f"X has shape {rows.shape}: expected finite numbers [n, d], n and d at least 1")
    return rows
