"""The networks of TransNAS-Bench-101 (Duan et al., CVPR 2021) around a cell, for its seven tasks."""

from __future__ import annotations

from typing import NamedTuple, final

import torch
from jaxtyping import Float
from torch import Tensor, nn

from archenc.errors import InvalidArgument
from archenc.graph import Architecture
from archenc.networks.base import Builder, Network
from archenc.networks.edge_cell import EdgeCell
from archenc.networks.initialisation import fan_out_normal, torch_default
from archenc.networks.op_costs import by_edge
from archenc.networks.tnb101_heads import TASKS

_STRIDE = 4


class Body(NamedTuple):
    """What stands between stem and head: modules in a row, the channels they give, how often they halve."""

    modules: list[nn.Module]
    channels: int
    halvings: int


@final
class TransNasNetwork(Network):
    """An encoder (a stem of stride 4, then the body) and what the task puts behind it.

    channels: of the stem. An example of the jigsaw task is nine images; the encoder takes them one after the
    other, so that a batch norm sees one place of the picture at a time, and their maps are joined along the
    channels. Raises InvalidArgument for an `input_shape` of the wrong length.
    """

    def __init__(
        self,
        task: str,
        body: Body,
        *,
        channels: int,
        n_classes: int | None,
        input_shape: tuple[int, ...] | None,
    ) -> None:
        super().__init__()
        if channels < 2 or channels % 2:
            raise InvalidArgument(
                f"channels={channels}: expected an even number, for the stem has half of them"
            )
        parts = TASKS[task]
        self.n_classes = parts.n_classes if n_classes is None else n_classes
        self.input_shape = parts.input_shape if input_shape is None else input_shape
        if len(self.input_shape) != len(parts.input_shape) or min(self.input_shape[-2:]) < _STRIDE:
            raise InvalidArgument(
                f"input_shape={input_shape}: legal for {task}: like {parts.input_shape}, height and width at "
                f"least the stride of the stem, {_STRIDE}"
            )
        tiles = self.input_shape[0] if len(self.input_shape) == 4 else 1
        self.encoder = nn.Sequential(*_stem(self.input_shape[-3], channels), *body.modules)
        head = parts.head(tiles * body.channels, 2 + body.halvings, self.n_classes)
        self.decoder, self.output = head

    def features(self, x: Float[Tensor, "b ..."]) -> Float[Tensor, "b c h w"]:
        """Return what enters the global pooling or, in a dense task, the last convolution."""
        tiles = x.unbind(1) if x.dim() == 5 else (x,)
        return self.decoder(torch.cat([self.encoder(tile) for tile in tiles], dim=1))

    def forward(self, x: Float[Tensor, "b ..."]) -> Float[Tensor, "b n_classes ..."]:
        """Return [b, n_classes] or, in a dense task, [b, n_classes, h, w]."""
        return self.output(self.features(x))


def micro(
    arch: Architecture,
    task: str,
    *,
    channels: int = 64,
    modules: str = "41414",
    cells: int = 2,
    n_classes: int | None = None,
    input_shape: tuple[int, ...] | None = None,
) -> TransNasNetwork:
    """Construct the network of a cell: every block is a copy of it.

    channels: of the stem. modules: one digit a module; its first cell doubles the channels (2), halves the
    image (3), does both (4) or neither (1). cells: in a module. Raises InvalidArgument for other digits or
    sizes below 1.
    """
    if not modules or set(modules) - set("1234"):
        raise InvalidArgument(f"modules={modules!r}: legal: digits 1 to 4, such as '41414'")
    row: list[nn.Module] = []
    width = channels
    for code in modules:
        wide, stride = width * (2 if code in "24" else 1), 2 if code in "34" else 1
        row.append(EdgeCell(arch.cells[0], width, wide, stride))
        row += [EdgeCell(arch.cells[0], wide, wide) for _ in range(cells - 1)]
        width = wide
    body = Body(row, width, sum(code in "34" for code in modules))
    return TransNasNetwork(task, body, channels=channels, n_classes=n_classes, input_shape=input_shape)


def initialise(network: TransNasNetwork, generator: torch.Generator) -> None:
    """Fill the encoder by He's rule, everything behind it as PyTorch does."""
    fan_out_normal(network.encoder, generator)
    for part in (network.decoder, network.output):
        torch_default(part, generator)


def _stem(channels_in: int, channels: int) -> list[nn.Module]:
    half = channels // 2
    return [
        nn.Conv2d(channels_in, half, 3, 2, 1, bias=False),
        nn.BatchNorm2d(half),
        nn.ReLU(),
        nn.Conv2d(half, channels, 3, 2, 1, bias=False),
        nn.BatchNorm2d(channels),
    ]


BUILDER = Builder(tuple(TASKS), micro, initialise, by_edge)
