"""Networks of stages: each cell is a chain of layers, built once, one stage after the other."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import final

from jaxtyping import Float
from torch import Tensor, nn

from archenc.errors import InvalidArchitecture, InvalidArgument
from archenc.graph import Cell, Op
from archenc.networks.base import CellCopy, Network

Layer = Callable[[Op, int, int, int], nn.Module]
"""(operation, channels in, channels out, stride) to its module."""


def check_image(input_shape: tuple[int, ...], halvings: int) -> None:
    """Raise InvalidArgument for what is no image, or for one that so many halvings leave without a pixel."""
    least = 2**halvings
    if len(input_shape) != 3 or any(size < least for size in input_shape[1:]):
        raise InvalidArgument(
            f"input_shape={input_shape}: expected (channels, height, width); the image is halved {halvings} "
            f"times, so height and width must be at least {least}"
        )


@final
class StagedNetwork(Network):
    """Stem, stages, the last convolution, global average pool, linear classifier."""

    def __init__(
        self,
        stem: nn.Module,
        stages: Sequence[Stage],
        last: nn.Module,
        width: int,
        *,
        n_classes: int,
        input_shape: tuple[int, ...],
    ) -> None:
        super().__init__()
        self.input_shape, self.n_classes = input_shape, n_classes
        self.stem, self.stages, self.last = stem, nn.ModuleList(stages), last
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Linear(width, n_classes)

    def features(self, x: Float[Tensor, "b channels height width"]) -> Float[Tensor, "b c h w"]:
        """Return what enters the global pooling, [b, c, h, w]."""
        x = self.stem(x)
        for stage in self.stages:
            x = stage(x)
        return self.last(x)

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b n_classes"]:
        """Return the logits, [b, n_classes]."""
        return self.classifier(self.pool(self.features(x)).flatten(1))


@final
class Stage(CellCopy):
    """A chain: its first layer changes channels and resolution, the others keep them.

    [b, channels_in, h, w] -> [b, channels_out, ceil(h / stride), ...]. which: number of the cell. Raises
    InvalidArchitecture for a cell that is no chain.
    """

    def __init__(
        self, cell: Cell, which: int, channels_in: int, channels_out: int, stride: int, layer: Layer
    ) -> None:
        super().__init__()
        pairs = [(edge.source, edge.target) for edge in cell.edges]
        if cell.n_inputs != 1 or pairs != [(node, node + 1) for node in range(cell.n_nodes - 1)]:
            raise InvalidArchitecture(f"expected a chain of layers; the cell has the edges {pairs}")
        self.which = which
        self.operations = nn.Sequential()
        for number, node in enumerate(cell.nodes[1:-1]):
            shape = (channels_in, channels_out, stride) if number == 0 else (channels_out, channels_out, 1)
            self.operations.append(layer(node, *shape))

    def operation_modules(self) -> Mapping[int, tuple[str, ...]]:
        """Return the path of each layer."""
        return {number: (f"operations.{number}",) for number in range(len(self.operations))}

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b out rows columns"]:
        """Return the value of the last layer."""
        return self.operations(x)


def convolution(channels_in: int, channels_out: int, kernel: int, stride: int = 1) -> nn.Sequential:
    """Return convolution, batch norm, ReLU."""
    return nn.Sequential(
        nn.Conv2d(channels_in, channels_out, kernel, stride, kernel // 2, bias=False),
        nn.BatchNorm2d(channels_out),
        nn.ReLU(),
    )
