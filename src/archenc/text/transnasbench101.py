"""TransNAS-Bench-101 (Duan et al., CVPR 2021), its cells and seven tasks, as source code."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from archenc.graph import Architecture
from archenc.text.canonical import live_parts
from archenc.text.edge_cells import edge_cell, resizing_edge_cell
from archenc.text.python import module_class, tall
from archenc.text.recipes import Recipe
from archenc.text.rendering import Renderer, SlimCells
from archenc.text.slim import SlimGraph
from archenc.text.slim_cells import edge_graph
from archenc.text.style import Style
from archenc.text.units import conv_unit, factorized_reduction

if TYPE_CHECKING:
    from archenc.text.cell_modules import CellModule


def cells(arch: Architecture, style: Style) -> list[str]:
    """Return the class of the cell; within the network it can change channels and size."""
    write = resizing_edge_cell if style.context == "network" else edge_cell
    return [write(arch.cells[0], style)]


def helpers(_: Architecture, style: Style) -> list[str]:
    """Return the class of a convolution and, for the network, what changes the shape of a bare value."""
    inside = style.context == "network"
    found = [] if style.inline else [conv_unit(style.unit_name, two_widths=inside)]
    return [*found, factorized_reduction(), _ZEROS] if inside else found


def network(_: Architecture, style: Style) -> list[str]:
    """Return the classes behind the cell: a layer of the decoder where there is one, and the network."""
    task = _task(style)
    attributes = [
        "half = channels // 2",
        "self.encoder = "
        + tall(
            "nn.Conv2d(3, half, kernel_size=3, stride=2, padding=1, bias=False)",
            "nn.BatchNorm2d(half)",
            "nn.ReLU()",
            "nn.Conv2d(half, channels, kernel_size=3, stride=2, padding=1, bias=False)",
            "nn.BatchNorm2d(channels)",
            "Cell(channels, 2 * channels, stride=2)",
            "Cell(2 * channels, 2 * channels, stride=1)",
            "Cell(2 * channels, 2 * channels, stride=1)",
            "Cell(2 * channels, 2 * channels, stride=1)",
            "Cell(2 * channels, 4 * channels, stride=2)",
            "Cell(4 * channels, 4 * channels, stride=1)",
            "Cell(4 * channels, 4 * channels, stride=1)",
            "Cell(4 * channels, 4 * channels, stride=1)",
            "Cell(4 * channels, 8 * channels, stride=2)",
            "Cell(8 * channels, 8 * channels, stride=1)",
        ),
    ]
    if task.decoder is None:
        width = "72 * channels" if task.tiles else "8 * channels"
        head = tall("nn.AdaptiveAvgPool2d(1)", "nn.Flatten()", f"nn.Linear({width}, n_outputs)")
        attributes.append(f"self.head = {head}")
    else:
        widths, doubling = task.decoder
        last = [f"nn.Conv2d({widths[-1]}, n_outputs, kernel_size=3, stride=1, padding=1)"]
        attributes += [
            f"widths = [8 * channels, {', '.join(map(str, widths))}]",
            f"doubling = {doubling}",
            "layers = [DecoderLayer(*layer) for layer in zip(widths, widths[1:], doubling)]",
            f"self.head = {tall('*layers', *last, *task.behind)}",
        ]
    encoded = "x = self.encoder(x)"
    if task.tiles:
        encoded = "x = torch.cat([self.encoder(tile) for tile in x.unbind(1)], dim=1)"
    arguments = f"channels=64, n_outputs={task.n_outputs}"
    around = [_DECODER_LAYER] if task.decoder else []
    forward = [encoded, "return self.head(x)"]
    return [
        *around,
        module_class("Network", arguments, attributes, forward, methods=[task.recipe.method()]),
    ]


def comment(_: Architecture, style: Style) -> str:
    """Return the description of task, network and training."""
    task = _task(style)
    lines = [
        f"{task.title}.",
        "The stem is two 3x3 convolutions of stride 2, with 32 and 64 channels, each with batch "
        "normalization, and a ReLU between them.",
        "Five modules follow, each of two copies of the cell below; the cells of all modules have the same "
        "wiring. The first cell of the first, the third and the fifth module halves height and width and "
        "doubles the channels, to 128, 256 and 512.",
        f"The head is {task.head}.",
    ]
    if not style.inline:
        lines.append(
            f"{style.unit_name}(channels, kernel_size, stride, padding) is a ReLU, a convolution without "
            "bias and batch normalization, in this order."
        )
    return "\n".join([*lines, task.recipe.sentence()])


class _Task(NamedTuple):
    """decoder: the channels of its layers, and which of them double height and width."""

    title: str
    n_outputs: int
    recipe: Recipe
    head: str
    tiles: bool = False
    decoder: tuple[list[int], list[bool]] | None = None
    behind: tuple[str, ...] = ()


def _sgd(epochs: int) -> Recipe:
    settings = (("lr", "0.1"), ("momentum", "0.9"), ("weight_decay", "5e-4"), ("nesterov", "True"))
    return Recipe("SGD", settings, epochs, 128, also=("after a warm-up",))


def _adam(lr: str) -> Recipe:
    also = ("against a discriminator of weight 0.01 beside the absolute error",)
    settings = (("lr", lr), ("betas", "(0.5, 0.999)"), ("weight_decay", "1e-4"))
    return Recipe("Adam", settings, 30, 128, also, annealed=False)


def _pooled(outputs: int) -> str:
    return f"global average pooling and a linear layer with {outputs} outputs"


_IMAGES = "in indoor images, 256x256 pixels, 3 colours"
_SEGMENTATION = ([1024, 512, 256, 128, 64, 32, 32], [place > 1 for place in range(7)])
_GENERATION = (
    [1024, 1024, 512, 512, 256, 128, 64, 64, 32, 32, 16, 32, 16],
    [place in (4, 6, 8, 10, 12) for place in range(13)],
)
_DECODER = "a decoder of 3x3 convolutions that doubles height and width five times and gives {} channels"
_TASKS = {
    "class_scene": _Task(f"Classification of scenes {_IMAGES}: 63 classes", 63, _sgd(25), _pooled(63)),
    "class_object": _Task(f"Classification of objects {_IMAGES}: 100 classes", 100, _sgd(25), _pooled(100)),
    "room_layout": _Task(
        f"Regression of the layout of the room, 9 coordinates, {_IMAGES}", 9, _sgd(25), _pooled(9)
    ),
    "jigsaw": _Task(
        "Jigsaw: which of 1000 permutations shuffled nine tiles of an indoor image, 64x64 pixels, 3 colours",
        1000,
        _sgd(10),
        "the maps of the nine tiles joined along the channels, " + _pooled(1000),
        tiles=True,
    ),
    "segmentsemantic": _Task(
        f"Semantic segmentation {_IMAGES}: 17 classes a pixel",
        17,
        _sgd(30),
        _DECODER.format(17),
        decoder=_SEGMENTATION,
    ),
    "normal": _Task(
        f"Estimation of surface normals {_IMAGES}: 3 numbers a pixel",
        3,
        _adam("1e-4"),
        _DECODER.format(3) + ", then tanh",
        decoder=_GENERATION,
        behind=("nn.Tanh()",),
    ),
    "autoencoder": _Task(
        f"Reconstruction {_IMAGES}",
        3,
        _adam("5e-4"),
        _DECODER.format(3) + ", then tanh",
        decoder=_GENERATION,
        behind=("nn.Tanh()",),
    ),
}
_SECOND = (128, 32)
_ZEROS = (
    "def zeros(x, C_out, stride):\n"
    "    height, width = -(-x.shape[2] // stride), -(-x.shape[3] // stride)\n"
    "    return x.new_zeros(x.shape[0], C_out, height, width)"
)
_DECODER_LAYER = module_class(
    "DecoderLayer",
    "C_in, C_out, double",
    [
        "self.conv = nn.Conv2d(C_in, C_out, kernel_size=3, stride=1, padding=1)",
        "if double:\n"
        "    self.conv = nn.ConvTranspose2d(C_in, C_out, 3, stride=2, padding=1, output_padding=1)",
        "self.norm = nn.BatchNorm2d(C_out)",
        "self.relu = nn.LeakyReLU(0.2)",
    ],
    ["return self.relu(self.norm(self.conv(x)))"],
)


def graphs(arch: Architecture) -> list[SlimGraph]:
    """Return the second cell, 128 channels of 32x32 pixels."""
    return [edge_graph(arch.cells[0], *_SECOND)]


def modules(arch: Architecture) -> list[CellModule]:
    """Return the same as a module."""
    from archenc.text.cell_modules import edge_module

    return [edge_module(arch.cells[0], *_SECOND)]


def _task(style: Style) -> _Task:
    return _TASKS[style.dataset or next(iter(_TASKS))]


RENDERER = Renderer(cells, helpers, live_parts, tuple(_TASKS), network, comment, SlimCells(graphs, modules))
