"""NAS-Bench-201 (Dong & Yang, ICLR 2020) as source code."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from archenc.graph import Architecture
from archenc.text.canonical import live_parts
from archenc.text.edge_cells import edge_cell
from archenc.text.python import module_class, tall
from archenc.text.recipes import Recipe
from archenc.text.rendering import Renderer, SlimCells
from archenc.text.slim import SlimGraph
from archenc.text.slim_cells import edge_graph
from archenc.text.style import Style
from archenc.text.units import conv_unit

if TYPE_CHECKING:
    from archenc.text.cell_modules import CellModule


class _Task(NamedTuple):
    title: str
    n_classes: int
    pixels: int


_TASKS = {
    "cifar10": _Task("CIFAR-10", 10, 32),
    "cifar100": _Task("CIFAR-100", 100, 32),
    "imagenet16": _Task("ImageNet16-120", 120, 16),
}
_FIRST = (16, 32)
_RECIPE = Recipe(
    "SGD",
    (("lr", "0.1"), ("momentum", "0.9"), ("weight_decay", "5e-4"), ("nesterov", "True")),
    epochs=200,
    batch_size=256,
)


def cells(arch: Architecture, style: Style) -> list[str]:
    """Return the class of the cell."""
    return [edge_cell(arch.cells[0], style)]


def helpers(_: Architecture, style: Style) -> list[str]:
    """Return the class of a convolution."""
    return [] if style.inline else [conv_unit(style.unit_name, two_widths=False)]


def network(_: Architecture, style: Style) -> list[str]:
    """Return the classes of the reduction between stages and of the network."""
    reduction = module_class(
        "ResidualReduction",
        "C_in, C_out",
        [
            "self.residual = "
            + tall(
                "nn.ReLU()",
                "nn.Conv2d(C_in, C_out, kernel_size=3, stride=2, padding=1, bias=False)",
                "nn.BatchNorm2d(C_out)",
                "nn.ReLU()",
                "nn.Conv2d(C_out, C_out, kernel_size=3, stride=1, padding=1, bias=False)",
                "nn.BatchNorm2d(C_out)",
            ),
            "self.shortcut = "
            + tall(
                "nn.AvgPool2d(kernel_size=2, stride=2)",
                "nn.Conv2d(C_in, C_out, kernel_size=1, bias=False)",
            ),
        ],
        ["return self.shortcut(x) + self.residual(x)"],
    )
    attributes = [
        "self.stem = "
        + tall(
            "nn.Conv2d(3, channels, kernel_size=3, stride=1, padding=1, bias=False)",
            "nn.BatchNorm2d(channels)",
        ),
        "self.stage_1 = nn.Sequential(*[Cell(channels) for _ in range(cells)])",
        "self.reduction_1 = ResidualReduction(channels, 2 * channels)",
        "self.stage_2 = nn.Sequential(*[Cell(2 * channels) for _ in range(cells)])",
        "self.reduction_2 = ResidualReduction(2 * channels, 4 * channels)",
        "self.stage_3 = nn.Sequential(*[Cell(4 * channels) for _ in range(cells)])",
        "self.tail = "
        + tall("nn.BatchNorm2d(4 * channels)", "nn.ReLU()", "nn.AdaptiveAvgPool2d(1)", "nn.Flatten()"),
        "self.classifier = nn.Linear(4 * channels, n_classes)",
    ]
    forward = [
        "x = self.stem(x)",
        "x = self.reduction_1(self.stage_1(x))",
        "x = self.reduction_2(self.stage_2(x))",
        "x = self.stage_3(x)",
        "return self.classifier(self.tail(x))",
    ]
    arguments = f"channels=16, cells=5, n_classes={_task(style).n_classes}"
    return [
        reduction,
        module_class("Network", arguments, attributes, forward, methods=[_RECIPE.method()]),
    ]


def comment(_: Architecture, style: Style) -> str:
    """Return the description of task, network and training."""
    task = _task(style)
    lines = [
        f"Image classification on {task.title}: {task.n_classes} classes, {task.pixels}x{task.pixels} "
        "pixels, 3 colours.",
        "The stem is a 3x3 convolution from 3 to 16 channels with batch normalization.",
        "15 copies of the cell below follow in a row, all with the same wiring. Behind the first five and "
        "behind the next five stands a residual block of stride 2, which halves height and width and doubles "
        "the channels, so that the cells have 16, 32 and 64 channels.",
        "The head is batch normalization, ReLU, global average pooling and a linear layer with "
        f"{task.n_classes} outputs.",
    ]
    if not style.inline:
        lines.append(
            f"{style.unit_name}(channels, kernel_size, stride, padding) is a ReLU, a convolution without "
            "bias that keeps the number of channels, and batch normalization, in this order."
        )
    return "\n".join([*lines, _RECIPE.sentence()])


def graphs(arch: Architecture) -> list[SlimGraph]:
    """Return the cell of the first stage, 16 channels of 32x32 pixels."""
    return [edge_graph(arch.cells[0], *_FIRST)]


def modules(arch: Architecture) -> list[CellModule]:
    """Return the same as a module."""
    from archenc.text.cell_modules import edge_module

    return [edge_module(arch.cells[0], *_FIRST)]


def _task(style: Style) -> _Task:
    return _TASKS[style.dataset or next(iter(_TASKS))]


RENDERER = Renderer(cells, helpers, live_parts, tuple(_TASKS), network, comment, SlimCells(graphs, modules))
