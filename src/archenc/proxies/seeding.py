"""The seed of an architecture's initial weights, the same whichever architectures are scored beside it."""

from __future__ import annotations

from archenc.store import content_key


def weight_seed(seed: int, key: str) -> int:
    """Return a seed below 2^60 from the seed of a run and the key of an architecture, `space.key(arch)`."""
    return int(content_key(seed, key)[:15], 16)
