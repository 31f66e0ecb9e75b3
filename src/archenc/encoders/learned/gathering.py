"""The cells that an encoder is pre-trained on: a whole space, or architectures drawn from it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

import numpy as np

from archenc.encoders.frame import registered_space, resized
from archenc.errors import InvalidArgument
from archenc.graph import Architecture, GraphBatch, as_batch
from archenc.typing import Seed

WHOLE = 1_000_000
"""Spaces of at most so many architectures are taken whole."""

DRAWN = 100_000
"""From larger ones so many are drawn."""

_PORTION = 16_384


def gather(space_name: str, n: int | None = None, seed: Seed = 0) -> GraphBatch:
    """Return n architectures of a space, drawn without replacement, or all, as one batch.

    n: by default all of a space of at most a million, else 100,000. Raises InvalidArgument.
    """
    member = registered_space(space_name)
    if n is not None and n < 2:
        raise InvalidArgument(f"n={n}: expected at least 2 architectures")
    everything = member.size is not None and member.size <= WHOLE
    if n is None and everything:
        return batch_of(member.enumerate(), member.max_nodes)
    return batch_of(iter(member.sample(DRAWN if n is None else n, seed)), member.max_nodes)


def batch_of(archs: Iterator[Architecture], n_nodes: int) -> GraphBatch:
    """Return many architectures as one batch, without holding them all. Raises InvalidArgument if none."""
    parts = []
    while portion := list(islice(archs, _PORTION)):
        parts.append(resized(as_batch(portion), n_nodes))
    if not parts:
        raise InvalidArgument("there is no architecture to take")
    names = ("adjacency", "ops", "edge_ops", "mask", "attributes")
    joined = {name: np.concatenate([getattr(part, name) for part in parts]) for name in names}
    return replace(parts[0], **joined)
