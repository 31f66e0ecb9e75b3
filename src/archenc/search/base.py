"""What every search algorithm is: a state that is asked for architectures and told their values."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, final

import numpy as np

from archenc.errors import DataError, InvalidArgument
from archenc.graph import Architecture
from archenc.typing import Seed, as_generator, whole_number

_VERSION = 1


class Searcher(ABC):
    """Search in a pool of architectures, by ask and tell.

    pool: the architectures that may be asked for; of those with one `id()` only the first counts, so that
    isomorphic duplicates cost nothing. seed: of every random choice. Values are maximised. A subclass writes
    `_choose`; it never sees a table.
    """

    def __init__(self, pool: Sequence[Architecture], *, seed: Seed = 0) -> None:
        if not len(pool):
            raise InvalidArgument("pool: empty; expected at least one Architecture")
        by_id: dict[str, Architecture] = {}
        for arch in pool:
            by_id.setdefault(arch.id(), arch)
        self._pool = list(by_id.values())
        self._row = {name: row for row, name in enumerate(by_id)}
        self._rng = as_generator(seed)
        self._values: dict[int, float] = {}
        self._asked: set[int] = set()

    @final
    def ask(self, n: int = 1) -> list[Architecture]:
        """Return up to n architectures to evaluate, none twice; fewer, or none, where the pool ends.

        May be called again before the values of the last ones are told: for evaluation in parallel.
        """
        n = whole_number("n", n, least=1)
        free = np.array([row for row in range(len(self._pool)) if row not in self._asked], dtype=np.int64)
        chosen = free if len(free) <= n else self._choose(free, n)
        self._asked |= {int(row) for row in chosen}
        return [self._pool[row] for row in chosen]

    @final
    def tell(self, archs: Sequence[Architecture], values: Sequence[float]) -> None:
        """Take in the values of architectures, higher is better; NaN for an evaluation that failed.

        Architectures that were not asked for are taken in too. Raises InvalidArgument for one outside the
        pool, or an infinite value; then nothing is taken in.
        """
        if len(archs) != len(values):
            raise InvalidArgument(f"{len(archs)} archs and {len(values)} values: expected as many of each")
        told: dict[int, float] = {}
        for arch, value in zip(archs, values, strict=True):
            row = self._row.get(arch.id())
            if row is None:
                raise InvalidArgument(f"archs: {arch} is not in the pool of this search")
            if math.isinf(value):
                raise InvalidArgument(f"values: {value} of {arch}; expected a finite number, or NaN: failed")
            told[row] = float(value)
        self._values |= told
        self._asked |= set(told)

    @property
    def told(self) -> list[tuple[Architecture, float]]:
        """Every architecture with its value, in the order in which they were told; NaN: it failed."""
        return [(self._pool[row], value) for row, value in self._values.items()]

    @final
    def state_dict(self) -> dict[str, Any]:
        """Return all that the next `ask` depends on, besides the constructor's arguments, as plain values."""
        return {
            "version": _VERSION,
            "values": [[row, value] for row, value in self._values.items()],
            "asked": sorted(self._asked),
            "random": self._rng.bit_generator.state,
            "pool": len(self._pool),
        }

    @final
    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on exactly where `state_dict` was taken. Raises DataError for a state of another pool."""
        if state.get("version") != _VERSION or state.get("pool") != len(self._pool):
            raise DataError(
                f"state: of version {state.get('version')} and {state.get('pool')} architectures; this one "
                f"reads version {_VERSION} and has {len(self._pool)}"
            )
        self._values = {int(row): float(value) for row, value in state["values"]}
        self._asked = set(state["asked"])
        self._rng.bit_generator.state = state["random"]

    @abstractmethod
    def _choose(self, free: np.ndarray, n: int) -> np.ndarray:
        """Return n of the rows of the pool in `free`, which are more than n."""
