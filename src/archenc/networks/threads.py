"""How many threads compute."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def single_thread() -> Iterator[None]:
    """Keep torch to one thread inside the block.

    Results then do not depend on how many there are, since how sums are split among threads decides how they
    round; and on graphs and images this small a second thread costs more in waiting than it gives, many times
    more on a busy machine.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
