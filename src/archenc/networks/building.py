"""From an architecture to its network, through the builder of its space."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from archenc.errors import InvalidArgument, UnknownName, shown
from archenc.graph import Architecture
from archenc.networks.base import Builder, Network
from archenc.networks.sizes import checked_options
from archenc.registry import Registry
from archenc.typing import Seed, as_generator

_REGISTRY = Registry("networks")


def build(
    arch: Architecture,
    task: str | None = None,
    *,
    seed: Seed | None = None,
    device: str | torch.device = "cpu",
    **skeleton: Any,
) -> Network:
    """Return the network of an architecture, as its benchmark trained it, in train mode.

    task: data set or task, see `tasks`; by default the first. seed: of the initial weights, which are the
    same on every device; None draws fresh ones. The global generators are neither read nor advanced.
    device: "meta" gives a network without weights, which is enough to count. skeleton: what differs from the
    published network, such as `channels`, `cells`, `n_classes`, `input_shape`; each space names its own.
    Raises InvalidArgument for an unknown task, option or device, or a value that an option cannot have,
    UnknownName for a space without networks.
    """
    if not isinstance(arch, Architecture):
        raise InvalidArgument(
            f"arch={shown(arch)}: expected an Architecture, which a space parses or samples"
        )
    builder = _builder(arch.space)
    options = checked_options(builder.construct, skeleton, arch.space, builder.ranks)
    target = _device(device)
    network = builder.make(arch, task, options)
    if target.type == "meta":
        return network
    generator = as_generator(np.random.default_rng() if seed is None else seed)
    network.to_empty(device="cpu")
    builder.initialise(network, torch.Generator().manual_seed(int(generator.integers(2**63))))
    return network.to(target)


def tasks(space: str) -> tuple[str, ...]:
    """Return the tasks for which the networks of a space are built, the default first. Raises UnknownName."""
    return _builder(space).tasks


def _builder(space: str) -> Builder:
    try:
        return _REGISTRY.get(space)
    except UnknownName as error:
        raise UnknownName(
            f"{error}. A space of your own has networks where an entry point of the group archenc.networks "
            "gives its Builder"
        ) from error


def _device(device: object) -> torch.device:
    try:
        return torch.empty(0, device=torch.device(device)).device  # type: ignore[arg-type]
    except (RuntimeError, TypeError, AssertionError, ImportError) as error:  # it depends on the device which
        raise InvalidArgument(
            f"device={shown(device)}: expected a device that is there, such as 'cpu' or 'meta' ({error})"
        ) from error
