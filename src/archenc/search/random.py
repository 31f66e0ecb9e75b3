"""Random search, the algorithm that every other must beat."""

from __future__ import annotations

from typing import final

import numpy as np

from archenc.search.base import Searcher


@final
class RandomSearch(Searcher):
    """Ask for architectures of the pool uniformly at random, none twice."""

    def _choose(self, free: np.ndarray, n: int) -> np.ndarray:
        return self._rng.choice(free, n, replace=False)
