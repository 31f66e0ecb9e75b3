"""The networks of Accel-NASBench (Ahmad et al., DAC 2024): EfficientNet-B0's skeleton around seven blocks.

Which activations the benchmark trained with, its files do not say; they have no parameters. Here they are
ReLU.
"""

from __future__ import annotations

from itertools import pairwise

from archenc.errors import InvalidArchitecture
from archenc.graph import Architecture
from archenc.networks.base import Builder
from archenc.networks.initialisation import torch_default
from archenc.networks.inverted import InvertedResidual
from archenc.networks.nasbenchmacro import alike
from archenc.networks.staged import Stage, StagedNetwork, check_image, convolution

_WIDTHS = (32, 16, 24, 40, 80, 112, 192, 320)
_STRIDES = (1, 2, 2, 2, 1, 2, 1)
_LAST = 1280


def mnasnet(
    arch: Architecture,
    task: str,
    *,
    n_classes: int = 1000,
    input_shape: tuple[int, int, int] = (3, 224, 224),
) -> StagedNetwork:
    """Construct the network: a stem of stride 2, seven blocks, a 1x1 convolution to 1280 channels.

    Raises InvalidArchitecture for other cells than seven chains of inverted residuals, InvalidArgument for an
    image of less than 32 x 32.
    """
    del task
    if len(arch.cells) != len(_STRIDES):
        raise InvalidArchitecture(f"expected {len(_STRIDES)} blocks, got {len(arch.cells)} cells")
    check_image(input_shape, 1 + sum(stride == 2 for stride in _STRIDES))
    stages = [
        Stage(cell, which, *shape, stride, InvertedResidual)
        for which, (cell, shape, stride) in enumerate(
            zip(arch.cells, pairwise(_WIDTHS), _STRIDES, strict=True)
        )
    ]
    stem, last = convolution(input_shape[0], _WIDTHS[0], 3, 2), convolution(_WIDTHS[-1], _LAST, 1)
    return StagedNetwork(stem, stages, last, _LAST, n_classes=n_classes, input_shape=input_shape)


BUILDER = Builder(("imagenet",), mnasnet, torch_default, alike)
