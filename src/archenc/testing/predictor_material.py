"""What the tests of a predictor work on: rows to learn from, rows held out, and the predictor fitted once."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from archenc.predictors.base import Predictor


class PredictorMaterial(ABC):
    """Abstract: what a subclass says of its predictor, and what the kits make of it.

    min_tau: Kendall tau on rows held out that learning `data` must exceed. has_std: whether `return_std`
    works. n_train, n_few: rows to learn from, and in the tests that fit several times. rtol: how closely
    scores that should be equal agree, as a share of their spread.
    """

    min_tau: ClassVar[float] = 0.5
    has_std: ClassVar[bool] = True
    n_train: ClassVar[int] = 48
    n_few: ClassVar[int] = 16
    rtol: ClassVar[float] = 1e-6

    _fitted: ClassVar[dict[str, Predictor]] = {}

    @abstractmethod
    def make_predictor(self, seed: int = 0) -> Predictor:
        """Return a fresh predictor, small enough to fit in about a second."""

    @abstractmethod
    def data(self) -> tuple[Any, np.ndarray]:
        """Return X and y, learnable, the same at every call: `n_train` rows to learn from, others to test."""

    def step(self) -> Any:
        """Return a transformer to put before the predictor in a Pipeline."""
        return "passthrough"

    def grid(self) -> dict[str, list[Any]]:
        """Return two settings of one parameter to search over."""
        name = "seed" if "seed" in self.make_predictor().get_params() else "target"
        return {name: [0, 1] if name == "seed" else ["raw", "rank"]}

    def take(self, X: Any, rows: Sequence[int] | np.ndarray) -> Any:
        """Return these rows of an array or a list."""
        return X[np.asarray(rows, dtype=int)] if isinstance(X, np.ndarray) else [X[int(row)] for row in rows]

    def train(self, n: int | None = None) -> tuple[Any, np.ndarray]:
        """Return the first rows, to learn from."""
        X, y = self.data()
        rows = np.arange(n or self.n_train)
        return self.take(X, rows), y[rows]

    def held_out(self) -> tuple[Any, np.ndarray]:
        """Return the other rows."""
        X, y = self.data()
        rows = np.arange(self.n_train, len(y))
        return self.take(X, rows), y[rows]

    def fitted(self) -> Predictor:
        """Return the predictor fitted on `train()`, made once a test class; not to be changed."""
        name = f"{type(self).__module__}.{type(self).__qualname__}"
        if name not in self._fitted:
            self._fitted[name] = self.make_predictor().fit(*self.train())
        return self._fitted[name]

    def assert_same(self, one: np.ndarray, other: np.ndarray) -> None:
        """Fail unless the scores agree to `rtol` of the spread that scores have."""
        spread = float(np.std(self.fitted().predict(self.held_out()[0])))
        np.testing.assert_allclose(one, other, rtol=0, atol=self.rtol * spread)
