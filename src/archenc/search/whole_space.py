"""A search over all of a space."""

from __future__ import annotations

from collections.abc import Iterable
from typing import final

import numpy as np

from archenc.graph import Architecture
from archenc.search.domain import Domain, Identity
from archenc.spaces import SearchSpace
from archenc.spaces import space as find

LISTED = 50_000
"""A space of at most so many architectures is listed: each is known before it is met."""


@final
class WholeSpace(Domain):
    """All architectures of a space, by its own samples and neighbours.

    space: a space, or its name. identity: see `Identity`; by default isomorphic cells are one, and the first
    spelling stands for all. listed: at most so many architectures are listed and drawn uniformly, each once;
    a larger space is met as it is sampled. Raises UnknownName, InvalidArgument.
    """

    def __init__(
        self, space: SearchSpace | str, *, identity: Identity = "canonical", listed: int = LISTED
    ) -> None:
        self.space = find(space) if isinstance(space, str) else space
        small = self.space.size is not None and self.space.size <= listed
        super().__init__(identity, self.space.enumerate() if small else None)
        self._spaces = {self.space.name}

    @property
    def fingerprint(self) -> str:
        """The space, the identity, and how many architectures are listed."""
        return f"{self.space.name} {self.identity} {len(self) if self.listed else 'as met'}"

    def _draw(self, rng: np.random.Generator) -> Architecture:
        return self.space.sample(1, rng)[0]

    def _neighbours(self, number: int) -> Iterable[int]:
        return [self.number(arch) for arch in self.space.neighbours(self.arch(number))]

    def _parse(self, text: str) -> Architecture:
        return self.space.parse(text)
