"""Mobile networks: inverted residuals, separable convolutions (Sandler et al., 2018; Howard et al., 2017)."""

from __future__ import annotations

from functools import partial

from _blocks import SqueezeExcite, conv_bn, head
from torch import Tensor, nn


class Inverted(nn.Module):
    """Widen by a 1x1 convolution, filter each channel, narrow again."""

    def __init__(self, c_in: int, c_out: int, stride: int, expand: int, kernel: int, excite: bool) -> None:
        super().__init__()
        inner = c_in * expand
        self.body = nn.Sequential(
            conv_bn(c_in, inner, 1) if expand > 1 else nn.Identity(),
            nn.Conv2d(inner, inner, kernel, stride, kernel // 2, groups=inner, bias=False),
            nn.BatchNorm2d(inner),
            nn.Hardswish() if excite else nn.ReLU6(),
            SqueezeExcite(inner) if excite else nn.Identity(),
            nn.Conv2d(inner, c_out, 1, bias=False),
            nn.BatchNorm2d(c_out),
        )
        self.adds = c_in == c_out and stride == 1

    def forward(self, x: Tensor) -> Tensor:
        return x + self.body(x) if self.adds else self.body(x)


def inverted(
    width: int, depths: tuple[int, ...], expand: int, kernel: int = 3, excite: bool = False
) -> nn.Module:
    """Return stages of inverted residuals; each stage but the first halves the image."""
    layers: list[nn.Module] = [conv_bn(1, width)]
    channels = width
    for stage, depth in enumerate(depths):
        for number in range(depth):
            out = int(width * 1.5**stage)
            layers.append(Inverted(channels, out, 2 if stage and not number else 1, expand, kernel, excite))
            channels = out
    return nn.Sequential(*layers, conv_bn(channels, 2 * channels, 1), head(2 * channels))


def separable(width: int, depths: tuple[int, ...], kernel: int = 3) -> nn.Module:
    """Return depthwise and pointwise convolutions in turn, without shortcuts."""
    layers: list[nn.Module] = [conv_bn(1, width)]
    channels = width
    for stage, depth in enumerate(depths):
        for number in range(depth):
            out = width * 2**stage
            stride = 2 if stage and not number else 1
            layers += [conv_bn(channels, channels, kernel, stride, channels), conv_bn(channels, out, 1)]
            channels = out
    return nn.Sequential(*layers, head(channels))


CANDIDATES = {
    "v2_w4_e2": partial(inverted, 4, (1, 1), 2),
    "v2_w8_e2": partial(inverted, 8, (1, 1), 2),
    "v2_w8_e4": partial(inverted, 8, (2, 2), 4),
    "v2_w12_e6": partial(inverted, 12, (1, 1), 6),
    "v2_w8_e3_deep": partial(inverted, 8, (2, 2, 2), 3),
    "v2_w16_e1": partial(inverted, 16, (2, 2), 1),
    "v3_w8_e3_se": partial(inverted, 8, (1, 1), 3, 3, True),
    "v3_w8_e4_k5_se": partial(inverted, 8, (2, 1), 4, 5, True),
    "v3_w12_e2_k5_se": partial(inverted, 12, (2, 2), 2, 5, True),
    "v1_w8": partial(separable, 8, (1, 1)),
    "v1_w16": partial(separable, 16, (2, 2)),
    "v1_w12_k5": partial(separable, 12, (1, 2, 1), 5),
}
