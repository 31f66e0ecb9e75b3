"""What stands behind the encoder in each task of TransNAS-Bench-101 (Duan et al., CVPR 2021)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, final

from jaxtyping import Float
from torch import Tensor, nn

from archenc.errors import InvalidArgument

_SLOPE = 0.2


@dataclass(frozen=True, slots=True)
class Task:
    """One task: its outputs, the shape of an example, and how the head is made.

    n_classes: classes, coordinates or, in dense tasks, channels of the output. head: called with the channels
    that the encoder gives, the times it has halved the image, and n_classes.
    """

    n_classes: int
    input_shape: tuple[int, ...]
    head: Callable[[int, int, int], Head]


class Head(NamedTuple):
    """decoder: from the encoder's map to `Network.features`. output: from there to the output."""

    decoder: nn.Sequential
    output: nn.Sequential


def pooled(channels: int, _halvings: int, n_classes: int) -> Head:
    """Return global average pooling and a linear layer, [b, channels, h, w] -> [b, n_classes]."""
    output = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(1), nn.Linear(channels, n_classes))
    return Head(nn.Sequential(), output)


def segmentation(channels: int, halvings: int, n_classes: int) -> Head:
    """Return the decoder of eight layers, [b, channels, h, w] -> [b, n_classes, 2^halvings h, ...]."""
    _check(halvings)
    widths = [1024 // 2**place for place in range(6)]
    steps = [False] * (6 - halvings) + [True] * (halvings - 1)
    layers = [_Layer(channels, widths[0])]
    layers += [_Layer(widths[i], widths[i + 1], up=up) for i, up in enumerate(steps)]
    layers.append(_Layer(widths[-1], widths[-1], up=True))
    return Head(nn.Sequential(*layers), nn.Sequential(_last(widths[-1], n_classes)))


def generation(channels: int, halvings: int, n_classes: int) -> Head:
    """Return the decoder of fourteen layers, [b, channels, h, w] -> [b, n_classes, 2^halvings h, ...].

    The output lies between -1 and 1.
    """
    _check(halvings)
    widths = (1024, 1024, 512, 512, 256, 128, 64, 64, 32, 32, 16, 32, 16)
    # The third, fifth, ... layer doubles the image if more halvings are to be undone than those behind it do.
    doubling = {2: 6, 4: 5, 6: 4, 8: 3, 10: 2, 12: 1}
    layers = [
        _Layer(wide, width, up=halvings >= doubling.get(place, halvings + 1))
        for place, (wide, width) in enumerate(zip((channels, *widths[:-1]), widths, strict=True))
    ]
    return Head(nn.Sequential(*layers), nn.Sequential(_last(widths[-1], n_classes), nn.Tanh()))


@final
class _Layer(nn.Module):
    """A 3x3 convolution, or a transposed one that doubles the image; batch norm; leaky ReLU."""

    def __init__(self, channels_in: int, channels_out: int, *, up: bool = False) -> None:
        super().__init__()
        self.conv: nn.Module = (
            nn.ConvTranspose2d(channels_in, channels_out, 3, 2, 1, output_padding=1)
            if up
            else nn.Conv2d(channels_in, channels_out, 3, 1, 1)
        )
        self.norm = nn.BatchNorm2d(channels_out)
        self.relu = nn.LeakyReLU(_SLOPE)

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b out rows columns"]:
        """Return the map, twice as large if the layer is transposed."""
        return self.relu(self.norm(self.conv(x)))


def _last(channels: int, n_classes: int) -> nn.Conv2d:
    return nn.Conv2d(channels, n_classes, 3, 1, 1)


def _check(halvings: int) -> None:
    if not 3 <= halvings <= 6:
        raise InvalidArgument(
            f"modules: the encoder halves the image {halvings} times; the decoders of dense tasks undo 3..6"
        )


_IMAGE = (3, 256, 256)
TASKS = {
    "class_scene": Task(63, _IMAGE, pooled),
    "class_object": Task(100, _IMAGE, pooled),
    "room_layout": Task(9, _IMAGE, pooled),
    "jigsaw": Task(1000, (9, 3, 64, 64), pooled),
    "segmentsemantic": Task(17, _IMAGE, segmentation),
    "normal": Task(3, _IMAGE, generation),
    "autoencoder": Task(3, _IMAGE, generation),
}
