"""NAS-Bench-301: both cells and the network that was trained."""

from __future__ import annotations

import pytest
import torch

from archenc import networks, text
from archenc.networks.darts_cell import DartsCell
from archenc.spaces import space

from . import running

SPACE = space("nb301")


def test_samples_have_texts_of_their_own():
    archs = SPACE.sample(200, 0)
    for choices in ({}, {"form": "inline"}):
        assert len(set(text.texts(archs, **choices))) == 200
    near = [archs[0], *SPACE.neighbours(archs[0])]
    assert len(set(text.texts(near))) == len(near) == 121


@pytest.mark.parametrize("form", ["exclude_helper", "helper", "inline"])
@pytest.mark.parametrize("halved_before", [False, True])
def test_the_text_is_the_cell(form: str, halved_before: bool):
    for arch in SPACE.sample(3, 5):
        defined = running.run(arch, form=form)
        for which, name in enumerate(("NormalCell", "ReductionCell")):
            cell = defined[name](6, 4, 2, halved_before)
            other = DartsCell(
                arch.cells[which],
                which,
                6,
                4,
                2,
                reduction=bool(which),
                halved_before=halved_before,
                affine=True,
                pool_norm=False,
            )
            size = 16 if halved_before else 8
            running.same(cell, other, running.batch(2, 6, size, size), running.batch(2, 4, 8, 8))


def test_the_network_is_the_one_that_was_trained():
    arch = SPACE.sample(1, 7)[0]
    written = running.classes(text.render(arch, context="network"))["Network"]
    small = networks.build(arch, seed=0, recipe="darts", channels=2, cells=4, input_shape=(3, 8, 8))
    running.same(written(channels=2, cells=4), small, running.batch(2, 3, 8, 8))
    with torch.device("meta"):
        whole = networks.build(arch, recipe="darts", device="meta")
        assert running.count(written()) == running.count(whole)


def test_canonical_texts_are_as_many_as_classes():
    archs = SPACE.sample(50, 1)
    archs += [near for arch in archs[:1] for near in SPACE.neighbours(arch)]
    written = text.texts(archs, canonical=True)
    classes = [arch.id() for arch in archs]
    assert len(set(written)) == len(set(classes)) == len(set(zip(written, classes, strict=True)))


def test_a_cell_of_another_kind_is_refused():
    from archenc.errors import InvalidArchitecture
    from archenc.graph import Architecture

    other = space("nb201").sample(1, 0)[0].cells
    with pytest.raises(InvalidArchitecture, match="a normal and a reduction cell"):
        text.render(Architecture(SPACE.name, other))
    with pytest.raises(InvalidArchitecture, match="two inputs"):
        text.render(Architecture(SPACE.name, other * 2))
