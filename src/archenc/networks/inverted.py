"""The inverted residual of MobileNetV2 (Sandler et al., CVPR 2018), also with squeeze and excitation."""

from __future__ import annotations

from typing import final

from jaxtyping import Float
from torch import Tensor, nn

from archenc.errors import InvalidArgument
from archenc.graph import Kind, Op

SQUEEZE = 4
"""Squeeze and excitation passes through a quarter of the channels that enter the block."""


@final
class InvertedResidual(nn.Module):
    """1x1 convolution to `expansion` times the channels, depthwise convolution, 1x1 convolution back.

    [b, channels_in, h, w] -> [b, channels_out, ceil(h / stride), ...]. ReLU follows the first two; without an
    expansion there is no first one. What enters is added where the shape stays. Raises InvalidArgument for an
    operation of another kind.
    """

    def __init__(self, op: Op, channels_in: int, channels_out: int, stride: int = 1) -> None:
        super().__init__()
        if op.kind is not Kind.RESIDUAL or not op.separable:
            raise InvalidArgument(f"op={op!r}: expected an inverted residual, such as op('mbconv6_5x5')")
        hidden, kernel = channels_in * op.expansion, op.kernel[0]
        layers: list[nn.Module] = []
        if op.expansion > 1:
            layers += [nn.Conv2d(channels_in, hidden, 1, bias=False), nn.BatchNorm2d(hidden), nn.ReLU()]
        depthwise = nn.Conv2d(hidden, hidden, kernel, stride, kernel // 2, groups=hidden, bias=False)
        layers += [depthwise, nn.BatchNorm2d(hidden), nn.ReLU()]
        if op.squeeze:
            layers.append(SqueezeExcitation(hidden, channels_in // SQUEEZE))
        layers += [nn.Conv2d(hidden, channels_out, 1, bias=False), nn.BatchNorm2d(channels_out)]
        self.layers = nn.Sequential(*layers)
        self.stays = stride == 1 and channels_in == channels_out

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b out rows columns"]:
        """Return what the block makes."""
        return x + self.layers(x) if self.stays else self.layers(x)


@final
class SqueezeExcitation(nn.Module):
    """Weight each channel by a number in 0..1 that all channels' means decide (Hu et al., CVPR 2018)."""

    def __init__(self, channels: int, squeezed: int) -> None:
        super().__init__()
        self.weigh = nn.Sequential(
            nn.AdaptiveAvgPool2d(1),
            nn.Conv2d(channels, squeezed, 1),
            nn.ReLU(),
            nn.Conv2d(squeezed, channels, 1),
            nn.Sigmoid(),
        )

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c h w"]:
        """Return x, its channels weighted."""
        return x * self.weigh(x)
