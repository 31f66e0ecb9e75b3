"""What tabular predictors share: checked inputs, labels as they are or as ranks, a state of plain arrays."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar, Self, final

import numpy as np
from jaxtyping import Float64

from archenc.predictors.base import Predictor
from archenc.predictors.checks import check_features, check_targets
from archenc.predictors.persistence import State
from archenc.predictors.tabular.targets import TARGETS, transform_targets
from archenc.typing import Seed, as_generator


class TabularPredictor(Predictor, ABC):
    """Abstract: a predictor on features [n, d].

    A subclass implements `_learn` and `_score`. All that it learns are arrays and numbers whose names end in
    `_`, so that saving needs no code of its own. The parameter `target` ("raw" or "rank") is common to all.
    """

    target: str
    targets: ClassVar[tuple[str, ...]] = TARGETS

    @final
    def fit(self, X: Any, y: Any) -> Self:
        """Learn from features [n, d] and labels [n], higher is better.

        Raises InvalidArgument for missing or infinite values, constant labels, or an illegal parameter.
        """
        features = check_features(X)
        labels = transform_targets(check_targets(y, len(features)), self.target, self.targets)
        self._learn(features, labels)
        self.n_features_in_ = features.shape[1]
        return self

    @abstractmethod
    def _learn(self, X: Float64[np.ndarray, "n d"], y: Float64[np.ndarray, " n"]) -> None:
        """Set the learned attributes; X and y are checked and not to be changed."""

    @abstractmethod
    def _score(
        self, X: Float64[np.ndarray, "m d"], with_std: bool
    ) -> tuple[Float64[np.ndarray, " m"], Float64[np.ndarray, " m"] | None]:
        """Return scores [m] and, if asked, their standard deviations."""

    @final
    def _predict(self, X: Any, with_std: bool) -> tuple[np.ndarray, np.ndarray | None]:
        return self._score(check_features(X, self.n_features_in_), with_std)

    @final
    def _state(self) -> State:
        learned = {name: value for name, value in vars(self).items() if name.endswith("_")}
        arrays = {name: value for name, value in learned.items() if isinstance(value, np.ndarray)}
        return {name: value for name, value in learned.items() if name not in arrays}, arrays

    @final
    def _set_state(self, config: dict[str, Any], tensors: dict[str, np.ndarray]) -> None:
        for name, value in (config | tensors).items():
            setattr(self, name, value)


def as_integer(seed: Seed) -> int:
    """Return an integer seed for a library that wants one: the seed itself, or a draw from the generator."""
    if isinstance(seed, np.random.Generator):
        return int(seed.integers(2**31))
    as_generator(seed)  # refuses what is no seed
    return int(seed)
