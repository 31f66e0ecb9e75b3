"""Parallel branches: Inception and Fire modules (Szegedy et al., 2015; Iandola et al., 2016)."""

from __future__ import annotations

from functools import partial

import torch
from _blocks import conv_bn, head
from torch import Tensor, nn


class Branches(nn.Module):
    """Branches that read the same; what they make stands side by side."""

    def __init__(self, *branches: nn.Module) -> None:
        super().__init__()
        self.branches = nn.ModuleList(branches)

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([branch(x) for branch in self.branches], dim=1)


def inception(width: int, depths: tuple[int, ...]) -> nn.Module:
    """Return blocks of 1x1, 3x3, 5x5 and pooling, with max pooling between stages."""
    layers: list[nn.Module] = [conv_bn(1, width)]
    channels = width
    for stage, depth in enumerate(depths):
        if stage:
            layers.append(nn.MaxPool2d(2))
        for _ in range(depth):
            part = width * 2**stage // 4
            layers.append(
                Branches(
                    conv_bn(channels, part, 1),
                    nn.Sequential(conv_bn(channels, part, 1), conv_bn(part, part, 3)),
                    nn.Sequential(conv_bn(channels, part, 1), conv_bn(part, part, 5)),
                    nn.Sequential(nn.MaxPool2d(3, 1, 1), conv_bn(channels, part, 1)),
                )
            )
            channels = 4 * part
    return nn.Sequential(*layers, head(channels))


def squeeze(width: int, depths: tuple[int, ...]) -> nn.Module:
    """Return fire modules: few channels, then 1x1 and 3x3 side by side, without norms."""
    layers: list[nn.Module] = [nn.Conv2d(1, width, 3, padding=1), nn.ReLU()]
    channels = width
    for stage, depth in enumerate(depths):
        if stage:
            layers.append(nn.MaxPool2d(2))
        for _ in range(depth):
            narrow, half = max(2, width // 4), width * 2**stage // 2
            layers += [nn.Conv2d(channels, narrow, 1), nn.ReLU()]
            layers += [
                Branches(nn.Conv2d(narrow, half, 1), nn.Conv2d(narrow, half, 3, padding=1)),
                nn.ReLU(),
            ]
            channels = 2 * half
    return nn.Sequential(*layers, head(channels))


CANDIDATES = {
    "inception_w8_1-1": partial(inception, 8, (1, 1)),
    "inception_w16_1-1": partial(inception, 16, (1, 1)),
    "inception_w16_2-2": partial(inception, 16, (2, 2)),
    "inception_w32_1": partial(inception, 32, (1,)),
    "inception_w4_1-1": partial(inception, 4, (1, 1)),
    "inception_w8_2-1": partial(inception, 8, (2, 1)),
    "inception_w24_1": partial(inception, 24, (1,)),
    "squeeze_w16_1-1": partial(squeeze, 16, (1, 1)),
    "squeeze_w32_1-1": partial(squeeze, 32, (1, 1)),
    "squeeze_w32_2-2": partial(squeeze, 32, (2, 2)),
    "squeeze_w64_1": partial(squeeze, 64, (1,)),
    "squeeze_w48_1-1-1": partial(squeeze, 48, (1, 1, 1)),
}
