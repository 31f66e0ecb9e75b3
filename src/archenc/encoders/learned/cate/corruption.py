"""Masked operation modelling: which tokens are hidden from the network, and what it is to say of them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, UInt8

RATE, MASK_SHARE = 0.2, 0.8


class Corrupted(NamedTuple):
    """tokens: as the network sees them. scored: where it is to predict the original."""

    tokens: UInt8[np.ndarray, "*shape"]
    scored: Bool[np.ndarray, "*shape"]


def corrupt(
    tokens: UInt8[np.ndarray, "n N"],
    candidates: Bool[np.ndarray, "n N"],
    rng: np.random.Generator,
    *,
    mask: int,
    drawn: range,
    at_least_one: bool = True,
) -> Corrupted:
    """Corrupt a fifth of the candidate tokens: four in five become `mask`, the others a random id of `drawn`.

    A random id may be the original one; it is scored all the same. at_least_one: a row in which chance spares
    every candidate gets one at random.
    """
    scored = (rng.random(tokens.shape, dtype=np.float32) < RATE) & candidates
    if at_least_one:
        spared = np.flatnonzero(~scored.any(axis=1) & candidates.any(axis=1))
        lots = np.where(candidates[spared], rng.random((len(spared), tokens.shape[1])), -1.0)
        scored[spared, lots.argmax(axis=1)] = True
    hidden = rng.random(tokens.shape, dtype=np.float32) < MASK_SHARE
    random = rng.integers(drawn.start, drawn.stop, size=tokens.shape, dtype=np.uint8)
    seen = np.where(scored, np.where(hidden, np.uint8(mask), random), tokens)
    return Corrupted(seen, scored)
