"""Dropout masks, drawn a byte an element: on a CPU several times faster than torch's own."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

_LEVELS = 256


@runtime_checkable
class Noise(Protocol):
    """Takes away a share of the entries of a tensor, and scales up the others."""

    def __call__(self, values: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
        """Return the tensor with entries dropped."""
        ...


def silent(values: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """Drop nothing: evaluation."""
    return values


def noise(rate: float, device: torch.device) -> Noise:
    """Return dropout for one pass; what it draws follows from torch's generator at this moment.

    rate: rounded to a 256th on a CPU, where numpy draws bytes.
    """
    if rate == 0:
        return silent
    if device.type != "cpu":
        return _Torch(rate)
    return _Bytes(round(rate * _LEVELS), np.random.SFC64(int(torch.randint(2**62, ()))))


class _Torch:
    def __init__(self, rate: float) -> None:
        self._rate = rate

    def __call__(self, values: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
        return torch.nn.functional.dropout(values, self._rate)


class _Bytes:
    def __init__(self, level: int, bits: np.random.SFC64) -> None:
        self._level, self._bits = level, bits
        self._scale = _LEVELS / (_LEVELS - level)

    def __call__(self, values: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
        size = values.numel()
        drawn = torch.from_numpy(self._bits.random_raw(-(-size // 8)).view(np.uint8))[:size]
        kept = (drawn >= self._level).to(values.dtype).mul_(self._scale)
        return values * kept.view(values.shape)
