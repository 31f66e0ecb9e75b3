"""Where a model looks for what to evaluate next: strategies that propose candidates."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol, final, runtime_checkable

import numpy as np
from jaxtyping import Int64

from archenc.search.domain import Domain
from archenc.search.perturbing import OneChange, Perturb
from archenc.typing import whole_number

_PATIENCE = 50
"""So many children in a row that are known already, and a parent is given up."""

Ranked = Int64[np.ndarray, " n"]
Found = Int64[np.ndarray, " m"]


@runtime_checkable
class Candidates(Protocol):
    """Proposes candidates. ranked: what was evaluated, the best first; closed: what may not be asked."""

    def __call__(self, domain: Domain, ranked: Ranked, closed: set[int], rng: np.random.Generator) -> Found:
        """Return numbers of candidates, none twice, none closed; empty where there is none."""
        ...


@final
@dataclass(frozen=True)
class Everything:
    """Every architecture of a listed domain; of another, `draws` random ones and all neighbours of the best.

    parents: how many of the best, where the domain is not listed.
    """

    draws: int = 500
    parents: int = 5

    def __post_init__(self) -> None:
        whole_number("draws", self.draws)
        whole_number("parents", self.parents)

    def __call__(self, domain: Domain, ranked: Ranked, closed: set[int], rng: np.random.Generator) -> Found:
        """Return numbers of candidates."""
        if domain.listed:
            return np.delete(np.arange(len(domain)), sorted(closed))
        drawn = [domain.sample(rng) for _ in range(self.draws)]
        near = [n for parent in ranked[: self.parents] for n in domain.neighbours(int(parent)).tolist()]
        return _open([*near, *drawn], closed)


@final
@dataclass(frozen=True)
class RandomDraws:
    """So many random architectures."""

    draws: int = 1000

    def __post_init__(self) -> None:
        whole_number("draws", self.draws, least=1)

    def __call__(self, domain: Domain, ranked: Ranked, closed: set[int], rng: np.random.Generator) -> Found:
        """Return numbers of candidates."""
        del ranked
        return _open([domain.sample(rng) for _ in range(self.draws)], closed)


@final
@dataclass(frozen=True)
class Mutations:
    """Children of the best architectures.

    With `parents`, each of so many has `children`. Without, the best has `children` new ones, and the next
    best join only where it runs out of them, as BANANAS does. distinct: drop those that are closed or repeat;
    False keeps them (COLE's search, which charges duplicates).
    """

    children: int = 100
    parents: int | None = None
    perturb: Perturb = field(default_factory=OneChange)
    distinct: bool = True

    def __post_init__(self) -> None:
        whole_number("children", self.children, least=1)
        if self.parents is not None:
            whole_number("parents", self.parents, least=1)

    def __call__(self, domain: Domain, ranked: Ranked, closed: set[int], rng: np.random.Generator) -> Found:
        """Return numbers of candidates."""
        if self.parents is not None:
            found = [
                self.perturb(domain, int(parent), rng)
                for parent in ranked[: self.parents]
                for _ in range(self.children)
            ]
            return _open(found, closed) if self.distinct else np.array(found, dtype=np.int64)
        new: dict[int, None] = {}
        for parent in ranked.tolist():
            in_vain = 0
            while len(new) < self.children and in_vain < _PATIENCE:
                child = self.perturb(domain, parent, rng)
                in_vain = in_vain + 1 if child in new or (self.distinct and child in closed) else 0
                if not in_vain:
                    new[child] = None
        return np.array(list(new), dtype=np.int64)


@final
@dataclass(frozen=True)
class Union:
    """The candidates of several strategies."""

    parts: tuple[Candidates, ...]

    def __call__(self, domain: Domain, ranked: Ranked, closed: set[int], rng: np.random.Generator) -> Found:
        """Return numbers of candidates."""
        return _open([int(n) for part in self.parts for n in part(domain, ranked, closed, rng)], closed)


def _open(numbers: list[int], closed: set[int]) -> Found:
    return np.array([number for number in dict.fromkeys(numbers) if number not in closed], dtype=np.int64)
