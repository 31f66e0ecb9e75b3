"""The cells whose ONNX text is written, as modules with the shapes of what enters; and their text."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import nn

from archenc.errors import InvalidArgument, shown
from archenc.graph import Architecture, Cell, Edge, op
from archenc.networks.building import build
from archenc.networks.darts_cell import DartsCell
from archenc.networks.edge_cell import EdgeCell
from archenc.networks.initialisation import torch_default
from archenc.networks.nasbench101 import Module
from archenc.text.onnx_export import exported, slim_graph
from archenc.text.rendering import traced
from archenc.text.slim import Shape, chain_slim


class CellModule(NamedTuple):
    """A cell as a module, and the shapes of its inputs."""

    module: nn.Module
    shapes: tuple[Shape, ...]


def onnx_text(
    subject: nn.Module | Architecture,
    example: torch.Tensor | tuple[torch.Tensor, ...] | None = None,
    *,
    legacy: bool = False,
) -> str:
    """Return the text `chain_slim` of what an export to ONNX gives.

    subject: a module, with an example of what it takes; or an architecture, of whose cells modules with
    random weights are exported, one text a cell, apart by an empty line. legacy: see `chain_slim`.
    Raises MissingExtra without onnx and onnxscript, InvalidArgument for a module that cannot be exported or
    lacks its example, or a space whose cells are not known here.
    """
    if isinstance(subject, Architecture):
        pairs = [(module, _examples(shapes)) for module, shapes in traced(subject.space).modules(subject)]
    elif isinstance(subject, nn.Module):
        if example is None:
            raise InvalidArgument("example=None: expected a tensor that the module takes, or a tuple of them")
        pairs = [(subject, example)]
    else:
        raise InvalidArgument(f"subject={shown(subject)}: expected a module or an Architecture")
    return "\n".join(chain_slim(slim_graph(exported(*pair)), legacy=legacy) for pair in pairs)


def edge_module(cell: Cell, channels: int, size: int) -> CellModule:
    """Return the live part of a cell with operations on edges; of a disconnected one, zeros."""
    cell = cell.prune() if cell.is_connected else _NOTHING
    with torch.device("meta"):
        module = EdgeCell(cell, channels, channels)
    return CellModule(_filled(module), ((1, channels, size, size),))


def vertex_module(cell: Cell, channels: int, size: int) -> CellModule:
    """Return a pruned NAS-Bench-101 cell."""
    with torch.device("meta"):
        module = Module(cell, tuple(range(cell.n_nodes)), cell.n_nodes, channels, channels, momentum=0.1)
    return CellModule(_filled(module), ((1, channels, size, size),))


def darts_module(cell: Cell, which: int, entering: int, channels: int, size: int) -> CellModule:
    """Return a DARTS cell as it was trained, behind cells that did not halve the image."""
    with torch.device("meta"):
        module = DartsCell(
            cell,
            which,
            entering,
            entering,
            channels,
            reduction=bool(which),
            halved_before=False,
            affine=True,
            pool_norm=False,
        )
    return CellModule(_filled(module), ((1, entering, size, size),) * 2)


def network_body(arch: Architecture, shape: Shape) -> CellModule:
    """Return an einspace network without its head, whatever its size; shape: of one example."""
    network = build(arch, seed=0, max_params=1 << 62, max_activations=1 << 62, max_macs=1 << 62)
    return CellModule(_with_means(network.get_submodule("body")), ((1, *shape),))


_NOTHING = Cell((op("input"), op("output")), (Edge(0, 1, op("none")),))


def _filled(module: nn.Module) -> nn.Module:
    """Fill the weights of a module without any."""
    module = module.to_empty(device="cpu")
    torch_default(module, torch.Generator().manual_seed(0))
    return _with_means(module)


def _with_means(module: nn.Module) -> nn.Module:
    """Let no mean of a batch norm be zero, or no bias would be left when it is folded."""
    for part in module.modules():
        if isinstance(part, nn.BatchNorm2d) and part.running_mean is not None:
            part.running_mean.fill_(0.1)
    return module


def _examples(shapes: tuple[Shape, ...]) -> tuple[torch.Tensor, ...]:
    return tuple(torch.zeros(shape) for shape in shapes)
