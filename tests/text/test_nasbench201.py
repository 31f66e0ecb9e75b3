"""NAS-Bench-201: the text of a cell runs and is the cell of the networks room; the network is the network."""

from __future__ import annotations

import pytest

from archenc import networks, text
from archenc.graph import canonical_cells, canonical_texts
from archenc.networks.edge_cell import EdgeCell
from archenc.spaces import space
from archenc.testing.unchecked import unchecked

from . import running

SPACE = space("nb201")
CELL = SPACE.parse("|nor_conv_3x3~0|+|skip_connect~0|none~1|+|avg_pool_3x3~0|nor_conv_1x1~1|skip_connect~2|")


def test_a_cell_by_hand():
    assert (
        text.render(CELL)
        == """\
class Cell(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.op_0_1 = ConvUnit(channels, kernel_size=3, stride=1, padding=1)
        self.op_0_3 = nn.AvgPool2d(kernel_size=3, stride=1, padding=1, count_include_pad=False)
        self.op_1_3 = ConvUnit(channels, kernel_size=1, stride=1, padding=0)

    def forward(self, x):
        node_0 = x
        node_1 = self.op_0_1(node_0)
        node_2 = node_0
        node_3 = self.op_0_3(node_0) + self.op_1_3(node_1) + node_2
        return node_3
"""
    )


@unchecked()
def test_all_cells_have_texts_of_their_own():
    archs = list(SPACE.enumerate())
    for choices in ({}, {"form": "inline"}):
        assert len(set(text.texts(archs, **choices))) == len(archs) == 15_625


@unchecked()
def test_canonical_texts_are_as_many_as_classes_of_live_parts():
    archs = list(SPACE.enumerate())
    written = text.texts(archs, canonical=True)
    classes = canonical_texts(archs, "live-iso-v1")
    assert len(set(written)) == len(set(classes)) == len(set(zip(written, classes, strict=True))) == 8_765


@pytest.mark.parametrize("form", ["exclude_helper", "helper", "inline"])
def test_the_text_is_the_cell(form: str):
    for arch in [CELL, *SPACE.sample(12, 5)]:
        cell = running.run(arch, form=form, unit_name="Block7")["Cell"](4)
        running.same(cell, EdgeCell(arch.cells[0], 4, 4), running.batch(2, 4, 6, 5))


def test_the_canonical_text_computes_the_same():
    for arch in SPACE.sample(30, 6):
        cell = arch.cells[0]
        if cell.is_connected:
            written = running.run(arch, canonical=True)["Cell"](3)
            running.same(written, EdgeCell(canonical_cells([cell])[0], 3, 3), running.batch(2, 3, 5, 5))
            assert running.count(written) == running.count(EdgeCell(cell.prune(), 3, 3))


def test_disconnected_cells_share_one_canonical_text():
    none = SPACE.parse("|none~0|+|none~0|none~1|+|none~0|none~1|none~2|")
    dead = SPACE.parse("|nor_conv_3x3~0|+|none~0|nor_conv_1x1~1|+|none~0|none~1|none~2|")
    assert text.render(none, canonical=True) == text.render(dead, canonical=True)
    cell = running.run(none, canonical=True)["Cell"](2)
    assert cell(running.batch(1, 2, 3, 3)).abs().sum() == 0


@pytest.mark.parametrize("dataset", ["cifar10", "cifar100", "imagenet16"])
def test_the_network_is_the_network(dataset: str):
    arch = SPACE.sample(1, 7)[0]
    written = running.classes(text.render(arch, context="network", dataset=dataset))["Network"]
    small = networks.build(arch, dataset, seed=0, channels=4, cells=1)
    running.same(written(channels=4, cells=1), small, running.batch(2, *small.input_shape))
    assert running.count(written()) == running.count(networks.build(arch, dataset, device="meta"))


def test_the_recipe_runs():
    network = running.classes(text.render(CELL, context="network", form="inline"))["Network"](channels=2)
    optimizer, schedule, epochs, batch_size = network.training_recipe()
    assert (epochs, batch_size, schedule.T_max) == (200, 256, 200)
    assert optimizer.defaults["nesterov"]
    assert optimizer.defaults["weight_decay"] == 5e-4


def test_the_data_sets_are_those_of_the_networks():
    assert text.datasets("nasbench201") == networks.tasks("nasbench201")
    for dataset in text.datasets("nasbench201"):
        network = networks.build(CELL, dataset, device="meta")
        words = text.render(CELL, context="comment", dataset=dataset)
        assert (
            f"{network.n_classes} classes, {network.input_shape[1]}x{network.input_shape[2]} pixels" in words
        )
