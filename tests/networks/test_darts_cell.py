"""A copy of a DARTS cell: its wiring by hand, its sizes, and the cells it refuses."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from archenc.errors import InvalidArchitecture
from archenc.graph import Cell, Edge, op
from archenc.networks.darts_cell import DartsCell

INPUTS, OUTPUT, SUM, LINK = (op("input"),) * 2, op("output"), op("sum"), op("link")
PLAIN: dict[str, Any] = {"reduction": False, "halved_before": False, "affine": False, "pool_norm": False}


def cell_of(*steps: str, wired: tuple[int, ...] | None = None) -> Cell:
    """Build a cell from steps such as `0:skip 1:avg_pool3x3`; by default all are wired to the output."""
    edges = []
    last = len(steps) + 2
    for target, step in enumerate(steps, 2):
        edges += [Edge(int(part[0]), target, op(part[2:])) for part in step.split()]
    edges += [Edge(node, last, LINK) for node in wired or range(2, last)]
    return Cell((*INPUTS, *(SUM for _ in steps), OUTPUT), tuple(edges))


def pass_through(copy: DartsCell) -> DartsCell:
    """Let both entries be ReLU alone, and every norm the identity."""
    copy.eval()
    for entry in (copy.enter_older, copy.enter_newer):
        conv = next(layer for layer in entry.modules() if isinstance(layer, nn.Conv2d))
        nn.init.dirac_(conv.weight)
    for layer in copy.modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.eps = 0
    return copy


def image(*values: float) -> Tensor:
    """Return one image of one channel, 2 x 2."""
    return torch.tensor(values, dtype=torch.float32).reshape(1, 1, 2, 2)


def test_steps_add_up_and_are_concatenated():
    """With inputs a, b: step 2 = a + b, step 3 = a + step 2, step 4 = max over 3x3 of b + step 3."""
    cell = cell_of("0:skip 1:skip", "0:skip 2:skip", "1:max_pool3x3 3:skip")
    copy = pass_through(DartsCell(cell, 0, 1, 1, 1, **PLAIN))
    a, b = image(1, 2, 3, 4), image(10, 20, 30, -40)
    expected = [image(11, 22, 33, 4), image(12, 24, 36, 8), image(42, 54, 66, 38)]
    assert copy.width == 3
    torch.testing.assert_close(copy(a, b), torch.cat(expected, 1))


def test_a_pool_averages_inside_the_image_and_may_be_normed():
    cell = cell_of("0:avg_pool3x3")
    x = image(1, 2, 3, 6)
    copy = pass_through(DartsCell(cell, 0, 1, 1, 1, **PLAIN))
    torch.testing.assert_close(copy(x, x), image(3, 3, 3, 3))
    normed = pass_through(DartsCell(cell, 0, 1, 1, 1, **PLAIN | {"pool_norm": True}))
    norm = next(layer for layer in normed.operations.modules() if isinstance(layer, nn.BatchNorm2d))
    assert norm.running_mean is not None
    norm.running_mean.fill_(1)
    torch.testing.assert_close(normed(x, x), image(2, 2, 2, 2))


def test_only_the_wired_steps_are_concatenated():
    copy = pass_through(
        DartsCell(cell_of("0:skip", "1:skip", "2:skip 3:skip", wired=(3, 4)), 0, 1, 1, 1, **PLAIN)
    )
    a, b = image(1, 2, 3, 4), image(5, 6, 7, 8)
    torch.testing.assert_close(copy(a, b), torch.cat([b, a + b], 1))


def test_separable_and_dilated_convolutions():
    """Twice depthwise-pointwise, against once depthwise with every second pixel, then pointwise."""
    copy = DartsCell(cell_of("0:sep_conv3x3", "1:dil_conv5x5"), 0, 2, 2, 2, **PLAIN).eval()
    x = torch.randn(2, 2, 6, 6, generator=torch.Generator().manual_seed(0))
    weights = [layer.weight for layer in copy.operations.modules() if isinstance(layer, nn.Conv2d)]
    a, b = copy.enter_older(x), copy.enter_newer(x)
    for depthwise, pointwise in (weights[0:2], weights[2:4]):
        a = F.conv2d(F.conv2d(a.relu(), depthwise, padding=1, groups=2), pointwise) / (1 + 1e-5) ** 0.5
    b = (
        F.conv2d(F.conv2d(b.relu(), weights[4], padding=4, dilation=2, groups=2), weights[5])
        / (1 + 1e-5) ** 0.5
    )
    assert len(weights) == 6
    torch.testing.assert_close(copy(x, x), torch.cat([a, b], 1))


@pytest.mark.parametrize("halved_before", [False, True])
@pytest.mark.parametrize("reduction", [False, True])
def test_sizes(reduction: bool, halved_before: bool):
    names = ("max_pool3x3", "avg_pool3x3", "skip", "sep_conv3x3", "sep_conv5x5", "dil_conv3x3", "dil_conv5x5")
    steps = [f"0:{first} 1:{second}" for first, second in zip(names, names[1:] + names[:1], strict=True)]
    cell = cell_of(*steps, f"2:{names[0]} 8:{names[3]}")
    options = PLAIN | {"reduction": reduction, "halved_before": halved_before}
    copy = DartsCell(cell, 0, 3, 5, 4, **options)
    older = torch.randn(2, 3, 16 if halved_before else 8, 16 if halved_before else 8)
    size = 4 if reduction else 8
    assert copy(older, torch.randn(2, 5, 8, 8)).shape == (2, copy.width, size, size)
    assert copy.width == 4 * 8


def test_other_cells_are_refused():
    single = Cell((op("input"), SUM, OUTPUT), (Edge(0, 1, op("skip")), Edge(1, 2, LINK)))
    straight = Cell((*INPUTS, SUM, OUTPUT), (Edge(0, 2, op("skip")), Edge(1, 3, LINK)))
    operated = Cell((*INPUTS, SUM, OUTPUT), (Edge(0, 2, op("skip")), Edge(2, 3, op("conv1x1"))))
    lost = Cell((*INPUTS, SUM, SUM, OUTPUT), (Edge(0, 2, op("skip")), Edge(2, 4, LINK)))
    for cell, match in [
        (single, "two inputs; got 1"),
        (straight, r"edge 1->3 carries 'link'; in a DARTS cell the edges from a step"),
        (operated, r"edge 2->3 carries 'conv1x1'"),
        (lost, r"\[1, 0\] edges a step"),
    ]:
        with pytest.raises(InvalidArchitecture, match=match):
            DartsCell(cell, 0, 2, 2, 2, **PLAIN)
