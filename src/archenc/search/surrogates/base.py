"""What a surrogate is: fitted to what was evaluated, it says what it believes of candidates."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float64, Int64

from archenc.search.acquisition import Belief
from archenc.search.domain import Domain


@dataclass(frozen=True)
class Lesson:
    """What one search learns from: evaluated architectures, their values, higher is better, and a seed."""

    numbers: Int64[np.ndarray, " n"]
    values: Float64[np.ndarray, " n"]
    seed: int


@runtime_checkable
class Fitted(Protocol):
    """A surrogate that has learned."""

    def __call__(self, numbers: Int64[np.ndarray, " m"]) -> Belief:
        """Return the belief about candidates; any unit, but one for mean and deviation."""
        ...

    def best(self, numbers: Int64[np.ndarray, " n"], values: Float64[np.ndarray, " n"]) -> float:
        """Return the value to improve on, in the unit of the belief."""
        ...


class Surrogate(ABC):
    """Abstract: learns the lessons of several searches in one domain at once, each by itself.

    What one search gets must not depend on the company it is fitted in, beyond the rounding of batched
    products. A surrogate holds parameters and caches, nothing that it has learned.
    """

    @property
    def expectant(self) -> bool:
        """Whether it tells candidates apart before two different values are known: from one lesson of one."""
        return False

    @abstractmethod
    def fit_together(self, domain: Domain, lessons: Sequence[Lesson]) -> list[Fitted]:
        """Return a fitted model for each lesson; a lesson has two different values at least."""
