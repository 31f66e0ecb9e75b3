"""What a search may ask for: a whole space or a pool, in which every architecture has a number."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from typing import Literal, get_args

import numpy as np
from jaxtyping import Int64

from archenc.errors import InvalidArgument, UnknownName, shown
from archenc.graph import Architecture
from archenc.spaces import SearchSpace, space

Identity = Literal["canonical", "key"]
"""Which architectures are one: those of one `Architecture.id()`, or of one `SearchSpace.key`.

In NAS-Bench-201, "key" tells 15,625 cells apart, each trained by itself, and "canonical" 6,466.
"""

Numbers = Int64[np.ndarray, " n"]


class Domain(ABC):
    """Abstract: the architectures of a search. Each has a number, by which everything else speaks of it.

    A listed domain knows all of its architectures, numbered from 0. Any other numbers them as they are met:
    numbers then say nothing beyond "the same". A subclass writes `_draw`, `_neighbours` and `fingerprint`.
    """

    def __init__(self, identity: Identity, listing: Iterable[Architecture] | None) -> None:
        if identity not in get_args(Identity):
            raise InvalidArgument(f"identity={identity!r}; legal: {', '.join(get_args(Identity))}")
        self.identity = identity
        self.listed = listing is not None
        self._archs: list[Architecture] = []
        self._numbers: dict[str, int] = {}
        self._number_of: dict[Architecture, int] = {}
        self._near: dict[int, Numbers] = {}
        for arch in listing or ():
            self._number_of[arch] = self._met(arch)
        self._closed = self.listed
        self._spaces = {arch.space for arch in self._number_of}  # a canonical form may be of several spaces

    @property
    @abstractmethod
    def fingerprint(self) -> str:
        """A text that differs between domains in which numbers or architectures differ."""

    @abstractmethod
    def _draw(self, rng: np.random.Generator) -> Architecture:
        """Return a random architecture; only asked of a domain that is not listed."""

    @abstractmethod
    def _neighbours(self, number: int) -> Iterable[int]:
        """Return the numbers of all neighbours, in an order of their own."""

    def __len__(self) -> int:
        """Return how many architectures have a number: all of a listed domain, else those met so far."""
        return len(self._archs)

    def number(self, arch: Architecture) -> int:
        """Return the number of an architecture. Raises InvalidArgument for one outside the domain."""
        if not isinstance(arch, Architecture):
            raise InvalidArgument(f"archs: {shown(arch)}: expected an Architecture")
        if arch not in self._number_of:
            if not self._of_the_space(arch):
                mine = ", ".join(sorted(self._spaces))
                raise InvalidArgument(f"archs: {spelled(arch)} is of {arch.space}; this search is in {mine}")
            self._number_of[arch] = self._met(arch)
        return self._number_of[arch]

    def holds(self, arch: Architecture) -> bool:
        """Say whether an architecture is in the domain."""
        if not self.listed or not self._of_the_space(arch):
            return self._of_the_space(arch)
        key = arch.id() if self.identity == "canonical" else self._key(arch)
        return arch in self._number_of or key in self._numbers

    def arch(self, number: int) -> Architecture:
        """Return the architecture of a number; of several that are one, the first met."""
        return self._archs[number]

    def archs(self, numbers: Sequence[int] | np.ndarray) -> list[Architecture]:
        """Return the architectures of numbers."""
        return [self._archs[number] for number in numbers]

    def sample(self, rng: np.random.Generator) -> int:
        """Draw an architecture: uniformly if listed, else as the space samples."""
        return int(rng.integers(len(self))) if self.listed else self.number(self._draw(rng))

    def neighbours(self, number: int) -> Numbers:
        """Return the numbers of what is one change away: none twice, never the architecture itself."""
        if number not in self._near:
            found = [other for other in dict.fromkeys(self._neighbours(number)) if other != number]
            self._near[number] = np.array(found, dtype=np.int64)
        return self._near[number]

    def spell(self, number: int) -> int | str:
        """Return what `read` knows an architecture by in another process: plain, for a journal."""
        if self.listed:
            return number
        return spelled(self._archs[number])

    def read(self, text: int | str) -> int:
        """Undo `spell`. Raises InvalidArgument, InvalidArchitecture."""
        if not self.listed:
            return self.number(self._parse(str(text)))
        number = int(text)
        if not 0 <= number < len(self):
            raise InvalidArgument(f"architecture {number}: expected 0..{len(self) - 1}")
        return number

    def _of_the_space(self, arch: Architecture) -> bool:
        return arch.space in self._spaces or not self._spaces

    def _parse(self, text: str) -> Architecture:
        raise NotImplementedError(f"{text}: only a domain that is not listed reads spellings")

    def _met(self, arch: Architecture) -> int:
        key = arch.id() if self.identity == "canonical" else self._key(arch)
        if key not in self._numbers:
            if self.listed and getattr(self, "_closed", False):
                raise InvalidArgument(f"archs: {spelled(arch)} is not in the domain of this search")
            self._numbers[key] = len(self._archs)
            self._archs.append(arch)
        return self._numbers[key]

    @staticmethod
    def _key(arch: Architecture) -> str:
        try:
            return space(arch.space).key(arch)
        except UnknownName as error:
            raise InvalidArgument(
                f"identity='key': {arch.space!r} is no registered space; use 'canonical'"
            ) from error


def spelled(arch: Architecture) -> str:
    """Return how an architecture is written for people: in its space's spelling, or by its id."""
    try:
        return space(arch.space).format(arch)
    except UnknownName:
        return arch.id()


def as_domain(domain: Domain | SearchSpace | str | Sequence[Architecture]) -> Domain:
    """Return a domain as it is, or make one of a space (or its name), or of a pool of architectures.

    Raises InvalidArgument, UnknownName.
    """
    from archenc.search.pool import Pool
    from archenc.search.whole_space import WholeSpace

    if isinstance(domain, Domain):
        return domain
    if isinstance(domain, str | SearchSpace):
        return WholeSpace(domain)
    return Pool(domain)
