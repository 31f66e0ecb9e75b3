"""The networks of NDS (Radosavovic et al., ICCV 2019) and LaNAS (Wang et al., TPAMI 2021): stacked cells."""

from __future__ import annotations

from collections.abc import Hashable
from typing import final

from jaxtyping import Float
from torch import Tensor, nn

from archenc.errors import InvalidArgument
from archenc.graph import Architecture
from archenc.networks.base import Alike, Builder, Network
from archenc.networks.genotype_cell import GenotypeCell
from archenc.networks.initialisation import torch_default
from archenc.spaces import space
from archenc.spaces.genotype_cell import pairs_of

_STEM = 3
_CLASSES = {"cifar10": 10, "imagenet": 1000}
_LANAS_CHANNELS, _LANAS_CELLS = 32, 20


@final
class GenotypeNetwork(Network):
    """Stem, `cells` copies of which two are reductions, global average pool, linear classifier.

    The reductions stand after a third and two thirds of the cells, and double the channels. For "cifar10" the
    stem is one convolution to three times the channels; for "imagenet" it is three of stride 2, and the two
    inputs of the first cell are what the second and the third make. One cell in the architecture serves as
    both, and its reduction leaves out inputs that no block uses. channels, cells: by default the attributes
    width and depth; LaNAS has 32 and 20. The auxiliary head of the training is left out.
    """

    def __init__(
        self,
        arch: Architecture,
        task: str,
        *,
        channels: int | None = None,
        cells: int | None = None,
        n_classes: int | None = None,
        input_shape: tuple[int, int, int] | None = None,
    ) -> None:
        super().__init__()
        sizes = dict(arch.attributes)
        channels = int(sizes.get("width", _LANAS_CHANNELS)) if channels is None else channels
        cells = int(sizes.get("depth", _LANAS_CELLS)) if cells is None else cells
        large = task == "imagenet"
        self.input_shape = ((3, 224, 224) if large else (3, 32, 32)) if input_shape is None else input_shape
        self.n_classes = _CLASSES[task] if n_classes is None else n_classes
        _check(channels, cells, self.input_shape, 32 if large else 4)
        self.stems = nn.ModuleList(_stems(self.input_shape[0], channels, large=large))
        older = newer = channels if large else _STEM * channels
        halved_before, ops = large, space(arch.space).ops
        self.cells = nn.ModuleList()
        for number in range(cells):
            reduction = number in (cells // 3, 2 * cells // 3)
            channels *= 1 + reduction
            which = int(reduction) if len(arch.cells) > 1 else 0
            cell = GenotypeCell(
                arch.cells[which],
                which,
                ops,
                older,
                newer,
                channels,
                reduction=reduction,
                halved_before=halved_before,
                inputs_dropped=len(arch.cells) == 1,
            )
            self.cells.append(cell)
            older, newer, halved_before = newer, cell.width, reduction
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Linear(newer, self.n_classes)

    def features(self, x: Float[Tensor, "b channels height width"]) -> Float[Tensor, "b c h w"]:
        """Return what enters the global pooling, [b, c, h, w]."""
        older = self.stems[0](x)
        newer = self.stems[1](older) if len(self.stems) > 1 else older
        for cell in self.cells:
            older, newer = newer, cell(older, newer)
        return newer

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b n_classes"]:
        """Return the logits, [b, n_classes]."""
        return self.classifier(self.pool(self.features(x)).flatten(1))


def _check(channels: int, cells: int, input_shape: tuple[int, ...], divisor: int) -> None:
    if channels % 2:
        raise InvalidArgument(f"channels={channels}: expected an even number, as reductions halve them")
    if cells < 3:
        raise InvalidArgument(f"cells={cells}: expected at least 3, two of them reductions")
    if len(input_shape) != 3 or any(size % divisor for size in input_shape[1:]):
        raise InvalidArgument(
            f"input_shape={input_shape}: expected (channels, height, width), multiples of {divisor}"
        )


def _stems(colours: int, channels: int, *, large: bool) -> list[nn.Module]:
    def halved(channels_in: int, channels_out: int) -> list[nn.Module]:
        return [
            nn.Conv2d(channels_in, channels_out, 3, 2, 1, bias=False),
            nn.BatchNorm2d(channels_out),
        ]

    if large:
        first = [*halved(colours, channels // 2), nn.ReLU(), *halved(channels // 2, channels)]
        return [nn.Sequential(*first), nn.Sequential(nn.ReLU(), *halved(channels, channels))]
    width = _STEM * channels
    return [nn.Sequential(nn.Conv2d(colours, width, 3, padding=1, bias=False), nn.BatchNorm2d(width))]


def alike(arch: Architecture) -> Alike:
    """Say that an operation costs what it is, and whether it reads an input, given width and depth.

    Operations on inputs have stride 2 in a reduction; what a cell concatenates widens the next entry alone.
    """
    ops = space(arch.space).ops
    whole = tuple([value for name, value in arch.attributes if name in ("width", "depth")])
    found: dict[tuple[int, int], Hashable] = {}
    for which, cell in enumerate(arch.cells):
        pairs, _ = pairs_of(cell, ops) or ((), ())  # of another cell building says what is wrong
        for number, node in enumerate(cell.nodes[cell.n_inputs : -1]):
            found[which, number] = (node.name, pairs[number][0] < 2, whole) if pairs else arch
    return found


CIFAR = Builder(("cifar10",), GenotypeNetwork, torch_default, alike)
IMAGENET = Builder(("imagenet",), GenotypeNetwork, torch_default, alike)
