"""Types that every room shares, and the one way a seed becomes a generator."""

from __future__ import annotations

import numpy as np

from archenc.errors import InvalidArgument

Seed = int | np.random.Generator


def as_generator(seed: Seed) -> np.random.Generator:
    """Return the generator itself, or a fresh one from an integer seed.

    Nothing in archenc seeds or reads a global generator. Raises InvalidArgument for anything else.
    """
    if isinstance(seed, np.random.Generator):
        return seed
    if isinstance(seed, (int, np.integer)) and not isinstance(seed, bool) and seed >= 0:
        return np.random.default_rng(int(seed))
    raise InvalidArgument(f"seed={seed!r}: expected an integer >= 0 or a numpy.random.Generator")
