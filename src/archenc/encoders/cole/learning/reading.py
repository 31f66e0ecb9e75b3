"""Texts as padded batches of token ids, of near lengths so that little is padded."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, final

import numpy as np
import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor, nn

from archenc.store import content_key

_AT_ONCE = 8
"""Batches among which texts are sorted by length: little padding, and still batches of chance."""


class Batch(NamedTuple):
    """Token ids, padded on the right, and which are text."""

    ids: Int64[Tensor, "b t"]
    read: Bool[Tensor, "b t"]


@final
class Reader:
    """The token ids of texts, special tokens included, by number."""

    def __init__(self, ids: Sequence[Sequence[int]], pad: int, device: torch.device) -> None:
        self.lengths = np.array([len(one) for one in ids], dtype=np.int64)
        self.ids = np.full((len(ids), int(self.lengths.max())), pad, dtype=np.int64)
        for row, one in enumerate(ids):
            self.ids[row, : len(one)] = one
        self.device = device

    def batch(self, rows: Int64[np.ndarray, " b"]) -> Batch:
        """Return texts, padded to the longest of them."""
        width = int(self.lengths[rows].max())
        read = np.arange(width) < self.lengths[rows, None]
        ids = torch.from_numpy(self.ids[rows, :width])
        return Batch(ids.to(self.device), torch.from_numpy(read).to(self.device))


def by_length(
    lengths: Int64[np.ndarray, " n"], size: int, rng: np.random.Generator
) -> list[Int64[np.ndarray, " b"]]:
    """Return numbers 0..n-1 in whole batches of near lengths, in random order, without the remainder."""
    order = rng.permutation(len(lengths))[: len(lengths) // size * size]
    batches: list[np.ndarray] = []
    for start in range(0, len(order), size * _AT_ONCE):
        part = order[start : start + size * _AT_ONCE]
        batches += np.split(part[np.argsort(lengths[part], kind="stable")], len(part) // size)
    return [batches[number] for number in rng.permutation(len(batches))]


def mean_state(states: Float[Tensor, "b t d"], read: Bool[Tensor, "b t"]) -> Float[Tensor, "b d"]:
    """Return the mean over the tokens of every text, as the pooling `mean` has it."""
    weight = read[..., None].to(states.dtype)
    return (states * weight).sum(dim=1) / weight.sum(dim=1)


def network_digest(network: nn.Module) -> str:
    """Return a digest of the weights that training begins with."""
    return content_key(*[value.detach().cpu().float().numpy() for value in network.state_dict().values()])
