"""What every search algorithm is: a state that is asked for architectures and told their values."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, final

import numpy as np
from jaxtyping import Float64, Int64

from archenc.errors import DataError, InvalidArgument, shown
from archenc.graph import Architecture
from archenc.search.domain import Domain, as_domain, spelled
from archenc.search.pareto import worths
from archenc.spaces import SearchSpace
from archenc.typing import Seed, as_generator, truth, whole_number

Sample = Callable[[Domain, np.random.Generator], int]
"""Draws the number of an architecture: how a search meets what it knows nothing of."""

_VERSION = 2
_TRIES = 1000

Value = float | tuple[float, ...]
"""What an architecture is worth, higher is better: one number, or one an objective; NaN alone: it failed."""


class Searcher(ABC):
    """Abstract: search by ask and tell. Values are maximised; the searcher never sees a table.

    domain: a space, its name, a pool of architectures, or a `Domain`. initial: architectures asked for before
    anything else, or how many of them to draw; what is drawn depends on the domain and the seed alone, so
    that algorithms with one seed begin with the same ones. charge_duplicates: an architecture may be asked
    for again, at the cost of an evaluation, as in older studies; else it is answered from what was told.
    sample: draws architectures, those of the beginning and later ones; by default `Domain.sample`.
    objectives: numbers told of an architecture; with several, the one that dominates is better, and of equal
    fronts the one in the emptier region (`archenc.search.pareto`). seed: of every random choice.

    A subclass writes `_propose`, and `_own_state` and `_set_own_state` for what else it remembers.
    """

    def __init__(
        self,
        domain: Domain | SearchSpace | str | Sequence[Architecture],
        *,
        initial: int | Sequence[Architecture] = 0,
        charge_duplicates: bool = False,
        sample: Sample | None = None,
        objectives: int = 1,
        seed: Seed = 0,
    ) -> None:
        self.domain = as_domain(domain)
        self.sample = sample
        self.charge_duplicates = truth("charge_duplicates", charge_duplicates)
        self.objectives = whole_number("objectives", objectives, least=1)
        parent = as_generator(seed)
        self._design_rng, self._rng = parent.spawn(2)
        self._asked: set[int] = set()
        self._pending: list[int] = []
        self._entries: list[tuple[int, tuple[float, ...]]] = []
        self._values: dict[int, tuple[float, ...]] = {}
        self._worths: dict[int, float] | None = {}
        self._design = self._draw_design(initial)

    @property
    def round(self) -> int | None:
        """How many architectures the algorithm likes to be asked for at once; None: any number."""
        return None

    @final
    def ask(self, n: int = 1) -> list[Architecture]:
        """Return up to n architectures to evaluate.

        Fewer where a round of the algorithm ends: tell, and ask again. None where the domain is exhausted, or
        where nothing can be said before what was asked is told (`pending`). May be called again before that:
        for evaluation in parallel.
        """
        n = whole_number("n", n, least=1)
        if not self.charge_duplicates:
            self._design = [number for number in self._design if number not in self._asked]
        chosen, self._design = self._design[:n], self._design[n:]
        if not chosen:
            chosen = self._fresh(n) if self._few_left(n) else self._propose(n)
        self._asked.update(chosen)
        self._pending += chosen
        return self.domain.archs(chosen)

    @final
    def tell(self, archs: Sequence[Architecture], values: Sequence[Value]) -> None:
        """Take in the values of architectures, higher is better; NaN for an evaluation that failed.

        Architectures that were not asked for are taken in too. A value told again replaces the first, and is
        an entry of its own only where duplicates are charged. Raises InvalidArgument for an architecture
        outside the domain, an infinite value, or another number of objectives; then nothing is taken in.
        """
        if len(archs) != len(values):
            raise InvalidArgument(f"{len(archs)} archs and {len(values)} values: expected as many of each")
        told = [
            (self.domain.number(arch), self._checked(arch, value))
            for arch, value in zip(archs, values, strict=True)
        ]
        for number, value in told:
            self._enter(number, value)

    @property
    def told(self) -> list[tuple[Architecture, Value]]:
        """Every entry that was paid for, an architecture and its value, in the order of telling."""
        return [
            (self.domain.arch(number), value[0] if self.objectives == 1 else value)
            for number, value in self._entries
        ]

    @property
    def evaluations(self) -> int:
        """How many entries were paid for."""
        return len(self._entries)

    @property
    def best_worth(self) -> float:
        """What the best is worth so far, in one number; -inf before the first success."""
        return max(self._all_worths().values(), default=-math.inf)

    @property
    def pending(self) -> list[Architecture]:
        """What was asked for and is not told yet."""
        return self.domain.archs(self._pending)

    @final
    def state_dict(self) -> dict[str, Any]:
        """Return all that the next `ask` depends on, besides the constructor's arguments, as plain values."""
        spell = self.domain.spell
        return {
            "version": _VERSION,
            "algorithm": type(self).__name__,
            "domain": self.domain.fingerprint,
            "entries": [[spell(number), *value] for number, value in self._entries],
            "pending": [spell(number) for number in self._pending],
            "asked": [spell(number) for number in self._asked if number not in self._values],
            "design": [spell(number) for number in self._design],
            "random": _plain(self._rng.bit_generator.state),
            "own": self._own_state(),
        }

    @final
    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on exactly where `state_dict` was taken.

        Raises DataError for a state of another version, algorithm or domain, or a damaged one; the searcher
        is then what it was.
        """
        if not isinstance(state, dict):
            raise DataError(f"state: {shown(state)}; expected what `state_dict` returned")
        expected = {
            "version": _VERSION,
            "algorithm": type(self).__name__,
            "domain": self.domain.fingerprint,
        }
        for name, mine in expected.items():
            if state.get(name) != mine:
                raise DataError(f"state: {name} is {state.get(name)!r}; this searcher has {mine!r}")
        before, drawn = dict(vars(self)), self._rng.bit_generator.state
        try:
            read = self.domain.read
            entries = [(read(name), tuple(map(float, value))) for name, *value in state["entries"]]
            if any(len(value) != self.objectives for _, value in entries):
                raise DataError(f"state: expected {self.objectives} objectives")
            self._pending = [read(name) for name in state["pending"]]
            self._design = [read(name) for name in state["design"]]
            asked = {read(name) for name in state["asked"]}
            self._rng.bit_generator.state = state["random"]
            self._entries, self._values, self._worths = entries, dict(entries), None
            self._asked = asked | set(self._values)
            self._set_own_state(state["own"])
        except (KeyError, TypeError, ValueError, AttributeError, DataError) as error:
            vars(self).update(before)
            self._rng.bit_generator.state = drawn
            if isinstance(error, DataError):
                raise
            raise DataError(f"state: damaged ({error!r})") from error

    # What algorithms write and use

    @abstractmethod
    def _propose(self, n: int) -> list[int]:
        """Return up to n numbers to evaluate next, none asked before unless duplicates are charged."""

    @abstractmethod
    def _own_state(self) -> dict[str, Any]:
        """Return what `_set_own_state` needs, as plain values; architectures as `domain.spell` spells."""

    @abstractmethod
    def _set_own_state(self, own: dict[str, Any]) -> None:
        """Become what `_own_state` described; entries and values are those of the state already."""

    @final
    def _worth(self, number: int) -> float:
        """Return what a told architecture is worth in one number; -inf if it failed."""
        return self._all_worths()[number]

    @final
    def _succeeded(self) -> tuple[Int64[np.ndarray, " n"], Float64[np.ndarray, " n"]]:
        """Return the numbers and worths of what did not fail, in the order of telling."""
        found = {number: worth for number, worth in self._all_worths().items() if math.isfinite(worth)}
        return np.array(list(found), dtype=np.int64), np.array(list(found.values()), dtype=np.float64)

    @final
    def _fresh(self, n: int) -> list[int]:
        """Draw up to n architectures that were not asked for, at random; fewer where the domain ends."""
        found: dict[int, None] = {}
        misses = 0
        while len(found) < n and misses < _TRIES and not (self.domain.listed and self.sample is None):
            number = self._draw()
            misses = misses + 1 if number in self._asked or number in found else 0
            if not misses:
                found[number] = None
        if self.domain.listed and len(found) < n:  # what is left, whether or not a sample ever draws it
            free = np.delete(np.arange(len(self.domain)), sorted({*self._asked, *found}))
            return [*found, *self._rng.choice(free, min(n - len(found), len(free)), replace=False).tolist()]
        return list(found)

    @final
    def _draw(self) -> int:
        """Draw an architecture, known or not."""
        return self.domain.sample(self._rng) if self.sample is None else self.sample(self.domain, self._rng)

    def _few_left(self, n: int) -> bool:
        """Whether the domain has no more than n architectures left that may be asked for."""
        if self.charge_duplicates or not self.domain.listed:
            return False
        return len(self.domain) - len(self._asked) <= n

    def _all_worths(self) -> dict[int, float]:
        if self._worths is None:
            values = np.array(list(self._values.values())).reshape(-1, self.objectives)
            self._worths = dict(zip(self._values, worths(values).tolist(), strict=True))
        return self._worths

    def _enter(self, number: int, value: tuple[float, ...]) -> None:
        if number in self._pending:
            self._pending.remove(number)
        if number in self._values and not self.charge_duplicates:
            self._entries = [(one, value if one == number else old) for one, old in self._entries]
        else:
            self._entries.append((number, value))
        self._values[number] = value
        self._asked.add(number)
        if self.objectives == 1 and self._worths is not None:
            self._worths[number] = -math.inf if math.isnan(value[0]) else value[0]
        else:
            self._worths = None

    def _checked(self, arch: Architecture, value: Value) -> tuple[float, ...]:
        try:
            found = tuple(map(float, value)) if isinstance(value, Sequence | np.ndarray) else (float(value),)
        except (TypeError, ValueError) as error:
            raise InvalidArgument(f"values: {shown(value)} of {spelled(arch)}; expected a number") from error
        if len(found) == 1 and math.isnan(found[0]):
            found *= self.objectives
        if len(found) != self.objectives:
            raise InvalidArgument(
                f"values: {shown(value)} of {spelled(arch)}; expected {self.objectives} objectives"
            )
        if any(map(math.isinf, found)):
            raise InvalidArgument(
                f"values: {shown(value)} of {spelled(arch)}; expected a finite number, or NaN: failed"
            )
        return found

    def _draw_design(self, initial: int | Sequence[Architecture]) -> list[int]:
        if isinstance(initial, Sequence):
            return list(dict.fromkeys(self.domain.number(arch) for arch in initial))
        return draw_design(self.domain, whole_number("initial", initial), self._design_rng, self.sample)


def draw_design(domain: Domain, n: int, rng: np.random.Generator, sample: Sample | None = None) -> list[int]:
    """Draw n different architectures, one after the other: a shorter design is the beginning of a longer."""
    found: dict[int, None] = {}
    misses = 0
    while len(found) < n and misses < _TRIES and not (domain.listed and len(found) == len(domain)):
        number = domain.sample(rng) if sample is None else sample(domain, rng)
        misses = misses + 1 if number in found else 0
        found[number] = None
    return list(found)


def _plain(state: Any) -> Any:
    """Return the state of a bit generator without arrays, which some have: they take lists as well."""
    if isinstance(state, dict):
        return {name: _plain(part) for name, part in state.items()}
    return state.tolist() if isinstance(state, np.ndarray) else state
