"""Losses of a batch, by name: a mean over its examples."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

Loss = Callable[[Tensor, Tensor], Tensor]


def soft_cross_entropy(logits: Float[Tensor, "b k"], targets: Float[Tensor, "b k"]) -> Float[Tensor, ""]:
    """Return the cross-entropy with class probabilities as targets, as TransNAS-Bench-101 has it.

    The probabilities of the network are moved away from zero by 1e-5 before the logarithm.
    """
    return -(targets * torch.log(torch.softmax(logits, 1) + 1e-5)).sum(1).mean()


LOSSES: Mapping[str, Loss] = {
    "cross_entropy": F.cross_entropy,
    "soft_cross_entropy": soft_cross_entropy,
    "mse": F.mse_loss,
    "l1": F.l1_loss,
}
