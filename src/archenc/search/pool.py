"""A search among given architectures: the rows of a table, say."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any, final

import numpy as np
from jaxtyping import Float32

from archenc.errors import InvalidArgument, shown
from archenc.graph import Architecture
from archenc.search.domain import Domain, Identity
from archenc.store import content_key
from archenc.typing import whole_number

NEAREST = 24


@final
class Pool(Domain):
    """Given architectures and no others; of those that are one (`identity`) only the first counts.

    Neighbours are the `nearest` architectures of the pool in the code of an encoder, at the Euclidean
    distance, ties by position: where a pool has gaps, one change rarely leads to another member. encoder: an
    unfitted encoder, fitted on the pool; `Adjacency()` by default. Raises InvalidArgument.
    """

    def __init__(
        self,
        archs: Sequence[Architecture],
        *,
        identity: Identity = "canonical",
        encoder: Any = None,
        nearest: int = NEAREST,
    ) -> None:
        if isinstance(archs, str | Architecture) or not hasattr(archs, "__len__"):
            raise InvalidArgument(
                f"pool: {shown(archs)}: expected a list of Architectures, or a space's name"
            )
        if not len(archs):
            raise InvalidArgument("pool: empty; expected at least one Architecture")
        wrong = next((arch for arch in archs if not isinstance(arch, Architecture)), None)
        if wrong is not None:
            raise InvalidArgument(f"pool: {wrong!r:.80}: expected an Architecture")
        super().__init__(identity, archs)
        self.encoder = encoder
        self.nearest = whole_number("nearest", nearest, least=1)

    @property
    def fingerprint(self) -> str:
        """A digest of the architectures, in their order."""
        return self._digest

    @cached_property
    def _digest(self) -> str:
        return f"{len(self)} architectures {self.identity} {content_key(list(self._numbers))}"

    @cached_property
    def codes(self) -> Float32[np.ndarray, "n d"]:
        """The code of every architecture, in which neighbours are near."""
        from sklearn.base import clone

        from archenc.encoders import Adjacency

        encoder: Any = Adjacency() if self.encoder is None else clone(self.encoder)
        return np.asarray(encoder.fit(self._archs).transform(self._archs), dtype=np.float32)

    def _draw(self, rng: np.random.Generator) -> Architecture:
        return self.arch(int(rng.integers(len(self))))

    def _neighbours(self, number: int) -> Iterable[int]:
        squares = ((self.codes - self.codes[number]) ** 2).sum(axis=1)
        squares[number] = np.inf
        k = min(self.nearest, len(self) - 1)
        if k < 1:
            return []
        # all that are as near as the k-th, in order of distance and then of position: no ties by chance
        near = np.flatnonzero(squares <= np.partition(squares, k - 1)[k - 1])
        return near[np.argsort(squares[near], kind="stable")][:k].tolist()
