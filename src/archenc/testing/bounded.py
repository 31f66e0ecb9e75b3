"""A generator that refuses to go on for ever: what would fill the memory fails in a test instead."""

from __future__ import annotations

from typing import Any, final

import numpy as np


@final
class Bounded(np.random.Generator):
    """Draws as `numpy.random.default_rng(0)`, and raises AssertionError after so many calls."""

    def __init__(self, calls: int) -> None:
        super().__init__(np.random.PCG64(0))
        self._left = calls

    def __getattribute__(self, name: str) -> Any:
        if name.startswith("_"):
            return super().__getattribute__(name)
        self._left -= 1
        assert self._left >= 0, "drawn from again and again, where the number asked for is to be refused"
        return super().__getattribute__(name)
