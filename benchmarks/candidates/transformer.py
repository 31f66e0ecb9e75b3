"""Vision transformers on patches (Dosovitskiy et al., ICLR 2021)."""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class Attention(nn.Module):
    """Attention of several heads."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        b, n, d = x.shape
        q, k, v = self.qkv(x).reshape(b, n, 3, self.heads, d // self.heads).permute(2, 0, 3, 1, 4)
        return self.out(F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(b, n, d))


class Layer(nn.Module):
    """Attention and a perceptron, each behind a norm and beside a shortcut."""

    def __init__(self, width: int, heads: int, ratio: int) -> None:
        super().__init__()
        self.norm_1, self.norm_2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attention = Attention(width, heads)
        self.mlp = nn.Sequential(nn.Linear(width, ratio * width), nn.GELU(), nn.Linear(ratio * width, width))

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.attention(self.norm_1(x))
        return x + self.mlp(self.norm_2(x))


class ViT(nn.Module):
    """Patches, positions, layers, and the mean of the tokens or a token of its own."""

    def __init__(
        self, width: int, depth: int, heads: int, patch: int, ratio: int, stem: bool, token: bool
    ) -> None:
        super().__init__()
        self.stem = (
            nn.Sequential(nn.Conv2d(1, width // 2, 3, padding=1), nn.BatchNorm2d(width // 2), nn.ReLU())
            if stem
            else nn.Identity()
        )
        self.patches = nn.Conv2d(width // 2 if stem else 1, width, patch, patch)
        self.token = nn.Parameter(torch.zeros(1, 1, width)) if token else None
        self.position = nn.Parameter(0.02 * torch.randn(1, (8 // patch) ** 2 + token, width))
        self.layers = nn.Sequential(*(Layer(width, heads, ratio) for _ in range(depth)))
        self.norm, self.head = nn.LayerNorm(width), nn.Linear(width, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = self.patches(self.stem(x)).flatten(2).transpose(1, 2)
        if self.token is not None:
            x = torch.cat([self.token.expand(x.shape[0], -1, -1), x], dim=1)
        x = self.norm(self.layers(x + self.position))
        return self.head(x[:, 0] if self.token is not None else x.mean(1))


def vit(
    width: int,
    depth: int,
    heads: int = 2,
    patch: int = 2,
    ratio: int = 2,
    stem: bool = False,
    token: bool = False,
) -> nn.Module:
    """Return a vision transformer."""
    return ViT(width, depth, heads, patch, ratio, stem, token)


CANDIDATES = {
    "vit_d16_l1": partial(vit, 16, 1),
    "vit_d16_l2": partial(vit, 16, 2),
    "vit_d32_l1": partial(vit, 32, 1),
    "vit_d32_l2": partial(vit, 32, 2),
    "vit_d32_l4": partial(vit, 32, 4, 4),
    "vit_d48_l2": partial(vit, 48, 2, 4),
    "vit_d32_l2_p4": partial(vit, 32, 2, 2, 4),
    "vit_d48_l3_p4": partial(vit, 48, 3, 4, 4, 4),
    "vit_d32_l2_token": partial(vit, 32, 2, token=True),
    "vit_d16_l4_token": partial(vit, 16, 4, token=True),
    "cvt_d16_l1": partial(vit, 16, 1, stem=True),
    "cvt_d32_l2": partial(vit, 32, 2, stem=True),
    "cvt_d32_l3_token": partial(vit, 32, 3, stem=True, token=True),
}
