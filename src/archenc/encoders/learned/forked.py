"""Randomness inside networks: torch's generators, forked, and set from a seed wherever a result needs it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch

Reseed = Callable[[int], None]


@contextmanager
def forked(device: torch.device) -> Iterator[Reseed]:
    """Yield what sets the generators of the CPU and of the device; afterwards they are as they were."""
    cuda = [device.index or 0] if device.type == "cuda" else []

    def reseed(seed: int) -> None:
        torch.default_generator.manual_seed(seed)
        for index in cuda:
            torch.cuda.default_generators[index].manual_seed(seed)

    with torch.random.fork_rng(devices=cuda):
        yield reseed
