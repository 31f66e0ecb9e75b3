"""NAS-Bench-301 and DARTS (Zela et al., ICLR 2022; Liu et al., ICLR 2019) as source code.

What is written is the network that was trained: batch norms with weights, pools alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from archenc.errors import InvalidArchitecture
from archenc.graph import Architecture, Cell, Kind, Op, op
from archenc.text.canonical import live_parts
from archenc.text.python import call, module_class, tall
from archenc.text.recipes import Recipe
from archenc.text.rendering import Renderer, SlimCells
from archenc.text.slim import SlimGraph
from archenc.text.slim_cells import darts_graph
from archenc.text.style import Style
from archenc.text.units import conv_unit, factorized_reduction, operation, separable_unit

if TYPE_CHECKING:
    from archenc.text.cell_modules import CellModule

_ENTRY = op("conv1x1")
# Number of the cell, channels that enter, channels of its operations, pixels.
_FIRST = ((0, 96, 32, 32), (1, 128, 64, 32))
_RECIPE = Recipe(
    "SGD",
    (("lr", "0.025"), ("momentum", "0.9"), ("weight_decay", "3e-4")),
    epochs=100,
    batch_size=96,
    also=("cutout, drop-path and an auxiliary head",),
)


def cells(arch: Architecture, style: Style) -> list[str]:
    """Return the classes of the normal and the reduction cell."""
    if len(arch.cells) != 2:
        raise InvalidArchitecture(f"expected a normal and a reduction cell, got {len(arch.cells)} cells")
    normal, reduction = arch.cells
    return [
        darts_cell("NormalCell", normal, style, stride=1),
        darts_cell("ReductionCell", reduction, style, stride=2),
    ]


def darts_cell(name: str, cell: Cell, style: Style, stride: int) -> str:
    """Return the class of a cell with two inputs; steps add up, and what is linked to the output is joined.

    stride: of the edges from the inputs. Raises InvalidArchitecture for a cell of another kind.
    """
    if cell.n_inputs != 2:
        raise InvalidArchitecture(f"expected a DARTS cell, which has two inputs; got {cell.n_inputs}")
    last = cell.n_nodes - 1
    narrow = operation(_ENTRY, ("C_older", "C"), style)
    attributes = [
        f"self.enter_0 = FactorizedReduction(C_older, C) if halved_before else {narrow}",
        f"self.enter_1 = {operation(_ENTRY, ('C_newer', 'C'), style)}",
    ]
    terms: list[list[str]] = [[] for _ in cell.nodes]
    for source, target, member in cell.edges:
        if target == last:
            if member.kind is not Kind.LINK:
                raise InvalidArchitecture(f"edge {source}->{target}: only links enter the output here")
            terms[last].append(f"s{source}")
            continue
        step = stride if source < 2 else 1
        attributes.append(f"self.op_{source}_{target} = {_operation(member, style, step)}")
        terms[target].append(f"self.op_{source}_{target}(s{source})")
    if not all(terms[2:]):
        raise InvalidArchitecture("expected an edge into every step and a link from some step to the output")
    forward = ["s0 = self.enter_0(s0)", "s1 = self.enter_1(s1)"]
    forward += [f"s{step} = {' + '.join(terms[step])}" for step in range(2, last)]
    forward.append(f"return torch.cat([{', '.join(terms[last])}], dim=1)")
    return module_class(name, "C_older, C_newer, C, halved_before", attributes, forward, takes="s0, s1")


def helpers(_: Architecture, style: Style) -> list[str]:
    """Return the classes of the convolutions and the factorized reduction, which is never spelled out."""
    if style.inline:
        return [factorized_reduction()]
    unit = style.unit_name
    return [
        conv_unit(unit, two_widths=True),
        separable_unit(f"Separable{unit}", 2),
        separable_unit(f"Dilated{unit}", 1),
        factorized_reduction(),
    ]


def network(arch: Architecture, _: Style) -> list[str]:
    """Return the class of the network."""
    joined = [_joined(cell) for cell in arch.cells]
    wide = f"{joined[0]} * channels"
    if joined[0] != joined[1]:
        wide = f"({joined[1]} if reduction else {joined[0]}) * channels"
    attributes = [
        "width = 3 * channels",
        "self.stem = "
        + tall("nn.Conv2d(3, width, kernel_size=3, padding=1, bias=False)", "nn.BatchNorm2d(width)"),
        "self.cells = nn.ModuleList()",
        "older, newer, halved_before = width, width, False",
        "for number in range(cells):\n"
        "    reduction = number in (cells // 3, 2 * cells // 3)\n"
        "    channels = 2 * channels if reduction else channels\n"
        "    kind = ReductionCell if reduction else NormalCell\n"
        "    self.cells.append(kind(older, newer, channels, halved_before))\n"
        f"    older, newer, halved_before = newer, {wide}, reduction",
        "self.pool = nn.AdaptiveAvgPool2d(1)",
        "self.classifier = nn.Linear(newer, n_classes)",
    ]
    forward = [
        "s0 = s1 = self.stem(x)",
        "for cell in self.cells:\n    s0, s1 = s1, cell(s0, s1)",
        "return self.classifier(self.pool(s1).flatten(1))",
    ]
    arguments = "channels=32, cells=8, n_classes=10"
    return [module_class("Network", arguments, attributes, forward, methods=[_RECIPE.method()])]


def comment(_: Architecture, style: Style) -> str:
    """Return the description of task, network and training."""
    lines = [
        "Image classification on CIFAR-10: 10 classes, 32x32 pixels, 3 colours.",
        "The stem is a 3x3 convolution from 3 to 96 channels with batch normalization.",
        "8 cells follow, each of which takes the outputs of the two before it. The third and the sixth are "
        "reduction cells, which halve height and width and double the channels; the others are normal cells. "
        "Operations have 32, 64 and 128 channels.",
        "The head is global average pooling and a linear layer with 10 outputs.",
    ]
    if not style.inline:
        unit = style.unit_name
        lines.append(
            f"{unit} is a ReLU, a convolution without bias and batch normalization. Separable{unit} is twice "
            f"in a row a ReLU, a depthwise convolution, a 1x1 convolution and batch normalization; "
            f"Dilated{unit} is once the same, with a dilation."
        )
    lines.append(
        "FactorizedReduction halves height and width by two 1x1 convolutions of stride 2, one of them "
        "shifted by a pixel, whose outputs are joined."
    )
    return "\n".join([*lines, _RECIPE.sentence()])


def graphs(arch: Architecture) -> list[SlimGraph]:
    """Return the first normal and the first reduction cell."""
    return [darts_graph(cell, *_FIRST[which]) for which, cell in enumerate(arch.cells)]


def modules(arch: Architecture) -> list[CellModule]:
    """Return the same as modules."""
    from archenc.text.cell_modules import darts_module

    return [darts_module(cell, *_FIRST[which]) for which, cell in enumerate(arch.cells)]


def _operation(member: Op, style: Style, stride: int) -> str:
    if member.kind is Kind.IDENTITY and stride > 1:
        return call("FactorizedReduction", "C", "C")
    widths = ("C",) if member.separable else ("C", "C")
    return operation(member, widths, style, stride=stride)


def _joined(cell: Cell) -> int:
    return sum(edge.target == cell.n_nodes - 1 for edge in cell.edges)


RENDERER = Renderer(cells, helpers, live_parts, ("cifar10",), network, comment, SlimCells(graphs, modules))
