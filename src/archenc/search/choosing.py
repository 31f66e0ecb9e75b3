"""How many of the best-scored candidates are taken, and how many by chance: strategies of a round."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, final, runtime_checkable

import numpy as np
from jaxtyping import Float64, Int64

from archenc.typing import real_number, whole_number

Scores = Float64[np.ndarray, "s m"]
Positions = Int64[np.ndarray, " _"]


@runtime_checkable
class Choose(Protocol):
    """Chooses n of m candidates by their scores: rows of scores as an acquisition gives them."""

    def __call__(self, scores: Scores, n: int, rng: np.random.Generator, done: int) -> Positions:
        """Return positions, none twice, min(n, m) of them. done: rounds before this one."""
        ...


@final
@dataclass(frozen=True)
class Best:
    """The best, and a share (`explore`) drawn uniformly from the better half of the rest."""

    explore: float = 0.0

    def __post_init__(self) -> None:
        real_number("explore", self.explore, 0, 1)

    def __call__(self, scores: Scores, n: int, rng: np.random.Generator, done: int) -> Positions:
        """Return positions."""
        del done
        order = _order(scores, n)
        by_chance = min(int(self.explore * n), len(order) // 2)
        return _with_chance(order, n, by_chance, len(order) // 2, rng)


@final
@dataclass(frozen=True)
class Halving:
    """Half the best, half uniformly from the best `max(floor, m / 2^done)` of the rest: FLAN's rounds."""

    floor: int = 512

    def __post_init__(self) -> None:
        whole_number("floor", self.floor, least=1)

    def __call__(self, scores: Scores, n: int, rng: np.random.Generator, done: int) -> Positions:
        """Return positions."""
        order = _order(scores, n)
        return _with_chance(order, n, n // 2, max(self.floor, len(order) >> done), rng)


@final
@dataclass(frozen=True)
class FromTop:
    """Uniformly from the `top` best: WeakNAS (Wu et al., NeurIPS 2021)."""

    top: int = 100

    def __post_init__(self) -> None:
        whole_number("top", self.top, least=1)

    def __call__(self, scores: Scores, n: int, rng: np.random.Generator, done: int) -> Positions:
        """Return positions."""
        del done
        return _with_chance(_order(scores, n), n, n, max(self.top, n), rng)


def _order(scores: Scores, n: int) -> Positions:
    """Return all positions, the best first; with a row for each choice, the rows choose one after another."""
    order = np.argsort(-scores[0], kind="stable")
    if len(scores) == 1:
        return order
    first: dict[int, None] = {}
    for row in scores[:n]:
        row = row.copy()
        row[list(first)] = -np.inf
        first[int(np.argmax(row))] = None
    taken = np.array(list(first), dtype=np.int64)
    return np.concatenate([taken, order[~np.isin(order, taken)]])


def _with_chance(order: Positions, n: int, by_chance: int, reach: int, rng: np.random.Generator) -> Positions:
    """Take the best, and `by_chance` more from those up to position `reach`."""
    n = min(n, len(order))
    by_chance = min(by_chance, n)
    rest = order[n - by_chance : max(n, reach)]
    return np.concatenate([order[: n - by_chance], rng.choice(rest, by_chance, replace=False)])
