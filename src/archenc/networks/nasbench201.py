"""The network around a NAS-Bench-201 cell (Dong & Yang, ICLR 2020), and smaller ones of the same build."""

from __future__ import annotations

from typing import final

from jaxtyping import Float
from torch import Tensor, nn

from archenc.errors import InvalidArgument
from archenc.graph import Architecture
from archenc.networks.base import Builder, Network
from archenc.networks.edge_cell import EdgeCell
from archenc.networks.initialisation import torch_default
from archenc.networks.op_costs import by_edge

_TASKS = {"cifar10": (10, (3, 32, 32)), "cifar100": (100, (3, 32, 32)), "imagenet16": (120, (3, 16, 16))}


@final
class NasBench201Network(Network):
    """Stem, stages of cells with a residual block of stride 2 before each but the first, linear classifier.

    channels: of the first stage; each stage doubles them. cells: copies of the cell in a stage. stages: their
    number. stem_stride: of the stem's convolution. input_shape: (C, H, W). n_classes: outputs.
    Raises InvalidArgument for a size below 1, and unless height and width, behind the stem, can be halved
    before every later stage.
    """

    def __init__(
        self,
        arch: Architecture,
        task: str,
        *,
        channels: int = 16,
        cells: int = 5,
        stages: int = 3,
        stem_stride: int = 1,
        input_shape: tuple[int, int, int] | None = None,
        n_classes: int | None = None,
    ) -> None:
        super().__init__()
        classes, shape = _TASKS[task]
        self.n_classes = classes if n_classes is None else n_classes
        self.input_shape = shape if input_shape is None else input_shape
        _check_size(self.input_shape, stem_stride, stages)
        self.stem = nn.Sequential(
            nn.Conv2d(self.input_shape[0], channels, 3, stem_stride, 1, bias=False), nn.BatchNorm2d(channels)
        )
        body: list[nn.Module] = []
        width = channels
        for stage in range(stages):
            if stage:
                body.append(ResidualReduction(width, 2 * width))
                width *= 2
            body += [EdgeCell(arch.cells[0], width, width) for _ in range(cells)]
        self.body = nn.Sequential(*body)
        self.tail = nn.Sequential(nn.BatchNorm2d(width), nn.ReLU())
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Linear(width, self.n_classes)

    def features(self, x: Float[Tensor, "b channels height width"]) -> Float[Tensor, "b c h w"]:
        """Return what enters the global pooling, [b, c, h, w]."""
        return self.tail(self.body(self.stem(x)))

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b n_classes"]:
        """Return the logits, [b, n_classes]."""
        return self.classifier(self.pool(self.features(x)).flatten(1))


@final
class ResidualReduction(nn.Module):
    """Halve height and width: two 3x3 convolutions beside an average pool and a 1x1 convolution."""

    def __init__(self, channels_in: int, channels_out: int) -> None:
        super().__init__()
        self.residual = nn.Sequential(
            nn.ReLU(),
            nn.Conv2d(channels_in, channels_out, 3, 2, 1, bias=False),
            nn.BatchNorm2d(channels_out),
            nn.ReLU(),
            nn.Conv2d(channels_out, channels_out, 3, 1, 1, bias=False),
            nn.BatchNorm2d(channels_out),
        )
        self.shortcut = nn.Sequential(nn.AvgPool2d(2, 2), nn.Conv2d(channels_in, channels_out, 1, bias=False))

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b out rows columns"]:
        """Return the sum of both ways."""
        return self.shortcut(x) + self.residual(x)


def _check_size(input_shape: tuple[int, ...], stem_stride: int, stages: int) -> None:
    divisor = 2 ** (stages - 1)
    sizes = [-(-size // stem_stride) for size in input_shape[1:]]
    if len(input_shape) != 3 or any(size % divisor or not size for size in sizes):
        raise InvalidArgument(
            f"input_shape={input_shape}: expected (channels, height, width); behind the stem of stride "
            f"{stem_stride}, height and width must be divisible by {divisor}, which {stages} stages need"
        )


BUILDER = Builder(tuple(_TASKS), NasBench201Network, torch_default, by_edge)
