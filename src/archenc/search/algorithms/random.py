"""Random search, the algorithm that every other must beat."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, final

from archenc.graph import Architecture
from archenc.search.base import Sample, Searcher
from archenc.search.domain import Domain
from archenc.spaces import SearchSpace
from archenc.typing import Seed


@final
class RandomSearch(Searcher):
    """Ask for architectures of the domain at random, as `sample` draws them, none twice."""

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
        super().__init__(
            domain,
            initial=initial,
            charge_duplicates=charge_duplicates,
            sample=sample,
            objectives=objectives,
            seed=seed,
        )

    def _propose(self, n: int) -> list[int]:
        if self.charge_duplicates:
            return [self._draw() for _ in range(n)]
        return self._fresh(n)

    def _own_state(self) -> dict[str, Any]:
        return {}

    def _set_own_state(self, own: dict[str, Any]) -> None:
        del own
