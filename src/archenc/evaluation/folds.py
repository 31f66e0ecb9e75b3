"""Repeated stratified folds: every architecture is tested once a repeat, in folds of like labels."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float

from archenc.errors import InvalidArgument

FOLDS = 10
STRATA = 5
_STREAM = 2  # of the protocol's seed; training sets and predictors draw from 0 and 1


def held_out(labels: Float[np.ndarray, " n"], seed: int, trial: int) -> Bool[np.ndarray, " n"]:
    """Return who is tested in a trial: fold `trial % 10` of repeat `trial // 10`.

    The labels, cut into five parts of equal size by rank, are dealt to ten folds part by part, so that every
    fold has of each, and sizes differ by one at most. Ties are ranked in the order of the pool.
    Raises InvalidArgument for fewer architectures than folds.
    """
    n = len(labels)
    if n < 2 * FOLDS:
        raise InvalidArgument(f"split='folds': a pool of {n} is too small; expected at least {2 * FOLDS}")
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(trial // FOLDS, _STREAM)))
    parts = np.array_split(np.argsort(labels, kind="stable"), STRATA)
    dealt = np.concatenate([rng.permutation(part) for part in parts])
    held = np.zeros(n, dtype=bool)
    held[dealt[trial % FOLDS :: FOLDS]] = True
    return held
