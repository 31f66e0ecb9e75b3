"""Which architectures of a space to train."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

import numpy as np

from archenc.errors import InvalidArchitecture, InvalidArgument
from archenc.graph import Architecture, class_labels
from archenc.graph.forms import default_form
from archenc.networks.building import build
from archenc.spaces import space
from archenc.typing import Seed, as_generator

_PATIENCE = 200
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


def sample(
    space_name: str,
    n: int,
    seed: Seed = 0,
    input_shape: tuple[int, ...] | None = None,
    skeleton: Mapping[str, Any] | None = None,
) -> tuple[str, ...]:
    """Draw n architectures with different keys, as native spellings.

    input_shape: of one example; where the architectures of a space are made for an input, as in einspace,
    they are drawn for this one, and those that cannot be built with the options of `skeleton` (its limits,
    say) are drawn anew. Raises InvalidArgument.
    """
    member, generator = space(space_name), as_generator(seed)
    made_for = "input_shape" in inspect.signature(member.sample).parameters and input_shape is not None
    options: dict[str, Any] = {"input_shape": input_shape} if made_for else {}
    found: dict[str, str] = {}
    for _ in range(_PATIENCE):
        for arch in member.sample(max(1, n - len(found)), generator, **options):
            if not made_for or _can_be_built(arch, skeleton or {}):
                found.setdefault(member.key(arch), member.format(arch))
        if len(found) >= n:
            return tuple(found.values())[:n]
    raise InvalidArgument(
        f"n={n}: {space_name} has hardly as many different architectures ({len(found)} found)"
    )


def _can_be_built(arch: Architecture, skeleton: Mapping[str, Any]) -> bool:
    try:
        build(arch, device="meta", **skeleton)
    except InvalidArchitecture:
        return False
    return True
