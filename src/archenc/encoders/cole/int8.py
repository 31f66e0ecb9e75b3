"""Linear layers in 8-bit integers: weights a column at a time, activations a token at a time."""

from __future__ import annotations

from typing import Any, final

import torch
from jaxtyping import Float
from torch import Tensor, nn

_LARGEST = 127.0


@final
class Int8Linear(nn.Module):
    """A linear layer whose product is one of integers; each output and each token has a scale of its own."""

    weight: Tensor
    scale: Tensor
    bias: Tensor | None

    def __init__(self, linear: nn.Linear) -> None:
        super().__init__()
        weight = linear.weight.detach()
        scale = weight.abs().amax(dim=1).clamp(min=1e-12) / _LARGEST
        self.register_buffer("weight", (weight / scale[:, None]).round().to(torch.int8).T)
        self.register_buffer("scale", scale)
        self.register_buffer("bias", None if linear.bias is None else linear.bias.detach())

    def forward(self, x: Float[Tensor, "... i"]) -> Float[Tensor, "... o"]:
        """Multiply."""
        rows = x.reshape(-1, x.shape[-1])
        scale = rows.abs().amax(dim=1, keepdim=True).clamp(min=1e-12) / _LARGEST
        product = torch.ops.aten._int_mm((rows / scale).round().to(torch.int8), self.weight).to(x.dtype)
        out = product * scale * self.scale
        if self.bias is not None:
            out = out + self.bias
        return out.reshape(*x.shape[:-1], -1)


def quantised(network: Any) -> Any:
    """Replace every linear layer of a network, in place; return it."""
    for name, child in network.named_children():
        if isinstance(child, nn.Linear):
            setattr(network, name, Int8Linear(child))
        else:
            quantised(child)
    return network
