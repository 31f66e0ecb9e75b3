"""What a predictor is: it fits measured architectures, ranks new ones, and can be saved."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any, ClassVar, Literal, Self, final, overload

import numpy as np
from jaxtyping import Float64
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.utils.validation import check_is_fitted

from archenc.errors import IncompatibleModel
from archenc.predictors import packing, persistence
from archenc.predictors.checks import check_features, check_targets

__all__ = ["Predictor", "check_features", "check_targets"]


class Predictor(RegressorMixin, BaseEstimator, ABC):
    """Abstract: measured architectures in, a score for any architecture out. Higher scores, better labels.

    X is [n, d] for a tabular predictor, a sequence of architectures or a GraphBatch for a graph predictor.
    Whether scores carry the unit of y, or order only, is said by each class.

    A subclass implements `fit`, `_predict`, `_state` and `_set_state`; everything it learns ends in `_`.
    Its entry point under `archenc.predictors` is the name by which `load` finds it. It raises
    `state_version` whenever `_state` changes its layout, so that an older file is refused and not misread.
    """

    state_version: ClassVar[int] = 1

    @abstractmethod
    def fit(self, X: Any, y: Any) -> Self:
        """Learn from n architectures and their labels [n], higher is better.

        Raises InvalidArgument for labels that are missing, constant, or not one a row.
        """

    @abstractmethod
    def _predict(self, X: Any, with_std: bool) -> tuple[np.ndarray, np.ndarray | None]:
        """Return scores [n] and, if asked, standard deviations [n] (InvalidArgument if there are none)."""

    @abstractmethod
    def _state(self) -> persistence.State:
        """Return what was learned: a JSON-able config, and arrays by name."""

    @abstractmethod
    def _set_state(self, config: dict[str, Any], tensors: dict[str, np.ndarray]) -> None:
        """Become what `_state` described; the parameters are those of the saved predictor already."""

    @overload
    def predict(self, X: Any, return_std: Literal[False] = False) -> Float64[np.ndarray, " n"]: ...
    @overload
    def predict(
        self, X: Any, return_std: Literal[True]
    ) -> tuple[Float64[np.ndarray, " n"], Float64[np.ndarray, " n"]]: ...
    @final
    def predict(
        self, X: Any, return_std: bool = False
    ) -> Float64[np.ndarray, " n"] | tuple[Float64[np.ndarray, " n"], Float64[np.ndarray, " n"]]:
        """Return scores [n], higher is better; with `return_std`, also their standard deviations [n].

        Raises sklearn's NotFittedError before `fit`, InvalidArgument for malformed X.
        """
        check_is_fitted(self)
        mean, std = self._predict(X, return_std)
        scores = np.asarray(mean, dtype=np.float64)
        return (scores, np.asarray(std, dtype=np.float64)) if return_std else scores

    @final
    def save(self, path: str | Path) -> None:
        """Write the fitted predictor as a folder: `config.json` and `model.safetensors`, all or nothing.

        An earlier saved model at `path` is replaced. Raises NotFittedError, and InvalidArgument for a
        parameter that has no JSON form or a `path` that holds something else.
        """
        check_is_fitted(self)
        persistence.write(path, *packing.pack(self))

    @final
    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read a saved predictor of this class (of any class, if called on Predictor).

        Raises IncompatibleModel for a missing, damaged or foreign file, or one of another format version.
        """
        estimator = packing.unpack(*persistence.read(path))
        if not isinstance(estimator, cls):
            raise IncompatibleModel(f"{path} holds a {type(estimator).__name__}, not a {cls.__name__}")
        return estimator
