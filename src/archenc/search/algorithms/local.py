"""Local search: look at all neighbours, move to a better one, begin again where there is none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, final, get_args

import numpy as np

from archenc.errors import InvalidArgument
from archenc.graph import Architecture
from archenc.search.base import Sample, Searcher
from archenc.search.domain import Domain
from archenc.search.perturbing import Neighbourhood, OneChange
from archenc.spaces import SearchSpace
from archenc.typing import Seed, whole_number

Move = Literal["first", "steepest"]
Stuck = Literal["restart", "continue"]


@final
class LocalSearch(Searcher):
    """From the best of some random architectures, climb over neighbours until none is better.

    initial: architectures of which the best is the start. move: "first" goes to the first neighbour that is
    better, in random order; "steepest" looks at all and goes to the best. stuck: at a local optimum,
    "restart" draws `restart` new architectures and climbs from their best; "continue" goes on from the best
    architecture that was told and whose neighbours were not all looked at. Neighbours that are known cost
    nothing. White et al., "Local search is state of the art for NAS benchmarks", 2020.
    """

    def __init__(
        self,
        domain: Domain | SearchSpace | str | Sequence[Architecture],
        *,
        initial: int | Sequence[Architecture] = 10,
        move: Move = "first",
        stuck: Stuck = "restart",
        restart: int = 10,
        perturb: Neighbourhood | None = None,
        sample: Sample | None = None,
        objectives: int = 1,
        seed: Seed = 0,
    ) -> None:
        for name, value, legal in (("move", move, get_args(Move)), ("stuck", stuck, get_args(Stuck))):
            if value not in legal:
                raise InvalidArgument(f"{name}={value!r}; legal: {', '.join(legal)}")
        self.move, self.stuck = move, stuck
        self.perturb: Neighbourhood = OneChange() if perturb is None else perturb
        self.restart = whole_number("restart", restart, least=1)
        self._here: int | None = None
        self._ahead: list[int] = []  # neighbours not looked at, the next one last
        self._starts: list[int] | None = None  # of which the best will be the next start; None: all so far
        self._expanded: set[int] = set()
        super().__init__(domain, initial=initial, sample=sample, objectives=objectives, seed=seed)

    def _propose(self, n: int) -> list[int]:
        while True:
            if self._here is None and not self._begin():
                return [] if self._pending else self._fresh(n)
            waiting = self._climb()
            if waiting:
                return [number for number in reversed(waiting) if number not in self._asked][:n]
            if self._here is None and (fresh := self._leave(n)):
                return fresh

    def _begin(self) -> bool:
        """Stand on the best start; False while its candidates are awaited or none succeeded."""
        starts = self._succeeded()[0].tolist() if self._starts is None else self._starts
        known = [number for number in starts if number in self._values]
        if len(known) < len(starts) or (self._starts is None and self._pending):
            return False
        best = max(known, key=self._worth, default=None)
        if best is None or self._worth(best) == -np.inf:
            self._starts = None
            return False
        self._stand(best)
        return True

    def _stand(self, number: int) -> None:
        self._here = number
        self._expanded.add(number)
        self._ahead = self._rng.permutation(self.perturb.neighbours(self.domain, number)).tolist()

    def _climb(self) -> list[int]:
        """Move while known neighbours are better; return those that must be evaluated, the next one last."""
        while self._here is not None:
            level = self._worth(self._here)
            if self.move == "first":
                while self._ahead and self._ahead[-1] in self._values:
                    if self._worth(number := self._ahead.pop()) > level:
                        self._stand(number)
                        break
                else:
                    if self._ahead:
                        return self._ahead
                    self._here = None
            elif unknown := [number for number in self._ahead if number not in self._values]:
                return unknown
            elif better := [number for number in self._ahead if self._worth(number) > level]:
                self._stand(max(better, key=self._worth))
            else:
                self._here = None
        return []

    def _leave(self, n: int) -> list[int]:
        """Choose where to go from a local optimum; return what must be evaluated first, at most n."""
        if self.stuck == "continue":
            open_ = [x for x in self._succeeded()[0].tolist() if x not in self._expanded]
            if open_:
                self._stand(max(open_, key=self._worth))
                return []
        self._starts = self._fresh(self.restart)
        self._design = self._starts[n:]
        return self._starts[:n]

    def _own_state(self) -> dict[str, Any]:
        spell = self.domain.spell
        return {
            "here": None if self._here is None else spell(self._here),
            "ahead": [spell(number) for number in self._ahead],
            "starts": None if self._starts is None else [spell(number) for number in self._starts],
            "expanded": [spell(number) for number in self._expanded],
        }

    def _set_own_state(self, own: dict[str, Any]) -> None:
        read = self.domain.read
        self._here = None if own["here"] is None else read(own["here"])
        self._ahead = [read(name) for name in own["ahead"]]
        self._starts = None if own["starts"] is None else [read(name) for name in own["starts"]]
        self._expanded = {read(name) for name in own["expanded"]}
