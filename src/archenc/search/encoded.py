"""What an encoding makes of a domain: how it draws an architecture, and what it calls a small change."""

from __future__ import annotations

from typing import Any, final
from weakref import WeakKeyDictionary

import numpy as np
from jaxtyping import Float64, Int64
from sklearn.base import clone

from archenc.errors import InvalidArgument
from archenc.search.domain import Domain, spelled
from archenc.spaces import space
from archenc.typing import whole_number

NEAREST = 24
"""As many as NAS-Bench-201 has neighbours one change away."""

_SAME = 1e-9
_TRIES = 1000


@final
class DrawnInCode:
    """Draws an architecture from the distribution that an encoding induces: a `Sample`.

    Codes of whole numbers: each code that some architecture has is as likely as another, and so is each
    architecture of one code; what drawing codes at random until one is real comes to. Codes of real numbers:
    a normal draw with the mean and deviation of every column, then the architecture nearest to it, ties by
    lot. encoder: unfitted; it is fitted on a listed domain, and needs one. White et al., NeurIPS 2020.
    """

    def __init__(self, encoder: Any) -> None:
        self.encoder = encoder
        self._codes: WeakKeyDictionary[Domain, _Codes] = WeakKeyDictionary()

    def __call__(self, domain: Domain, rng: np.random.Generator) -> int:
        """Return the number of an architecture. Raises InvalidArgument where the domain is not listed."""
        if domain not in self._codes:
            self._codes[domain] = _Codes(domain, self.encoder)
        codes = self._codes[domain]
        if codes.whole:
            members = codes.groups[rng.integers(len(codes.groups))]
        else:
            apart = codes.apart(rng.normal(codes.mean, codes.std))
            members = np.flatnonzero(apart <= apart.min() + _SAME)
        return int(rng.choice(members))


@final
class ChangedInCode:
    """A child that is near its parent in an encoding: a `Perturb`.

    One of the `nearest` architectures whose code differs from the parent's, drawn uniformly; those as near as
    the last of them belong to them. In one-hot codes of NAS-Bench-201 these are the 24 cells with one other
    operation. encoder: as of `DrawnInCode`.
    """

    def __init__(self, encoder: Any, nearest: int = NEAREST) -> None:
        self.encoder = encoder
        self.nearest = whole_number("nearest", nearest, least=1)
        self._codes: WeakKeyDictionary[Domain, _Codes] = WeakKeyDictionary()
        self._near: WeakKeyDictionary[Domain, dict[int, Int64[np.ndarray, " k"]]] = WeakKeyDictionary()

    def __call__(self, domain: Domain, number: int, rng: np.random.Generator) -> int:
        """Return the number of the child. Raises InvalidArgument where every code is the parent's."""
        near = self.neighbours(domain, number)
        if not len(near):
            raise InvalidArgument(f"no other code than that of {spelled(domain.arch(number))}, so no child")
        return int(rng.choice(near))

    def neighbours(self, domain: Domain, number: int) -> Int64[np.ndarray, " k"]:
        """Return the numbers of all that a child may be, ascending."""
        known = self._near.setdefault(domain, {})
        if number not in known:
            if domain not in self._codes:
                self._codes[domain] = _Codes(domain, self.encoder)
            apart = self._codes[domain].apart(self._codes[domain].rows[number])
            others = np.flatnonzero(apart > _SAME)
            k = min(self.nearest, len(others))
            last = np.partition(apart[others], k - 1)[k - 1] if k else 0.0
            known[number] = others[apart[others] <= last + _SAME]
        return known[number]


@final
class _Codes:
    """The codes of a listed domain."""

    def __init__(self, domain: Domain, encoder: Any) -> None:
        if not domain.listed:
            raise InvalidArgument(
                "sample, perturb: an encoding needs a listed domain, whose architectures are all known; take "
                "a pool, or a space of at most 50,000"
            )
        archs = domain.archs(range(len(domain)))
        copy: Any = clone(encoder)
        self.rows: Float64[np.ndarray, "n d"] = np.asarray(copy.fit(archs).transform(archs), dtype=np.float64)
        self._squares = (self.rows**2).sum(axis=1)
        self.whole = bool((self.rows == np.round(self.rows)).all())
        self.mean, self.std = self.rows.mean(axis=0), self.rows.std(axis=0)
        self.groups: list[Int64[np.ndarray, " k"]] = []
        if self.whole:
            _, group = np.unique(self.rows, axis=0, return_inverse=True)
            order = np.argsort(group, kind="stable")
            ends = np.cumsum(np.bincount(group))[:-1]
            self.groups = np.split(order, ends)

    def apart(self, code: Float64[np.ndarray, " d"]) -> Float64[np.ndarray, " n"]:
        """Return the squared Euclidean distance of every architecture from a code."""
        return np.maximum(self._squares - 2 * (self.rows @ code) + code @ code, 0)


@final
class DrawnBySpace:
    """Draws as a space does with options of its own, until the domain has what was drawn: a `Sample`.

    `DrawnBySpace(by="spec")` is NAS-Bench-101's own way: each of 21 edges with probability 1/2, each
    operation 1/3, until the cell is valid. Small cells are then far likelier than when every cell is as
    likely as another. Raises InvalidArgument where a thousand draws are outside the domain.
    """

    def __init__(self, **options: Any) -> None:
        self.options = options

    def __call__(self, domain: Domain, rng: np.random.Generator) -> int:
        """Return the number of an architecture."""
        member: Any = space(domain.arch(0).space)
        for _ in range(_TRIES):
            for arch in member.sample(1, rng, **self.options):
                if domain.holds(arch):
                    return domain.number(arch)
        raise InvalidArgument(f"sample={self.options}: {_TRIES} draws of {member.name} outside the domain")
