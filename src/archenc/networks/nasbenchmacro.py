"""The networks of NAS-Bench-Macro (Su et al., CVPR 2021)."""

from __future__ import annotations

from collections.abc import Hashable
from itertools import pairwise

from torch import nn

from archenc.errors import InvalidArchitecture
from archenc.graph import Architecture, Kind, Op
from archenc.networks.base import Alike, Builder
from archenc.networks.initialisation import torch_default
from archenc.networks.inverted import InvertedResidual
from archenc.networks.staged import Stage, StagedNetwork, check_image, convolution

_STAGES = 3
_LAST = 1280


def macro(
    arch: Architecture,
    task: str,
    *,
    channels: int = 32,
    n_classes: int = 10,
    input_shape: tuple[int, int, int] = (3, 32, 32),
) -> StagedNetwork:
    """Construct the network: each stage halves the image and doubles the channels in its first layer.

    channels: of the stem. Raises InvalidArchitecture for other cells than three chains, InvalidArgument for
    an image of less than 8 x 8.
    """
    del task
    if len(arch.cells) != _STAGES:
        raise InvalidArchitecture(f"expected {_STAGES} stages, got {len(arch.cells)} cells")
    check_image(input_shape, _STAGES)
    widths = [channels * 2**stage for stage in range(_STAGES + 1)]
    stages = [
        Stage(cell, which, *shape, 2, _layer)
        for which, (cell, shape) in enumerate(zip(arch.cells, pairwise(widths), strict=True))
    ]
    stem, last = convolution(input_shape[0], channels, 3), convolution(widths[-1], _LAST, 1)
    return StagedNetwork(stem, stages, last, _LAST, n_classes=n_classes, input_shape=input_shape)


def _layer(op: Op, channels_in: int, channels_out: int, stride: int) -> nn.Module:
    """An identity that changes the shape is a 1x1 convolution and a batch norm."""
    if op.kind is not Kind.IDENTITY:
        return InvertedResidual(op, channels_in, channels_out, stride)
    if stride == 1 and channels_in == channels_out:
        return nn.Identity()
    return nn.Sequential(
        nn.Conv2d(channels_in, channels_out, 1, stride, bias=False), nn.BatchNorm2d(channels_out)
    )


def alike(arch: Architecture) -> Alike:
    """Say that a layer costs what it is, and whether it is the first of its stage."""
    found: dict[tuple[int, int], Hashable] = {}
    for which, cell in enumerate(arch.cells):
        for number, node in enumerate(cell.nodes[1:-1]):
            found[which, number] = (node.name, number == 0)
    return found


BUILDER = Builder(("cifar10",), macro, torch_default, alike)
