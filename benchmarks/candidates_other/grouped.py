"""Networks of grouped and shuffled convolutions (Xie et al., 2017; Zhang et al., 2018)."""

from __future__ import annotations

from functools import partial

from _blocks import conv_bn, head
from torch import Tensor, nn


class Grouped(nn.Module):
    """1x1, grouped 3x3, 1x1, beside a shortcut; the channels may be shuffled between the groups."""

    def __init__(self, channels: int, groups: int, shuffle: bool) -> None:
        super().__init__()
        self.first, self.middle = conv_bn(channels, channels, 1), conv_bn(channels, channels, 3, 1, groups)
        self.last = nn.Sequential(nn.Conv2d(channels, channels, 1, bias=False), nn.BatchNorm2d(channels))
        self.shuffle = nn.ChannelShuffle(groups) if shuffle else nn.Identity()
        self.relu = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        return self.relu(x + self.last(self.shuffle(self.middle(self.first(x)))))


def grouped(width: int, depths: tuple[int, ...], groups: int, shuffle: bool = False) -> nn.Module:
    """Return stages of grouped blocks."""
    layers: list[nn.Module] = [conv_bn(1, width)]
    channels = width
    for stage, depth in enumerate(depths):
        if stage:
            layers.append(conv_bn(channels, 2 * channels, 1, 2))
            channels *= 2
        layers += [Grouped(channels, groups, shuffle) for _ in range(depth)]
    return nn.Sequential(*layers, head(channels))


CANDIDATES = {
    f"w{width}_{'-'.join(map(str, depths))}_g{groups}{'_shuffle' if shuffle else ''}": partial(
        grouped, width, depths, groups, shuffle
    )
    for width, depths, groups, shuffle in (
        (8, (1, 1), 2, False),
        (8, (1, 1), 4, True),
        (16, (1, 1), 4, False),
        (16, (2, 2), 8, True),
        (12, (1, 2, 1), 3, False),
        (24, (1, 1), 6, False),
        (8, (3, 3), 2, True),
        (4, (1, 1), 2, False),
        (6, (1, 1, 1), 3, True),
        (12, (2,), 4, False),
        (20, (1, 1), 2, True),
        (32, (1,), 32, False),
        (10, (2, 1), 5, True),
    )
}
