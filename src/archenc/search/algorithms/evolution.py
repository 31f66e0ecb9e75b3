"""Regularised evolution: of a population that forgets its oldest, the best of a few has a child."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Any, final

from archenc.graph import Architecture
from archenc.search.base import Sample, Searcher
from archenc.search.domain import Domain
from archenc.search.perturbing import OneChange, Perturb
from archenc.spaces import SearchSpace
from archenc.typing import Seed, truth, whole_number

_TRIES = 1000


@final
class RegularisedEvolution(Searcher):
    """Ask for a mutation of the best of a random tournament; what is told joins, and the oldest leaves.

    initial: architectures the population starts with. population: how many it keeps. tournament: how many are
    compared for each child. replacement: whether one may be drawn twice for a tournament, as published.
    perturb: what makes a child. A child that is known joins the population with its known value, free, unless
    duplicates are charged; after 1,000 such children one is drawn at random. What failed does not join.
    Real et al., AAAI 2019; the defaults are those of BANANAS (White et al. 2021).
    """

    def __init__(
        self,
        domain: Domain | SearchSpace | str | Sequence[Architecture],
        *,
        initial: int | Sequence[Architecture] = 10,
        population: int = 30,
        tournament: int = 10,
        replacement: bool = False,
        perturb: Perturb | None = None,
        charge_duplicates: bool = False,
        sample: Sample | None = None,
        objectives: int = 1,
        seed: Seed = 0,
    ) -> None:
        self.population = whole_number("population", population, least=1)
        self.tournament = whole_number("tournament", tournament, least=1)
        self.replacement = truth("replacement", replacement)
        self.perturb = OneChange() if perturb is None else perturb
        self._living: deque[int] = deque(maxlen=self.population)
        self._joined = 0  # entries that joined already
        super().__init__(
            domain,
            initial=initial,
            charge_duplicates=charge_duplicates,
            sample=sample,
            objectives=objectives,
            seed=seed,
        )

    def _propose(self, n: int) -> list[int]:
        for number, _ in self._entries[self._joined :]:
            self._join(number)
        self._joined = len(self._entries)
        found: list[int] = []
        for _ in range(n):
            taken = set(found)
            child = self._child(taken)
            found += [child] if child is not None else [x for x in self._fresh(n) if x not in taken][:1]
        return found

    def _child(self, taken: set[int]) -> int | None:
        """Return a child to evaluate; None where nobody lives or every child is known."""
        for _ in range(_TRIES if self._living else 0):
            child = self.perturb(self.domain, self._parent(), self._rng)
            if self.charge_duplicates or child not in self._asked | taken:
                return child
            if child in self._values:
                self._join(child)
        return None

    def _parent(self) -> int:
        size = len(self._living)
        k = self.tournament if self.replacement else min(self.tournament, size)
        drawn = self._rng.choice(size, k, replace=self.replacement)
        return max((self._living[place] for place in drawn.tolist()), key=self._worth)

    def _join(self, number: int) -> None:
        if self._worth(number) > float("-inf"):
            self._living.append(number)

    def _own_state(self) -> dict[str, Any]:
        return {
            "living": [self.domain.spell(number) for number in self._living],
            "joined": self._joined,
        }

    def _set_own_state(self, own: dict[str, Any]) -> None:
        self._living = deque((self.domain.read(name) for name in own["living"]), self.population)
        self._joined = int(own["joined"])
