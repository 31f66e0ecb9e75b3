"""Dense networks: every layer reads all before it (Huang et al., CVPR 2017)."""

from __future__ import annotations

from functools import partial

import torch
from _blocks import head
from torch import Tensor, nn


class DenseLayer(nn.Module):
    """Norm, ReLU, convolution; what it makes stands behind what it read."""

    def __init__(self, channels: int, growth: int, bottleneck: bool) -> None:
        super().__init__()
        inner = 2 * growth if bottleneck else channels
        squeeze = (
            [nn.BatchNorm2d(channels), nn.ReLU(), nn.Conv2d(channels, inner, 1, bias=False)]
            if bottleneck
            else []
        )
        self.body = nn.Sequential(
            *squeeze, nn.BatchNorm2d(inner), nn.ReLU(), nn.Conv2d(inner, growth, 3, padding=1, bias=False)
        )

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([x, self.body(x)], dim=1)


def densenet(growth: int, depths: tuple[int, ...], bottleneck: bool = False) -> nn.Module:
    """Return dense blocks, between them half the channels and half the image."""
    channels = 2 * growth
    layers: list[nn.Module] = [nn.Conv2d(1, channels, 3, padding=1, bias=False)]
    for number, depth in enumerate(depths):
        if number:
            half = channels // 2
            layers += [nn.BatchNorm2d(channels), nn.ReLU(), nn.Conv2d(channels, half, 1), nn.AvgPool2d(2)]
            channels = half
        for _ in range(depth):
            layers.append(DenseLayer(channels, growth, bottleneck))
            channels += growth
    return nn.Sequential(*layers, nn.BatchNorm2d(channels), nn.ReLU(), head(channels))


CANDIDATES = {
    "k4_2-2": partial(densenet, 4, (2, 2)),
    "k4_4-4": partial(densenet, 4, (4, 4)),
    "k8_2-2": partial(densenet, 8, (2, 2)),
    "k8_3-3": partial(densenet, 8, (3, 3)),
    "k12_2-2": partial(densenet, 12, (2, 2)),
    "k6_3-3-3": partial(densenet, 6, (3, 3, 3)),
    "k8_3-3_bc": partial(densenet, 8, (3, 3), True),
    "k12_3-3_bc": partial(densenet, 12, (3, 3), True),
    "k4_6-6_bc": partial(densenet, 4, (6, 6), True),
    "k2_3-3": partial(densenet, 2, (3, 3)),
}
