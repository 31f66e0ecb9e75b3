"""Predictor-guided search: measure some, learn, measure what is predicted to be best, and again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast, final

import numpy as np
from sklearn.base import clone

from archenc.graph import Architecture
from archenc.search.base import Searcher
from archenc.typing import Seed, whole_number


@final
class PredictorGuided(Searcher):
    """Ask for the architectures that a predictor, fitted on all that was told, ranks first.

    predictor: anything with fit(archs, values) and predict(archs); cloned, and fitted anew for each `ask`.
    initial: architectures drawn at random before the predictor is trusted. explore: share of each later
    batch that is drawn uniformly from the better half of the ranking, so that the predictor also learns where
    it does not look. Greedy rounds with a slice of chance, after Wen et al. (ECCV 2020) and FLAN's search
    (ICML 2024).
    """

    def __init__(
        self,
        pool: Sequence[Architecture],
        predictor: Any,
        *,
        initial: int = 16,
        explore: float = 0.25,
        seed: Seed = 0,
    ) -> None:
        super().__init__(pool, seed=seed)
        self.predictor = predictor
        self.initial = whole_number("initial", initial, least=2)
        self.explore = explore

    def _choose(self, free: np.ndarray, n: int) -> np.ndarray:
        known = [(self._pool[row], value) for row, value in self._values.items() if np.isfinite(value)]
        if len(known) < self.initial or len({value for _, value in known}) < 2:
            return self._rng.choice(free, n, replace=False)
        archs, values = zip(*known, strict=True)
        fitted = cast("Any", clone(self.predictor)).fit(list(archs), np.array(values))
        order = free[np.argsort(-fitted.predict([self._pool[row] for row in free]), kind="stable")]
        by_chance = min(int(self.explore * n), len(order) // 2)
        greedy = order[: n - by_chance]
        rest = order[n - by_chance : max(n, len(order) // 2)]
        return np.concatenate([greedy, self._rng.choice(rest, by_chance, replace=False)])
