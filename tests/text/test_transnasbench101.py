"""TransNAS-Bench-101 micro: cells of its two kinds and the networks of its seven tasks."""

from __future__ import annotations

import pytest
import torch

from archenc import networks, text
from archenc.networks.edge_cell import EdgeCell
from archenc.spaces import space
from archenc.testing.unchecked import unchecked

from . import running

SPACE = space("tnb101")


@unchecked()
def test_all_cells_have_texts_of_their_own():
    archs = list(SPACE.enumerate())
    for choices in ({}, {"form": "inline"}, {"context": "network"}):
        assert len(set(text.texts(archs, **choices))) == len(archs) == 4_096


@pytest.mark.parametrize("form", ["exclude_helper", "helper", "inline"])
def test_the_text_is_the_cell(form: str):
    for arch in SPACE.sample(8, 5):
        cell = running.run(arch, form=form)["Cell"](4)
        running.same(cell, EdgeCell(arch.cells[0], 4, 4), running.batch(2, 4, 6, 5))


@pytest.mark.parametrize("form", ["exclude_helper", "inline"])
@pytest.mark.parametrize(("wide", "stride"), [(4, 1), (4, 2), (8, 1), (8, 2)])
def test_within_the_network_the_cell_changes_channels_and_size(form: str, wide: int, stride: int):
    for arch in SPACE.sample(12, 6):
        cell = running.classes(text.render(arch, form=form, context="network"))["Cell"](4, wide, stride)
        running.same(cell, EdgeCell(arch.cells[0], 4, wide, stride), running.batch(2, 4, 6, 5))


@pytest.mark.parametrize("task", networks.tasks("transnasbench101"))
def test_the_network_is_the_network(task: str):
    arch = SPACE.sample(1, 7)[0]
    written = running.classes(text.render(arch, context="network", dataset=task))["Network"]
    shape = (9, 3, 32, 32) if task == "jigsaw" else (3, 32, 32)
    small = networks.build(arch, task, seed=0, channels=2, input_shape=shape)
    running.same(written(channels=2), small, running.batch(2, *shape))
    with torch.device("meta"):
        assert running.count(written()) == running.count(networks.build(arch, task, device="meta"))


def test_the_tasks_are_those_of_the_networks():
    arch = SPACE.sample(1, 8)[0]
    assert text.datasets("transnasbench101") == networks.tasks("transnasbench101")
    described = {text.render(arch, context="comment", dataset=task) for task in networks.tasks(arch.space)}
    assert len(described) == 7
