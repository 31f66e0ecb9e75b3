"""Search for several objectives in simulation on a table: how much of the hypervolume is found, and when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from archenc.errors import InvalidArgument
from archenc.search.domain import Identity
from archenc.search.pareto import dominates, hypervolume
from archenc.search.simulation import Method, Problem, simulate
from archenc.search.study import Task
from archenc.tables import BenchmarkTable
from archenc.typing import whole_number

_CHUNK = 256


@dataclass(frozen=True)
class FrontTask:
    """A table and two or three metrics of it; each is brought to 0..1 over the table, 1 the best.

    Every architecture needs all of the metrics.
    """

    table: BenchmarkTable
    metrics: tuple[str, ...]
    identity: Identity = "key"

    def problem(self, budget: int) -> Problem:
        """Return what is searched. Raises InvalidArgument for other than two or three metrics, or gaps."""
        if len(self.metrics) not in (2, 3):
            raise InvalidArgument(f"metrics={self.metrics!r}: expected two or three")
        parts = [Task(self.table, metric, self.identity).problem(budget) for metric in self.metrics]
        if len({part.domain.fingerprint for part in parts}) > 1:
            raise InvalidArgument(f"metrics={self.metrics!r}: some architectures have not all of them")
        values = np.stack([part.values for part in parts], axis=1)
        return Problem(parts[0].domain, (values - values.min(axis=0)) / np.ptp(values, axis=0), budget)


def front_of(values: Float64[np.ndarray, "n m"]) -> Float64[np.ndarray, "k m"]:
    """Return the distinct rows that none dominates; a part at a time, for whole tables."""
    left = np.unique(values, axis=0)
    kept = [
        part[~dominates(left, part).any(axis=0)] for part in np.split(left, range(_CHUNK, len(left), _CHUNK))
    ]
    return np.concatenate(kept)


def shares_of_hypervolume(
    problem: Problem, methods: Sequence[Method], *, seeds: int, at: Sequence[int]
) -> dict[Method, Float64[np.ndarray, "seeds at"]]:
    """Return, for each method and seed, the share of the table's hypervolume found after so many evaluations.

    The reference point is the worst value of each objective. Raises InvalidArgument for a number of
    evaluations beyond the budget.
    """
    if not at or max(at) > problem.budget or min(at) < 1:
        raise InvalidArgument(f"at={list(at)!r}: expected evaluations from 1 to the budget, {problem.budget}")
    origin = np.zeros(problem.values.shape[1])
    whole = hypervolume(front_of(problem.values), origin)
    drawn = list(range(whole_number("seeds", seeds, least=1)))
    return {
        method: np.array(
            [
                [hypervolume(front_of(problem.values[run.numbers[:n]]), origin) / whole for n in at]
                for run in simulate(problem, method.begin(), drawn)
            ]
        )
        for method in methods
    }
