"""The networks of NAS-Bench-101 (Ying et al., ICML 2019): a cell, stacked 3 x 3 times."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import cast, final

import torch
from jaxtyping import Float
from torch import Tensor, nn

from archenc.errors import InvalidArchitecture, InvalidArgument
from archenc.graph import Architecture, Cell
from archenc.networks.base import Alike, Builder, CellCopy, Network
from archenc.networks.initialisation import fan_out_normal, variance_scaling
from archenc.networks.nb101_vertices import KERNELS, as_given, as_trained, stages, widths

_INITIALISE = {"benchmark": variance_scaling, "suite_zero": partial(fan_out_normal, linear_std=0.01)}
_CHANNELS, _STACKS = 128, 3
_MOMENTUM = {"benchmark": 0.003, "suite_zero": 0.1}
_ORDER = {"trained": as_trained, "given": as_given}


@final
class Module(CellCopy):
    """One copy of a cell; the benchmark calls it a module. [b, entering, h, w] -> [b, leaving, h, w].

    cell: pruned; its nodes are the *vertices*. nodes: for each vertex its node in a cell of `n_nodes`, by
    which operations are numbered. A vertex adds up what arrives: from another vertex its first channels, as
    many as it has itself; from the input a projection, a 1x1 convolution. The vertices wired to the output
    are concatenated, and the projected input is added if it is wired to it too.
    """

    def __init__(
        self, cell: Cell, nodes: tuple[int, ...], n_nodes: int, entering: int, leaving: int, momentum: float
    ) -> None:
        super().__init__()
        self.which = 0
        self.widths = widths(cell, entering, leaving)
        self.sources: list[list[int]] = [[] for _ in cell.nodes]
        self.projections = nn.ModuleDict()
        self.vertices = nn.ModuleDict()
        for source, target, _ in cell.edges:
            if source == 0:
                self.projections[str(target)] = conv_norm_relu(1, entering, self.widths[target], momentum)
            else:
                self.sources[target].append(source)
        for vertex, member in enumerate(cell.nodes[1:-1], 1):
            width = self.widths[vertex]
            if member in KERNELS:
                self.vertices[str(vertex)] = conv_norm_relu(KERNELS[member], width, width, momentum)
            else:
                self.vertices[str(vertex)] = nn.MaxPool2d(3, stride=1, padding=1)
        self._paths: dict[int, tuple[str, ...]] = dict.fromkeys(range(n_nodes - 2), ())
        self._paths |= {nodes[int(vertex)] - 1: (f"vertices.{vertex}",) for vertex in self.vertices}

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b out h w"]:
        """Return the value of the output."""
        values = {0: x}
        last = len(self.widths) - 1
        for vertex in range(1, last):
            width = self.widths[vertex]
            arriving = [values[source][:, :width] for source in self.sources[vertex]]
            values[vertex] = self.vertices[str(vertex)](_sum(arriving + self._projected(x, vertex)))
        ends = [values[source] for source in self.sources[last]]
        whole = [torch.cat(ends, 1)] if ends else []
        return _sum(whole + self._projected(x, last))

    def operation_modules(self) -> Mapping[int, tuple[str, ...]]:
        """Return the path of each operation; dead ones have none, and projections belong to no operation."""
        return self._paths

    def _projected(self, x: Tensor, vertex: int) -> list[Tensor]:
        return [self.projections[str(vertex)](x)] if str(vertex) in self.projections else []


@final
class NasBench101Network(Network):
    """Stem, stacks of modules with a max-pool between stacks, mean over the image, linear classifier.

    channels: of the stem and the first stack; each stack doubles them. modules: copies of the cell in a
    stack. input_shape: (C, H, W). n_classes: outputs.
    init: initial weights; "benchmark" draws those of the original (`variance_scaling`), "suite_zero" those
    behind the published zero-cost scores (`fan_out_normal`). bn_momentum: weight of the new batch in running
    statistics; by default 0.003 (0.997 as the original counts it), with "suite_zero" 0.1.
    node_order: "trained" takes the isomorphic cell that the benchmark trained, so that isomorphic cells give
    the same network, with the published number of parameters; "given" takes the cell as it is written, after
    pruning, as the published zero-cost scores do. See `nb101_vertices`.
    Raises InvalidArgument, and InvalidArchitecture for a cell that the benchmark could not hold.
    """

    def __init__(
        self,
        arch: Architecture,
        task: str,
        *,
        channels: int = _CHANNELS,
        stacks: int = _STACKS,
        modules: int = 3,
        n_classes: int = 10,
        input_shape: tuple[int, int, int] = (3, 32, 32),
        init: str = "benchmark",
        bn_momentum: float | None = None,
        node_order: str = "trained",
    ) -> None:
        super().__init__()
        del task
        for name, value, legal in (("init", init, _INITIALISE), ("node_order", node_order, _ORDER)):
            if value not in legal:
                raise InvalidArgument(f"{name}={value!r}; legal: {', '.join(legal)}")
        halved = 2 ** (stacks - 1)
        if len(input_shape) != 3 or any(size < halved or size % halved for size in input_shape[1:]):
            raise InvalidArgument(
                f"input_shape={input_shape}: expected (channels, height, width); {stacks} stacks halve the "
                f"image {stacks - 1} times, so height and width must be multiples of {halved}"
            )
        if len(arch.cells) != 1:
            raise InvalidArchitecture(f"expected one cell, got {len(arch.cells)}")
        given = arch.cells[0]
        cell, nodes = _ORDER[node_order](given)
        momentum = _MOMENTUM[init] if bn_momentum is None else bn_momentum
        self.input_shape, self.n_classes, self.init = input_shape, n_classes, init
        layers: list[nn.Module] = [conv_norm_relu(3, input_shape[0], channels, momentum)]
        for number, stack in enumerate(stages(channels, stacks, modules)):
            if number:
                layers.append(nn.MaxPool2d(2))
            layers += [Module(cell, nodes, given.n_nodes, *pair, momentum) for pair in stack]
        self.body = nn.Sequential(*layers)
        self.classifier = nn.Linear(channels * halved, n_classes)

    def features(self, x: Float[Tensor, "b channels height width"]) -> Float[Tensor, "b c h w"]:
        """Return what enters the mean over the image, [b, c, h, w]."""
        return self.body(x)

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b n_classes"]:
        """Return the logits, [b, n_classes]."""
        return self.classifier(self.features(x).mean((2, 3)))


def conv_norm_relu(kernel: int, entering: int, leaving: int, momentum: float) -> nn.Sequential:
    """Return a convolution that keeps height and width, batch norm, ReLU."""
    return nn.Sequential(
        nn.Conv2d(entering, leaving, kernel, padding=kernel // 2, bias=False),
        nn.BatchNorm2d(leaving, momentum=momentum),
        nn.ReLU(),
    )


def _sum(parts: list[Tensor]) -> Tensor:
    total = parts[0]
    for part in parts[1:]:
        total = total + part
    return total


def _initialise(module: nn.Module, generator: torch.Generator) -> None:
    _INITIALISE[cast("NasBench101Network", module).init](module, generator)


def _alike(arch: Architecture) -> Alike:
    """Say that a vertex costs what its operation and its width in every stack decide."""
    leaving = [after for stack in stages(_CHANNELS, _STACKS, 1) for _, after in stack]
    live = arch.cells[0].prune()
    ends = sum(edge.target == live.n_nodes - 1 and edge.source > 0 for edge in live.edges)
    even = not any(width % max(ends, 1) for width in leaving)  # else the order decides who is wider by one
    cell, nodes = (as_given if even else as_trained)(arch.cells[0])
    found = zip(*(widths(cell, width, width) for width in leaving), strict=True)
    return {
        (0, node - 1): (member.name, *own)
        for node, member, own in list(zip(nodes, cell.nodes, found, strict=True))[1:-1]
    }


BUILDER = Builder(("cifar10",), NasBench101Network, _initialise, _alike)
