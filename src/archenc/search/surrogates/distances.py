"""Distances between the architectures of a domain, in codes: computed once, shared by searches."""

from __future__ import annotations

from typing import final
from weakref import WeakKeyDictionary

import numpy as np
from jaxtyping import Float32, Int64

from archenc.search.domain import Domain
from archenc.search.surrogates.features import Features

_KEPT = 2**28
"""Bytes of distances that are kept for a domain; more, and they are computed anew."""


@final
class Distances:
    """Squared distances: within each encoder's columns the mean, added up over the encoders."""

    def __init__(self, features: Features) -> None:
        self.features = features
        self._tables: WeakKeyDictionary[Domain, _Table] = WeakKeyDictionary()

    def between(
        self, domain: Domain, known: Int64[np.ndarray, " n"], numbers: Int64[np.ndarray, " m"]
    ) -> Float32[np.ndarray, "n m"]:
        """Return the distances of every known architecture to every other of `numbers`."""
        if not domain.listed:
            rows, others = self._codes(domain, known), self._codes(domain, numbers)
            squares = (rows**2).sum(axis=1)[:, None] + (others**2).sum(axis=1) - 2 * rows @ others.T
            return np.maximum(squares, 0)
        if domain not in self._tables:
            self._tables[domain] = _Table(self._codes(domain, np.arange(len(domain))))
        table = self._tables[domain]
        return np.stack([table.row(number)[numbers] for number in known.tolist()])

    def _codes(self, domain: Domain, numbers: Int64[np.ndarray, " n"]) -> Float32[np.ndarray, "n d"]:
        scales = np.concatenate([np.full(k, k**-0.5) for k in self.features.widths(domain)])
        return (self.features.of(domain, numbers) * scales).astype(np.float32)


@final
class _Table:
    """Distances from one architecture to all, for as many as are asked about."""

    def __init__(self, codes: Float32[np.ndarray, "n d"]) -> None:
        self._codes, self._squares = codes, (codes**2).sum(axis=1)
        self._rows: dict[int, Float32[np.ndarray, " n"]] = {}

    def row(self, number: int) -> Float32[np.ndarray, " n"]:
        if number not in self._rows:
            if (len(self._rows) + 1) * self._squares.nbytes > _KEPT:
                self._rows.clear()
            apart = self._squares + self._squares[number] - 2 * (self._codes @ self._codes[number])
            self._rows[number] = np.maximum(apart, 0)
        return self._rows[number]
