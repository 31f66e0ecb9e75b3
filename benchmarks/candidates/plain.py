"""Plain convolutional networks, in rows, without shortcuts (LeCun, 1998; Simonyan & Zisserman, 2015)."""

from __future__ import annotations

from functools import partial

from _blocks import conv_bn, head
from torch import nn


def vgg(width: int, depths: tuple[int, ...], norm: bool = True, kernel: int = 3) -> nn.Module:
    """Return stages of convolutions with max pooling between them."""
    layers: list[nn.Module] = []
    channels = 1
    for stage, depth in enumerate(depths):
        if stage:
            layers.append(nn.MaxPool2d(2))
        for _ in range(depth):
            out = width * 2**stage
            layers.append(
                conv_bn(channels, out, kernel)
                if norm
                else nn.Sequential(nn.Conv2d(channels, out, kernel, padding=kernel // 2), nn.ReLU())
            )
            channels = out
    return nn.Sequential(*layers, head(channels))


def lenet(width: int, hidden: int, activation: type[nn.Module] = nn.Tanh) -> nn.Module:
    """Return two convolutions and a perceptron."""
    return nn.Sequential(
        nn.Conv2d(1, width, 3, padding=1),
        activation(),
        nn.AvgPool2d(2),
        nn.Conv2d(width, 2 * width, 3),
        activation(),
        nn.Flatten(),
        nn.Linear(8 * width, hidden),
        activation(),
        nn.Linear(hidden, 10),
    )


CANDIDATES = {
    "vgg_w4_1-1": partial(vgg, 4, (1, 1)),
    "vgg_w8_1-1": partial(vgg, 8, (1, 1)),
    "vgg_w16_1-1": partial(vgg, 16, (1, 1)),
    "vgg_w8_2-2": partial(vgg, 8, (2, 2)),
    "vgg_w8_2-2-2": partial(vgg, 8, (2, 2, 2)),
    "vgg_w16_2-1": partial(vgg, 16, (2, 1)),
    "vgg_w8_1-1_k5": partial(vgg, 8, (1, 1), True, 5),
    "vgg_w8_2-2_nonorm": partial(vgg, 8, (2, 2), False),
    "vgg_w16_1-1-1_nonorm": partial(vgg, 16, (1, 1, 1), False),
    "vgg_w6_4-4": partial(vgg, 6, (4, 4)),
    "lenet_w4_h32": partial(lenet, 4, 32),
    "lenet_w8_h64": partial(lenet, 8, 64),
    "lenet_w8_h32_relu": partial(lenet, 8, 32, nn.ReLU),
}
