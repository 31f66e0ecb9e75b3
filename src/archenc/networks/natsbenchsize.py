"""The networks of NATS-Bench's size space (Dong et al., TPAMI 2021): one cell, five widths."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from itertools import pairwise
from typing import final

from jaxtyping import Float
from torch import Tensor, nn

from archenc.errors import InvalidArchitecture
from archenc.graph import Architecture, op
from archenc.networks.base import Alike, Builder, CellCopy, Network
from archenc.networks.initialisation import torch_default
from archenc.networks.nasbench201 import ResidualReduction
from archenc.networks.operations import operation
from archenc.networks.staged import check_image

_STAGES = 5
_REDUCTIONS = (1, 3)
_TASKS = {"cifar10": 10, "cifar100": 100, "imagenet16": 120}
_CONV, _POINTWISE = op("conv3x3"), op("conv1x1")


@final
class NatsBenchSizeNetwork(Network):
    """Stem, cell, residual block of stride 2, cell, residual block, cell; each as wide as its stage says.

    Raises InvalidArchitecture for other cells than five of one node with `channels`.
    """

    def __init__(
        self,
        arch: Architecture,
        task: str,
        *,
        n_classes: int | None = None,
        input_shape: tuple[int, int, int] = (3, 32, 32),
    ) -> None:
        super().__init__()
        widths = [cell.nodes[1].channels for cell in arch.cells if cell.n_nodes == 3]
        if len(widths) != _STAGES or len(arch.cells) != _STAGES or 0 in widths:
            raise InvalidArchitecture(
                f"expected {_STAGES} stages of one node that says its channels; got {len(arch.cells)} cells"
            )
        check_image(input_shape, 2)
        self.input_shape = input_shape
        self.n_classes = _TASKS[task] if n_classes is None else n_classes
        self.stem = nn.Sequential(
            nn.Conv2d(input_shape[0], widths[0], 3, padding=1, bias=False), nn.BatchNorm2d(widths[0])
        )
        shapes = pairwise([widths[0], *widths])
        self.stages = nn.Sequential(*(_Stage(which, *shape) for which, shape in enumerate(shapes)))
        self.tail = nn.Sequential(nn.BatchNorm2d(widths[-1]), nn.ReLU())
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Linear(widths[-1], self.n_classes)

    def features(self, x: Float[Tensor, "b channels height width"]) -> Float[Tensor, "b c h w"]:
        """Return what enters the global pooling, [b, c, h, w]."""
        return self.tail(self.stages(self.stem(x)))

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b n_classes"]:
        """Return the logits, [b, n_classes]."""
        return self.classifier(self.pool(self.features(x)).flatten(1))


@final
class _Stage(CellCopy):
    """What the only node of a stage stands for: the benchmark's cell, or its residual block of stride 2."""

    def __init__(self, which: int, channels_in: int, channels_out: int) -> None:
        super().__init__()
        self.which = which
        if which in _REDUCTIONS:
            self.body: nn.Module = ResidualReduction(channels_in, channels_out)
        else:
            self.body = _FixedCell(channels_in, channels_out)

    def operation_modules(self) -> Mapping[int, tuple[str, ...]]:
        """Return the whole stage, which is one operation of the architecture."""
        return {0: ("body",)}

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b out rows columns"]:
        """Return what the stage makes."""
        return self.body(x)


@final
class _FixedCell(nn.Module):
    """The cell of NAS-Bench-201 that all networks share: 3x3 convolutions, and an identity past them.

    In the benchmark's string every edge is `nor_conv_3x3` but the one from the input to the output, which is
    `skip_connect`; where the width changes the identity is a 1x1 convolution.
    """

    def __init__(self, channels_in: int, channels_out: int) -> None:
        super().__init__()
        self.from_input = nn.ModuleList(operation(_CONV, channels_in, channels_out) for _ in range(2))
        self.between = nn.ModuleList(operation(_CONV, channels_out, channels_out) for _ in range(3))
        same = channels_in == channels_out
        self.past = nn.Identity() if same else operation(_POINTWISE, channels_in, channels_out)

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b out h w"]:
        """Return the value of the last node."""
        first = self.from_input[0](x)
        second = self.from_input[1](x) + self.between[0](first)
        return self.past(x) + self.between[1](first) + self.between[2](second)


def _alike(arch: Architecture) -> Alike:
    """Say that a stage costs what its width and that of the stage before it are."""
    widths = [cell.nodes[1].channels for cell in arch.cells]
    found: dict[tuple[int, int], Hashable] = {}
    for which, shape in enumerate(pairwise([widths[0], *widths])):
        found[which, 0] = shape
    return found


BUILDER = Builder(tuple(_TASKS), NatsBenchSizeNetwork, torch_default, _alike)
