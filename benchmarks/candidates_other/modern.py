"""ConvNeXt, ConvMixer, PoolFormer (Liu et al., 2022; Trockman & Kolter, 2022; Yu et al., 2022)."""

from __future__ import annotations

from functools import partial

from _blocks import head
from torch import Tensor, nn


class Mixing(nn.Module):
    """Something that mixes pixels, then a perceptron over channels; each behind a norm, beside a shortcut."""

    def __init__(self, width: int, mix: nn.Module, ratio: int) -> None:
        super().__init__()
        self.mix = nn.Sequential(nn.GroupNorm(1, width), mix)
        self.mlp = nn.Sequential(
            nn.GroupNorm(1, width),
            nn.Conv2d(width, ratio * width, 1),
            nn.GELU(),
            nn.Conv2d(ratio * width, width, 1),
        )

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.mix(x)
        return x + self.mlp(x)


def convnext(width: int, depth: int, kernel: int, patch: int = 2, ratio: int = 2) -> nn.Module:
    """Return depthwise convolutions between perceptrons over the channels."""
    mixers = [nn.Conv2d(width, width, kernel, padding=kernel // 2, groups=width) for _ in range(depth)]
    return nn.Sequential(
        nn.Conv2d(1, width, patch, patch), *(Mixing(width, mix, ratio) for mix in mixers), head(width)
    )


def poolformer(width: int, depth: int, patch: int = 2, ratio: int = 2) -> nn.Module:
    """Return average poolings between perceptrons over the channels."""
    layers = [Mixing(width, nn.AvgPool2d(3, 1, 1), ratio) for _ in range(depth)]
    return nn.Sequential(nn.Conv2d(1, width, patch, patch), *layers, head(width))


class Residual(nn.Module):
    """What a module makes, added to what it got."""

    def __init__(self, body: nn.Module) -> None:
        super().__init__()
        self.body = body

    def forward(self, x: Tensor) -> Tensor:
        return x + self.body(x)


def convmixer(width: int, depth: int, kernel: int, patch: int = 2) -> nn.Module:
    """Return depthwise and pointwise convolutions with batch norms on patches."""
    layers: list[nn.Module] = [nn.Conv2d(1, width, patch, patch), nn.GELU(), nn.BatchNorm2d(width)]
    for _ in range(depth):
        deep = nn.Conv2d(width, width, kernel, padding=kernel // 2, groups=width)
        layers += [
            Residual(nn.Sequential(deep, nn.GELU(), nn.BatchNorm2d(width))),
            nn.Conv2d(width, width, 1),
            nn.GELU(),
            nn.BatchNorm2d(width),
        ]
    return nn.Sequential(*layers, head(width))


CANDIDATES = {
    "convnext_d16_l2_k3": partial(convnext, 16, 2, 3),
    "convnext_d32_l2_k3": partial(convnext, 32, 2, 3),
    "convnext_d32_l4_k5": partial(convnext, 32, 4, 5),
    "convnext_d24_l2_k3_p1": partial(convnext, 24, 2, 3, 1),
    "convnext_d8_l2_k3_p1": partial(convnext, 8, 2, 3, 1),
    "convnext_d48_l1_k5": partial(convnext, 48, 1, 5),
    "convnext_d24_l3_k3_r4": partial(convnext, 24, 3, 3, 2, 4),
    "poolformer_d48_l3_r4": partial(poolformer, 48, 3, 2, 4),
    "poolformer_d16_l2": partial(poolformer, 16, 2),
    "poolformer_d32_l2": partial(poolformer, 32, 2),
    "poolformer_d32_l3_p1": partial(poolformer, 32, 3, 1),
    "convmixer_d16_l2_k3": partial(convmixer, 16, 2, 3),
    "convmixer_d32_l2_k3": partial(convmixer, 32, 2, 3),
    "convmixer_d32_l4_k5": partial(convmixer, 32, 4, 5),
    "convmixer_d24_l2_k5_p1": partial(convmixer, 24, 2, 5, 1),
    "convmixer_d8_l2_k3": partial(convmixer, 8, 2, 3),
    "convmixer_d16_l4_k3": partial(convmixer, 16, 4, 3),
    "convmixer_d48_l1_k5": partial(convmixer, 48, 1, 5),
}
