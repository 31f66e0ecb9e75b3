"""NAS-Bench-101 (Ying et al., ICML 2019) as source code: simple, as COLE writes it, or as it was built."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from archenc.errors import InvalidArgument
from archenc.graph import Architecture, Cell, op
from archenc.networks.nb101_vertices import as_given, as_trained
from archenc.text.python import module_class, tall
from archenc.text.recipes import Recipe
from archenc.text.rendering import Renderer, SlimCells
from archenc.text.slim import SlimGraph
from archenc.text.slim_cells import vertex_graph
from archenc.text.style import Style
from archenc.text.units import conv_unit, operation

if TYPE_CHECKING:
    from archenc.text.cell_modules import CellModule

_PROJECTION = op("conv1x1")
_SIMPLE_WIDTH = 16
_FIRST = (128, 32)
_MOMENTUM = 0.003
"""The weight of a new batch in the statistics of a batch norm; the original counts it as 0.997."""
_RECIPE = Recipe(
    "RMSprop",
    (("lr", "0.2"), ("momentum", "0.9"), ("weight_decay", "1e-4")),
    epochs=108,
    batch_size=256,
)


def cells(arch: Architecture, style: Style) -> list[str]:
    """Return the class of the cell. Raises InvalidArgument for a network of simple cells."""
    if style.nb101_detail == "faithful":
        return [faithful_cell(as_given(arch.cells[0])[0], style)]
    if style.context == "network":
        raise InvalidArgument(
            "nb101_detail='simple' writes cells that are 16 channels wide, of which the network of the "
            "benchmark cannot be made; legal with context='network': 'faithful'"
        )
    return [simple_cell(arch.cells[0], style)]


def simple_cell(cell: Cell, style: Style) -> str:
    """Return the class of a cell whose vertices all have 16 channels and read one projection of the input.

    A vertex adds up what arrives, dead ones included; what is wired to the output is joined, the projection
    too.
    """
    last, width = cell.n_nodes - 1, str(_SIMPLE_WIDTH)
    attributes = [f"self.proj = {operation(_PROJECTION, ('C_in', width), style, relu_last=True)}"]
    arriving: list[list[str]] = [[] for _ in cell.nodes]
    for source, target, _ in cell.edges:
        arriving[target].append(f"h{source}" if source else "proj_x")
    forward = ["proj_x = self.proj(x)"]
    for vertex in range(1, last):
        made = operation(cell.nodes[vertex], (width, width), style, relu_last=True)
        attributes.append(f"self.op_{vertex} = {made}")
        total = " + ".join(arriving[vertex]) or "torch.zeros_like(proj_x)"
        forward.append(f"h{vertex} = self.op_{vertex}({total})")
    forward.append(f"return torch.cat([{', '.join(arriving[last]) or 'torch.zeros_like(proj_x)'}], dim=1)")
    return module_class("Cell", "C_in, C_out, stride", attributes, forward)


def faithful_cell(cell: Cell, style: Style) -> str:
    """Return the class of a pruned cell with the widths of the benchmark.

    The vertices wired to the output share C_out channels, the remainder going to the first; any other is as
    wide as the widest it feeds, and passes on its first channels where less is wanted. What comes from the
    input is projected, to every vertex anew, and added to the output if it is wired to it.
    """
    last = cell.n_nodes - 1
    ranks = _ranks(cell)
    ends = [vertex for vertex in range(1, last) if _wired(cell, vertex, last)]
    projections: list[str] = []
    narrowed: set[int] = set()
    arriving: list[list[str]] = [[] for _ in cell.nodes]
    projected: list[list[str]] = [[] for _ in cell.nodes]
    for source, target, _ in cell.edges:
        if source == 0:
            name = "proj_out" if target == last else f"proj_{target}"
            wide = "C_out" if target == last else f"c{target}"
            made = operation(_PROJECTION, ("C_in", wide), style, relu_last=True)
            projections.append(f"self.{name} = {made}")
            projected[target].append(f"self.{name}(x)")
        elif target == last or ranks[source] == ranks[target]:
            arriving[target].append(f"h{source}")
        else:
            narrowed.add(target)
            arriving[target].append(f"h{source}[:, : self.c{target}]")
    attributes = [
        f"c{vertex} = {f'self.c{vertex} = ' * (vertex in narrowed)}{_share(ranks[vertex], len(ends))}"
        for vertex in range(1, last)
    ]
    attributes += projections
    forward: list[str] = []
    for vertex in range(1, last):
        made = operation(cell.nodes[vertex], (f"c{vertex}", f"c{vertex}"), style, relu_last=True)
        attributes.append(f"self.op_{vertex} = {made}")
        forward.append(f"h{vertex} = self.op_{vertex}({' + '.join(arriving[vertex] + projected[vertex])})")
    joined = [f"torch.cat([{', '.join(arriving[last])}], dim=1)"] if ends else []
    forward.append(f"return {' + '.join(joined + projected[last])}")
    return module_class("Cell", "C_in, C_out", attributes, forward)


def helpers(_: Architecture, style: Style) -> list[str]:
    """Return the class of a convolution."""
    if style.inline:
        return []
    momentum = _MOMENTUM if style.context == "network" else None
    return [conv_unit(style.unit_name, two_widths=True, relu_last=True, momentum=momentum)]


def network(_: Architecture, style: Style) -> list[str]:
    """Return the class of the network."""
    stem = operation(op("conv3x3"), ("3", "channels"), style, relu_last=True)
    attributes = [
        f"self.stem = {stem}",
        "self.stack_1 = nn.Sequential(*[Cell(channels, channels) for _ in range(3)])",
        *(
            f"self.stack_{stack} = "
            + tall(
                "nn.MaxPool2d(kernel_size=2, stride=2)",
                f"Cell({before}, {after})",
                f"Cell({after}, {after})",
                f"Cell({after}, {after})",
            )
            for stack, before, after in ((2, "channels", "2 * channels"), (3, "2 * channels", "4 * channels"))
        ),
        "self.classifier = nn.Linear(4 * channels, n_classes)",
    ]
    forward = [
        "x = self.stack_3(self.stack_2(self.stack_1(self.stem(x))))",
        "return self.classifier(x.mean(dim=(2, 3)))",
    ]
    arguments = "channels=128, n_classes=10"
    return [module_class("Network", arguments, attributes, forward, methods=[_RECIPE.method()])]


def comment(_: Architecture, style: Style) -> str:
    """Return the description of task, network and training."""
    lines = [
        "Image classification on CIFAR-10: 10 classes, 32x32 pixels, 3 colours.",
        "The stem is a 3x3 convolution from 3 to 128 channels with batch normalization and ReLU.",
        "9 copies of the cell below follow in three stacks of three, with 128, 256 and 512 channels; a max "
        "pooling of stride 2 stands between the stacks.",
        "The head is global average pooling and a linear layer with 10 outputs.",
    ]
    if not style.inline:
        lines.append(
            f"{style.unit_name}(C_in, C_out, kernel_size, stride, padding) is a convolution without bias, "
            "batch normalization and a ReLU, in this order."
        )
    return "\n".join([*lines, _RECIPE.sentence()])


def trained(archs: Sequence[Architecture]) -> list[Architecture]:
    """Return the isomorphic architectures that were trained. Raises InvalidArchitecture as networks do."""
    return [replace(arch, cells=(as_trained(arch.cells[0])[0],)) for arch in archs]


def graphs(arch: Architecture) -> list[SlimGraph]:
    """Return the live part of the first cell, 128 channels of 32x32 pixels."""
    return [vertex_graph(as_given(arch.cells[0])[0], *_FIRST)]


def modules(arch: Architecture) -> list[CellModule]:
    """Return the same as a module."""
    from archenc.text.cell_modules import vertex_module

    return [vertex_module(as_given(arch.cells[0])[0], *_FIRST)]


def _wired(cell: Cell, source: int, target: int) -> bool:
    return any(edge.source == source and edge.target == target for edge in cell.edges)


def _ranks(cell: Cell) -> list[int]:
    """Return for each vertex the place, among those wired to the output, of the one it is as wide as."""
    last = cell.n_nodes - 1
    ranks = [0] * cell.n_nodes
    ends = [vertex for vertex in range(1, last) if _wired(cell, vertex, last)]
    for vertex in range(last - 1, 0, -1):
        if vertex in ends:
            ranks[vertex] = ends.index(vertex)
        else:
            ranks[vertex] = min(ranks[edge.target] for edge in cell.edges if edge.source == vertex)
    return ranks


def _share(rank: int, ends: int) -> str:
    """Return the channels of one of those that share C_out: rounded up for the first, down for the last."""
    if ends == 1:
        return "C_out"
    return f"(C_out + {ends - 1 - rank}) // {ends}" if rank < ends - 1 else f"C_out // {ends}"


RENDERER = Renderer(cells, helpers, trained, ("cifar10",), network, comment, SlimCells(graphs, modules))
