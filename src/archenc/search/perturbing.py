"""How a child differs from its parent: strategies that algorithms take."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, final, runtime_checkable

import numpy as np
from jaxtyping import Int64

from archenc.errors import InvalidArgument
from archenc.search.domain import Domain, spelled
from archenc.typing import whole_number

_TRIES = 100


@runtime_checkable
class Perturb(Protocol):
    """Makes a child of an architecture: never the architecture itself."""

    def __call__(self, domain: Domain, number: int, rng: np.random.Generator) -> int:
        """Return the number of the child. Raises InvalidArgument where there is none."""
        ...


@runtime_checkable
class Neighbourhood(Protocol):
    """Says what is a small change away from an architecture: all of it, for local search."""

    def neighbours(self, domain: Domain, number: int) -> Int64[np.ndarray, " k"]:
        """Return numbers, none twice, never the architecture itself."""
        ...


@final
@dataclass(frozen=True)
class OneChange:
    """A neighbour, drawn uniformly; with several changes, a walk over so many neighbours.

    Raises InvalidArgument where an architecture has no neighbour, or a walk comes back a hundred times.
    """

    changes: int = 1

    def __post_init__(self) -> None:
        whole_number("changes", self.changes, least=1)

    def __call__(self, domain: Domain, number: int, rng: np.random.Generator) -> int:
        """Return the number of the child."""
        for _ in range(_TRIES):
            child = number
            for _ in range(self.changes):
                near = domain.neighbours(child)
                if not len(near):
                    raise InvalidArgument(f"{spelled(domain.arch(child))} has no neighbour, so no child")
                child = int(near[rng.integers(len(near))])
            if child != number:
                return child
        raise InvalidArgument(f"{self}: no child of {spelled(domain.arch(number))} in {_TRIES} tries")

    def neighbours(self, domain: Domain, number: int) -> Int64[np.ndarray, " k"]:
        """Return what is one change away, whatever `changes` says of children."""
        return domain.neighbours(number)
