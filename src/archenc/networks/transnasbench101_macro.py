"""The macro networks of TransNAS-Bench-101 (Duan et al., CVPR 2021): residual modules in a row.

No table here states their parameters or FLOPs, so unlike those of the other spaces their counts are compared
with sums by hand only.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import final

from jaxtyping import Float
from torch import Tensor, nn

from archenc.errors import InvalidArchitecture
from archenc.graph import Architecture, Cell, Kind
from archenc.networks.base import Alike, Builder, CellCopy
from archenc.networks.tnb101_heads import TASKS
from archenc.networks.transnasbench101 import Body, TransNasNetwork, initialise


def macro(
    arch: Architecture,
    task: str,
    *,
    channels: int = 64,
    blocks: int = 2,
    n_classes: int | None = None,
    input_shape: tuple[int, ...] | None = None,
) -> TransNasNetwork:
    """Construct the network of a chain of modules. channels: of the stem. blocks: in a module.

    Raises InvalidArchitecture for a cell that is no chain of residual modules, InvalidArgument for a size
    below 1.
    """
    chain = Chain(arch.cells[0], channels, blocks)
    halvings = sum(node.stride == 2 for node in arch.cells[0].nodes)
    body = Body([chain], chain.channels_out, halvings)
    return TransNasNetwork(task, body, channels=channels, n_classes=n_classes, input_shape=input_shape)


@final
class Chain(CellCopy):
    """The whole cell: one module a node, `operations.<number>`, its first block widening and striding."""

    def __init__(self, cell: Cell, channels: int, blocks: int) -> None:
        super().__init__()
        nodes = cell.nodes[1:-1]
        pairs = [(edge.source, edge.target) for edge in cell.edges]
        if pairs != [(node, node + 1) for node in range(cell.n_nodes - 1)] or any(
            node.kind is not Kind.RESIDUAL for node in nodes
        ):
            raise InvalidArchitecture(
                f"expected a chain of residual modules; the cell has the nodes "
                f"{', '.join(node.name for node in cell.nodes)} and the edges {pairs}"
            )
        self.which = 0
        self.operations = nn.Sequential()
        for node in nodes:
            wide = channels * node.widening
            rest = [ResidualBlock(wide, wide, 1) for _ in range(blocks - 1)]
            self.operations.append(nn.Sequential(ResidualBlock(channels, wide, node.stride), *rest))
            channels = wide
        self.channels_out = channels

    def operation_modules(self) -> Mapping[int, tuple[str, ...]]:
        """Return the path of each module."""
        return {number: (f"operations.{number}",) for number in range(len(self.operations))}

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b out rows columns"]:
        """Return the value of the last module."""
        return self.operations(x)


@final
class ResidualBlock(nn.Module):
    """Two 3x3 convolutions, each behind a ReLU, beside the input; a 1x1 convolution where the shape changes.

    [b, channels_in, h, w] -> [b, channels_out, ceil(h / stride), ceil(w / stride)].
    """

    def __init__(self, channels_in: int, channels_out: int, stride: int) -> None:
        super().__init__()
        self.residual = nn.Sequential(
            nn.ReLU(),
            nn.Conv2d(channels_in, channels_out, 3, stride, 1, bias=False),
            nn.BatchNorm2d(channels_out),
            nn.ReLU(),
            nn.Conv2d(channels_out, channels_out, 3, 1, 1, bias=False),
            nn.BatchNorm2d(channels_out),
        )
        self.shortcut = nn.Sequential()
        if stride != 1 or channels_in != channels_out:
            self.shortcut.append(nn.Conv2d(channels_in, channels_out, 1, stride, bias=False))
            self.shortcut.append(nn.BatchNorm2d(channels_out))

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b out rows columns"]:
        """Return the sum of both ways."""
        return self.shortcut(x) + self.residual(x)


def _alike(arch: Architecture) -> Alike:
    """Say that a module costs what it is, and how wide and how large the map is that it takes."""
    found: dict[tuple[int, int], Hashable] = {}
    wide = small = 1
    for number, node in enumerate(arch.cells[0].nodes[1:-1]):
        found[0, number] = (node.name, wide, small)
        wide, small = wide * node.widening, small * node.stride
    return found


BUILDER = Builder(tuple(TASKS), macro, initialise, _alike)
