"""The networks of NAS-Bench-301 and DARTS (Zela et al., ICLR 2022; Liu et al., ICLR 2019)."""

from __future__ import annotations

from typing import final

from jaxtyping import Float
from torch import Tensor, nn

from archenc.errors import InvalidArchitecture, InvalidArgument
from archenc.graph import Architecture
from archenc.networks.base import Builder, Network
from archenc.networks.darts_cell import DartsCell
from archenc.networks.initialisation import torch_default
from archenc.networks.op_costs import by_edge

_RECIPES = ("suite_zero", "darts")
_STEM = 3
"""The stem has three times the channels of the first cells."""


@final
class NasBench301Network(Network):
    """Stem, cells of which two are reductions, global average pool, linear classifier.

    channels: of every operation in the first cells; each reduction doubles them. cells: number of cells; the
    reductions stand after a third and after two thirds of them. NAS-Bench-301 trained 8 cells of 32 channels
    (the default), DARTS 20 of 36. input_shape: (C, H, W). n_classes: outputs.
    recipe: "suite_zero" builds what the published zero-cost scores count, where batch norms inside the cells
    have no weights and pools are followed by one; "darts" what DARTS and NAS-Bench-301 trained, where they
    have weights and pools stand alone. The auxiliary head of their training is left out.
    Raises InvalidArgument, and InvalidArchitecture for cells of another kind.
    """

    def __init__(
        self,
        arch: Architecture,
        task: str,
        *,
        channels: int = 32,
        cells: int = 8,
        n_classes: int = 10,
        input_shape: tuple[int, int, int] = (3, 32, 32),
        recipe: str = "suite_zero",
    ) -> None:
        super().__init__()
        del task
        if recipe not in _RECIPES:
            raise InvalidArgument(f"recipe={recipe!r}; legal: {', '.join(_RECIPES)}")
        if channels < 2 or channels % 2:
            raise InvalidArgument(
                f"channels={channels}: expected an even number >= 2, as reductions halve them"
            )
        if cells < 3:
            raise InvalidArgument(f"cells={cells}: expected at least 3, two of them reductions")
        if len(input_shape) != 3 or any(size < 4 or size % 4 for size in input_shape[1:]):
            raise InvalidArgument(
                f"input_shape={input_shape}: expected (channels, height, width); two reductions halve the "
                "image, so height and width must be multiples of 4"
            )
        if len(arch.cells) != 2:
            raise InvalidArchitecture(f"expected a normal and a reduction cell, got {len(arch.cells)} cells")
        self.input_shape, self.n_classes = input_shape, n_classes
        width = _STEM * channels
        self.stem = nn.Sequential(
            nn.Conv2d(input_shape[0], width, 3, padding=1, bias=False), nn.BatchNorm2d(width)
        )
        self.cells = nn.ModuleList()
        older, newer, halved_before = width, width, False
        for number in range(cells):
            reduction = number in (cells // 3, 2 * cells // 3)
            channels *= 1 + reduction
            cell = DartsCell(
                arch.cells[int(reduction)],
                int(reduction),
                older,
                newer,
                channels,
                reduction=reduction,
                halved_before=halved_before,
                affine=recipe == "darts",
                pool_norm=recipe == "suite_zero",
            )
            self.cells.append(cell)
            older, newer, halved_before = newer, cell.width, reduction
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Linear(newer, n_classes)

    def features(self, x: Float[Tensor, "b channels height width"]) -> Float[Tensor, "b c h w"]:
        """Return what enters the global pooling, [b, c, h, w]."""
        older = newer = self.stem(x)
        for cell in self.cells:
            older, newer = newer, cell(older, newer)
        return newer

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b n_classes"]:
        """Return the logits, [b, n_classes]."""
        return self.classifier(self.pool(self.features(x)).flatten(1))


BUILDER = Builder(("cifar10",), NasBench301Network, torch_default, by_edge)
