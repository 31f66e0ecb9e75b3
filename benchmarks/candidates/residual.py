"""Residual networks: basic and bottleneck blocks, activations behind or before (He et al., 2016)."""

from __future__ import annotations

from functools import partial

from _blocks import SqueezeExcite, conv_bn, head
from torch import Tensor, nn


class Basic(nn.Module):
    """Two 3x3 convolutions beside a shortcut."""

    def __init__(self, c_in: int, c_out: int, stride: int, excite: bool) -> None:
        super().__init__()
        self.first = conv_bn(c_in, c_out, 3, stride)
        self.second = nn.Sequential(nn.Conv2d(c_out, c_out, 3, padding=1, bias=False), nn.BatchNorm2d(c_out))
        self.excite = SqueezeExcite(c_out) if excite else nn.Identity()
        self.shortcut = (
            nn.Identity() if c_in == c_out and stride == 1 else nn.Conv2d(c_in, c_out, 1, stride, bias=False)
        )
        self.relu = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        return self.relu(self.excite(self.second(self.first(x))) + self.shortcut(x))


class Bottleneck(nn.Module):
    """A 3x3 convolution between two 1x1, four times narrower than what it is added to."""

    def __init__(self, c_in: int, c_out: int, stride: int, excite: bool) -> None:
        super().__init__()
        inner = c_out // 4
        self.body = nn.Sequential(
            conv_bn(c_in, inner, 1),
            conv_bn(inner, inner, 3, stride),
            nn.Conv2d(inner, c_out, 1, bias=False),
            nn.BatchNorm2d(c_out),
            SqueezeExcite(c_out) if excite else nn.Identity(),
        )
        self.shortcut = (
            nn.Identity() if c_in == c_out and stride == 1 else nn.Conv2d(c_in, c_out, 1, stride, bias=False)
        )
        self.relu = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        return self.relu(self.body(x) + self.shortcut(x))


class PreActivation(nn.Module):
    """Norm and ReLU before each convolution."""

    def __init__(self, c_in: int, c_out: int, stride: int, excite: bool) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.BatchNorm2d(c_in),
            nn.ReLU(),
            nn.Conv2d(c_in, c_out, 3, stride, 1, bias=False),
            nn.BatchNorm2d(c_out),
            nn.ReLU(),
            nn.Conv2d(c_out, c_out, 3, padding=1, bias=False),
            SqueezeExcite(c_out) if excite else nn.Identity(),
        )
        self.shortcut = (
            nn.Identity() if c_in == c_out and stride == 1 else nn.Conv2d(c_in, c_out, 1, stride, bias=False)
        )

    def forward(self, x: Tensor) -> Tensor:
        return self.body(x) + self.shortcut(x)


BLOCKS = {"basic": Basic, "bottleneck": Bottleneck, "preact": PreActivation}


def resnet(block: str, width: int, depths: tuple[int, ...], excite: bool = False) -> nn.Module:
    """Return stages of blocks; each stage but the first halves the image and doubles the channels."""
    layers: list[nn.Module] = [conv_bn(1, width)]
    channels = width
    for stage, depth in enumerate(depths):
        for number in range(depth):
            out = width * 2**stage
            layers.append(BLOCKS[block](channels, out, 2 if stage and not number else 1, excite))
            channels = out
    return nn.Sequential(*layers, head(channels))


CANDIDATES = {
    f"{block}_w{width}_{'-'.join(map(str, depths))}{'_se' if excite else ''}": partial(
        resnet, block, width, depths, excite
    )
    for block, width, depths, excite in (
        ("basic", 4, (1, 1), False),
        ("basic", 8, (1, 1), False),
        ("basic", 16, (1, 1), False),
        ("basic", 8, (2, 2), False),
        ("basic", 8, (1, 1, 1), True),
        ("basic", 6, (3, 3, 3), False),
        ("bottleneck", 16, (1, 1), False),
        ("bottleneck", 24, (2, 2), False),
        ("bottleneck", 16, (2, 2, 2), True),
        ("preact", 8, (1, 1), False),
        ("preact", 12, (2, 2), False),
        ("preact", 4, (1, 1, 1), True),
    )
}
