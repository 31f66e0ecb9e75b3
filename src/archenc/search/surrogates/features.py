"""Codes of the architectures of a domain, by number: made once, shared by every search in it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, final
from weakref import WeakKeyDictionary

import numpy as np
from jaxtyping import Float64, Int64
from sklearn.base import clone

from archenc.errors import InvalidArgument
from archenc.search.domain import Domain

_REFERENCE = 1000


@final
class Features:
    """The codes of one or several encoders, standardised over the domain; columns that never differ left out.

    encoders: unfitted, one or a sequence; each is a group of columns. They and the scales are fitted on all
    of a listed domain, else on 1,000 samples: on architectures, never on values. Raises InvalidArgument.
    """

    def __init__(self, encoders: Any) -> None:
        self.encoders = tuple(encoders) if isinstance(encoders, Sequence) else (encoders,)
        if not self.encoders or not all(hasattr(one, "transform") for one in self.encoders):
            raise InvalidArgument(f"encoder={encoders!r:.80}: expected an encoder, or several")
        self._codes: WeakKeyDictionary[Domain, _Codes] = WeakKeyDictionary()

    def of(self, domain: Domain, numbers: Int64[np.ndarray, " n"]) -> Float64[np.ndarray, "n d"]:
        """Return a row an architecture."""
        return self._of(domain).rows(domain, numbers)

    def widths(self, domain: Domain) -> list[int]:
        """Return how many columns each encoder has."""
        return self._of(domain).widths

    def _of(self, domain: Domain) -> _Codes:
        if domain not in self._codes:
            self._codes[domain] = _Codes(domain, self.encoders)
        return self._codes[domain]


class _Codes:
    """The rows of one domain; it does not hold the domain, so that both go when a search is over."""

    def __init__(self, domain: Domain, encoders: Sequence[Any]) -> None:
        if domain.listed:
            known = np.arange(len(domain))
        else:
            rng = np.random.default_rng(0)
            known = np.array(sorted({domain.sample(rng) for _ in range(_REFERENCE)}))
        archs = domain.archs(known)
        copies: list[Any] = [clone(encoder) for encoder in encoders]
        self._encoders = [copy.fit(archs) for copy in copies]
        blocks = [np.asarray(one.transform(archs), dtype=np.float64) for one in self._encoders]
        self._scales = [_scale(block) for block in blocks]
        self.widths = [int(kept.sum()) for kept, _, _ in self._scales]
        if not sum(self.widths):
            raise InvalidArgument("encoder: no column differs between the architectures of this domain")
        self._rows = np.zeros((0, sum(self.widths)))
        self._known = np.zeros(0, dtype=bool)
        self._store(known, blocks)

    def rows(self, domain: Domain, numbers: Int64[np.ndarray, " n"]) -> Float64[np.ndarray, "n d"]:
        within = numbers < len(self._known)
        within[within] = self._known[numbers[within]]
        new = numbers[~within]
        if len(new):
            archs = domain.archs(new)
            self._store(new, [np.asarray(one.transform(archs), np.float64) for one in self._encoders])
        return self._rows[numbers]

    def _store(self, numbers: np.ndarray, blocks: Sequence[np.ndarray]) -> None:
        size = max(len(self._known), int(numbers.max()) + 1)
        rows, known = np.zeros((size, sum(self.widths))), np.zeros(size, dtype=bool)
        rows[: len(self._rows)], known[: len(self._known)] = self._rows, self._known
        scaled = [
            (block[:, kept] - mean) / std
            for block, (kept, mean, std) in zip(blocks, self._scales, strict=True)
        ]
        rows[numbers], known[numbers] = np.concatenate(scaled, axis=1), True
        self._rows, self._known = rows, known


def _scale(block: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    std = block.std(axis=0)
    kept = std > 1e-9 * np.maximum(1, np.abs(block).max(axis=0))
    return kept, block.mean(axis=0)[kept], std[kept]
