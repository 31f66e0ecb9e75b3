"""Extremely randomised trees, kept as arrays."""

from __future__ import annotations

from typing import Any, Literal, final

import numpy as np
from jaxtyping import Float64
from sklearn.ensemble import ExtraTreesRegressor
from sklearn.utils.validation import check_is_fitted

from archenc.errors import InvalidArgument
from archenc.predictors.checks import check_features, check_number
from archenc.predictors.tabular.base import TabularPredictor, as_integer
from archenc.typing import Seed

_CHUNK = 2048


@final
class ExtraTrees(TabularPredictor):
    """Extremely randomised trees (Geurts, Ernst & Wehenkel 2006); scores carry the unit of the target.

    n_estimators: number of trees. min_samples_leaf, max_features: as in scikit-learn, which grows the trees.
    target: "raw" or "rank" (normal scores of ranks). seed: an integer, or a generator that each `fit` draws
    from. n_jobs: processes that grow trees; the result does not depend on it.

    The standard deviation is that of the trees, and `predict_interval` gives their quantiles.
    """

    def __init__(
        self,
        *,
        n_estimators: int = 300,
        min_samples_leaf: int = 1,
        max_features: float | Literal["sqrt", "log2"] = 1.0,
        target: str = "raw",
        seed: Seed = 0,
        n_jobs: int = 1,
    ) -> None:
        self.n_estimators = n_estimators
        self.min_samples_leaf = min_samples_leaf
        self.max_features = max_features
        self.target = target
        self.seed = seed
        self.n_jobs = n_jobs

    def predict_interval(
        self, X: Any, coverage: float = 0.9
    ) -> tuple[Float64[np.ndarray, " m"], Float64[np.ndarray, " m"]]:
        """Return the lower and upper end [m] between which the middle `coverage` of the trees lies.

        coverage: a share of the trees, in (0, 1). Raises InvalidArgument, and NotFittedError before `fit`.
        """
        if not 0 < coverage < 1:
            raise InvalidArgument(f"coverage={coverage!r}: expected a share between 0 and 1, such as 0.9")
        check_is_fitted(self)
        votes = self._votes(check_features(X, self.n_features_in_))
        lower, upper = np.quantile(votes, [(1 - coverage) / 2, (1 + coverage) / 2], axis=1)
        return lower, upper

    def _learn(self, X: Float64[np.ndarray, "n d"], y: Float64[np.ndarray, " n"]) -> None:
        check_number("n_estimators", self.n_estimators, least=1, whole=True)
        check_number("min_samples_leaf", self.min_samples_leaf, least=1, whole=True)
        forest = ExtraTreesRegressor(
            n_estimators=self.n_estimators,
            min_samples_leaf=self.min_samples_leaf,
            max_features=self.max_features,  # pyright: ignore[reportArgumentType] (names are legal too)
            random_state=as_integer(self.seed),
            n_jobs=self.n_jobs,
        ).fit(X, y)
        trees = [member.tree_ for member in forest.estimators_]
        counts = np.array([tree.node_count for tree in trees])
        self.roots_ = (np.cumsum(counts) - counts).astype(np.int32)
        shift = np.repeat(self.roots_, counts)
        left = np.concatenate([tree.children_left for tree in trees])
        right = np.concatenate([tree.children_right for tree in trees])
        leaf = left < 0
        here = np.arange(len(left))
        # a leaf is its own child: rows that have arrived stay while others still descend
        self.left_ = np.where(leaf, here, left + shift).astype(np.int32)
        self.right_ = np.where(leaf, here, right + shift).astype(np.int32)
        self.feature_ = np.where(leaf, 0, np.concatenate([tree.feature for tree in trees])).astype(np.int32)
        self.threshold_ = np.concatenate([tree.threshold for tree in trees])
        self.value_ = np.concatenate([tree.value[:, 0, 0] for tree in trees])
        self.depth_ = int(max(tree.max_depth for tree in trees))

    def _votes(self, X: Float64[np.ndarray, "m d"]) -> Float64[np.ndarray, "m t"]:
        votes = np.empty((len(X), len(self.roots_)))
        # trees were grown on float32 features, and a threshold may lie within the rounding
        single = X.astype(np.float32)
        for start in range(0, len(X), _CHUNK):
            rows = single[start : start + _CHUNK]
            line = np.arange(len(rows))[:, None]
            node = np.broadcast_to(self.roots_, (len(rows), len(self.roots_)))
            for _ in range(self.depth_):
                goes_left = rows[line, self.feature_[node]] <= self.threshold_[node]
                node = np.where(goes_left, self.left_[node], self.right_[node])
            votes[start : start + _CHUNK] = self.value_[node]
        return votes

    def _score(
        self, X: Float64[np.ndarray, "m d"], with_std: bool
    ) -> tuple[Float64[np.ndarray, " m"], Float64[np.ndarray, " m"] | None]:
        votes = self._votes(X)
        return votes.mean(axis=1), votes.std(axis=1) if with_std else None
