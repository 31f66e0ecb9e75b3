"""Ways through a network: highway, fractal and U-shaped ones, and two resolutions side by side."""

from __future__ import annotations

from functools import partial

import torch
from _blocks import SqueezeExcite, conv_bn, head
from torch import Tensor, nn
from torch.nn import functional as F


class Highway(nn.Module):
    """A gate mixes what a layer makes with what it got (Srivastava et al., 2015)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.body, self.gate = nn.Conv2d(width, width, 3, 1, 1), nn.Conv2d(width, width, 3, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        gate = torch.sigmoid(self.gate(x))
        return gate * F.relu(self.body(x)) + (1 - gate) * x


class Fractal(nn.Module):
    """The mean of one layer and of two smaller fractals in a row (Larsson et al., ICLR 2017)."""

    def __init__(self, width: int, columns: int) -> None:
        super().__init__()
        self.short = conv_bn(width, width)
        self.long = (
            nn.Sequential(Fractal(width, columns - 1), Fractal(width, columns - 1)) if columns > 1 else None
        )

    def forward(self, x: Tensor) -> Tensor:
        short = self.short(x)
        return short if self.long is None else (short + self.long(x)) / 2


class Ushaped(nn.Module):
    """Down, up again, and what was there before beside it (Ronneberger et al., 2015)."""

    def __init__(self, width: int, inner: nn.Module, inner_width: int) -> None:
        super().__init__()
        self.down = nn.Sequential(nn.MaxPool2d(2), conv_bn(width, inner_width))
        self.inner = inner
        self.up = nn.ConvTranspose2d(inner_width, width, 2, 2)
        self.both = conv_bn(2 * width, width)

    def forward(self, x: Tensor) -> Tensor:
        return self.both(torch.cat([x, self.up(self.inner(self.down(x)))], dim=1))


class TwoSizes(nn.Module):
    """Fine and coarse maps, each of which reads the other (Wang et al., 2020)."""

    def __init__(self, width: int, rounds: int) -> None:
        super().__init__()
        self.coarse = conv_bn(width, width, 3, 2)
        self.steps = nn.ModuleList(conv_bn(width, width) for _ in range(2 * rounds))
        self.head = nn.Linear(2 * width, 10)

    def forward(self, x: Tensor) -> Tensor:
        fine, coarse = x, self.coarse(x)
        for one, other in zip(self.steps[::2], self.steps[1::2], strict=True):
            smaller, larger = F.avg_pool2d(fine, 2), F.interpolate(coarse, scale_factor=2.0)
            fine, coarse = one(fine + larger), other(coarse + smaller)
        return self.head(torch.cat([fine.mean((2, 3)), coarse.mean((2, 3))], dim=1))


def highway(width: int, depth: int) -> nn.Module:
    """Return highway layers without norms."""
    return nn.Sequential(nn.Conv2d(1, width, 3, 2, 1), *(Highway(width) for _ in range(depth)), head(width))


def fractal(width: int, columns: int, excite: bool = False) -> nn.Module:
    """Return fractals of two stages."""
    layers = [conv_bn(1, width), Fractal(width, columns), nn.MaxPool2d(2), Fractal(width, columns)]
    return nn.Sequential(*layers, *([SqueezeExcite(width)] if excite else []), head(width))


def u_net(width: int, deep: bool) -> nn.Module:
    """Return a U of one or two levels."""
    inner: nn.Module = Ushaped(2 * width, conv_bn(4 * width, 4 * width), 4 * width) if deep else nn.Identity()
    return nn.Sequential(conv_bn(1, width), Ushaped(width, inner, 2 * width), head(width))


def two_sizes(width: int, rounds: int) -> nn.Module:
    """Return fine and coarse maps side by side."""
    return nn.Sequential(conv_bn(1, width), TwoSizes(width, rounds))


CANDIDATES = {
    "highway_d8_l2": partial(highway, 8, 2),
    "highway_d16_l2": partial(highway, 16, 2),
    "highway_d16_l5": partial(highway, 16, 5),
    "fractal_w6_c2": partial(fractal, 6, 2),
    "fractal_w12_c2": partial(fractal, 12, 2),
    "fractal_w12_c3": partial(fractal, 12, 3),
    "fractal_w16_c1_se": partial(fractal, 16, 1, True),
    "u_w4": partial(u_net, 4, False),
    "u_w8": partial(u_net, 8, False),
    "u_w8_deep": partial(u_net, 8, True),
    "sizes_w8_1": partial(two_sizes, 8, 1),
    "sizes_w16_1": partial(two_sizes, 16, 1),
    "sizes_w16_2": partial(two_sizes, 16, 2),
}
