"""One thread inside the block, as many as before behind it."""

from __future__ import annotations

import torch

from archenc.networks.threads import single_thread


def test_one_thread_inside_and_as_before_outside() -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        with single_thread():
            assert torch.get_num_threads() == 1
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)
