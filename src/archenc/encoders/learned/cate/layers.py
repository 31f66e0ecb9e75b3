"""Transformer layers for very short sequences: a cell has at most some fifteen tokens.

The parameters of all layers of a stack lie in one tensor a kind, so that an optimiser sees a dozen tensors
and not hundreds; biases and norms lie in vectors, which weight decay leaves alone. Attention is plain batched
products: at eight slots they beat the fused kernels, and the softmax over eight numbers is written out, for
the library's takes ten times as long there.
"""

from __future__ import annotations

import math
from typing import final

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from archenc.encoders.learned.cate.noise import Noise

BLOCKED = -1e9
"""The logit of what may not be attended to. A row with nothing else becomes exactly uniform."""


@final
class Stack(nn.Module):
    """`depth` layers of self-attention and a feed-forward part, both behind a LayerNorm and with a residual.

    [b, n, width] -> [b, n, width]; a last LayerNorm closes the stack. spare_norms: every layer owns such a
    closing LayerNorm, as published, though only that of the last layer is used. half: in training, products
    with weights are in bfloat16; the weights themselves, and all else, stay as they are.
    """

    def __init__(
        self,
        depth: int,
        width: int,
        heads: int,
        inner: int,
        *,
        spare_norms: bool = False,
        half: bool = False,
    ) -> None:
        super().__init__()
        self.heads, self.half_products = heads, half
        self.norm = nn.Parameter(_norms(2 * depth, width))  # before attention, before the feed-forward part
        self.close = nn.Parameter(_norms(depth if spare_norms else 1, width))
        self.qkv, self.qkv_bias = _linear(depth, width, width, parts=3)
        self.out, self.out_bias = _linear(depth, width, width)
        self.up, self.up_bias = _linear(depth, width, inner)
        self.down, self.down_bias = _linear(depth, inner, width)

    def forward(
        self, x: Float[Tensor, "b n d"], allowed: Float[Tensor, "b k #n n"] | None, drop: Noise
    ) -> Float[Tensor, "b n d"]:
        """Return the states. allowed: 1 where a query may attend to a key, else 0; k is 1 or the heads."""
        depth, d = len(self.qkv), x.shape[-1]
        linear = _in_half if self.half_products and self.training else F.linear
        norms = self.norm.view(depth, 2, 2, d)
        weights = [part.unbind(0) for part in (norms, self.qkv, self.out, self.up, self.down)]
        biases = (self.qkv_bias, self.out_bias, self.up_bias, self.down_bias)
        shifts = [part.view(depth, -1).unbind(0) for part in biases]
        for norm, qkv, out, up, down, qkv_b, out_b, up_b, down_b in zip(*weights, *shifts, strict=True):
            h = F.layer_norm(x, (d,), norm[0, 0], norm[0, 1])
            h = attend(linear(h, qkv, qkv_b), allowed, self.heads, drop)
            x = x + drop(linear(h, out, out_b))
            h = F.layer_norm(x, (d,), norm[1, 0], norm[1, 1])
            h = drop(F.relu(linear(h, up, up_b)))
            x = x + drop(linear(h, down, down_b))
        close = self.close.view(-1, 2, d)
        return F.layer_norm(x, (d,), close[-1, 0], close[-1, 1])


def attend(
    qkv: Float[Tensor, "b n t"], allowed: Float[Tensor, "b k #n n"] | None, heads: int, drop: Noise
) -> Float[Tensor, "b n d"]:
    """Return what every query takes from the values; qkv: queries, keys and values side by side, t = 3 d."""
    b, n, total = qkv.shape
    width = total // (3 * heads)
    parts = qkv.view(b, n, 3, heads, width).permute(2, 0, 3, 1, 4).contiguous()
    query, key, value = parts.unbind(0)
    shares = drop(attention(query, key, allowed))
    return (shares @ value).transpose(1, 2).reshape(b, n, heads * width)


def attention(
    query: Float[Tensor, "b h n w"], key: Float[Tensor, "b h n w"], allowed: Float[Tensor, "b k #n n"] | None
) -> Float[Tensor, "b h n n"]:
    """Return the share that each query gives to each key; the shares of a query add up to 1."""
    logits = (query @ key.transpose(-1, -2)) * (1 / math.sqrt(query.shape[-1]))
    if allowed is not None:
        logits = torch.addcmul((allowed - 1) * -BLOCKED, logits, allowed)
    raised = (logits - logits.detach().amax(dim=-1, keepdim=True)).exp()
    return raised / raised.sum(dim=-1, keepdim=True)


def _in_half(
    x: Float[Tensor, "b n i"], weights: Float[Tensor, "o i"], biases: Float[Tensor, " o"]
) -> Float[Tensor, "b n o"]:
    return F.linear(x.bfloat16(), weights.bfloat16(), biases.bfloat16()).to(x.dtype)


def _norms(count: int, width: int) -> Float[Tensor, " k"]:
    """Return weights of 1 and biases of 0 for so many norms, one behind the other."""
    return torch.tensor([[1.0], [0.0]]).expand(count, 2, width).reshape(-1)


def _linear(depth: int, entering: int, leaving: int, parts: int = 1) -> tuple[nn.Parameter, nn.Parameter]:
    """Return weights and biases of a layer in every depth, drawn as torch draws those of a linear layer."""
    bound = 1 / math.sqrt(entering)
    weights = torch.empty(depth, parts * leaving, entering).uniform_(-bound, bound)
    biases = torch.empty(depth * parts * leaving).uniform_(-bound, bound)
    return nn.Parameter(weights), nn.Parameter(biases)
