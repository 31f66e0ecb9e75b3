"""Which architectures of a space to train."""

from __future__ import annotations

import numpy as np

from archenc.errors import InvalidArgument
from archenc.graph import class_labels
from archenc.graph.forms import default_form
from archenc.spaces import space
from archenc.typing import Seed, as_generator

_PATIENCE = 50
"""Draws for each architecture wanted, before a sample is given up."""


def distinct(space_name: str, form: str | None = None) -> tuple[str, ...]:
    """Return the native spelling of one architecture of each class, the first in the order of `enumerate`.

    form: the canonical form that says which are the same; None takes that of `Architecture.id`, which is
    nats-v1 for NAS-Bench-201, with 6,466 classes. Raises InvalidArgument for a space too large to enumerate.
    """
    member = space(space_name)
    if member.size is None or member.size > 1_000_000:
        raise InvalidArgument(f"space={space_name!r} is too large to list; draw a sample of it")
    archs = list(member.enumerate())
    labels = class_labels(archs, form or default_form(archs[0].cells))
    _, first = np.unique(labels, return_index=True)
    return tuple(member.format(archs[row]) for row in np.sort(first))


def sample(space_name: str, n: int, seed: Seed = 0) -> tuple[str, ...]:
    """Draw n architectures with different keys, as native spellings. Raises InvalidArgument."""
    member, generator = space(space_name), as_generator(seed)
    found: dict[str, str] = {}
    for _ in range(_PATIENCE):
        for arch in member.sample(max(1, n - len(found)), generator):
            found.setdefault(member.key(arch), member.format(arch))
        if len(found) >= n:
            return tuple(found.values())[:n]
    raise InvalidArgument(
        f"n={n}: {space_name} has hardly as many different architectures ({len(found)} found)"
    )
