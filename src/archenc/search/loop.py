"""Run a searcher against something that evaluates architectures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, final

import numpy as np
from jaxtyping import Float64

from archenc.errors import InvalidArgument
from archenc.graph import Architecture
from archenc.search.base import Searcher
from archenc.typing import whole_number

Evaluate = Callable[[Sequence[Architecture]], Sequence[Any]]
"""Architectures to values, higher is better; NaN where an evaluation failed."""


@final
@dataclass
class History:
    """What was evaluated, in order: every entry cost one evaluation."""

    archs: list[Architecture] = field(default_factory=list)
    values: list[Any] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.archs)

    @property
    def best(self) -> tuple[Architecture, float] | None:
        """The architecture of the highest value, and that value; None while nothing succeeded."""
        if not len(self) or np.isnan(self.values).all():
            return None
        row = int(np.nanargmax(self.values))
        return self.archs[row], self.values[row]

    @property
    def best_so_far(self) -> Float64[np.ndarray, " n"]:
        """The highest value among the first 1, 2, ... n evaluations; NaN before the first success."""
        return np.fmax.accumulate(np.asarray(self.values, dtype=np.float64))


def search(searcher: Searcher, evaluate: Evaluate, budget: int, *, batch: int | None = None) -> History:
    """Ask, evaluate and tell until `budget` architectures are evaluated or the domain is exhausted.

    batch: architectures asked for at once, by default as many as the algorithm likes, or 1; the last one is
    cut so that exactly `budget` are evaluated. What the searcher was told before counts towards the budget.
    Raises InvalidArgument.
    """
    budget = whole_number("budget", budget, least=1)
    size = whole_number("batch", batch or searcher.round or 1, least=1)
    told = searcher.evaluations
    while told < budget and (archs := searcher.ask(min(size, budget - told))):
        values = list(evaluate(archs))
        if len(values) != len(archs):
            raise InvalidArgument(f"evaluate gave {len(values)} values for {len(archs)} architectures")
        searcher.tell(archs, values)
        told += len(archs)
    return History(*map(list, zip(*searcher.told, strict=True))) if searcher.told else History()
