"""NAS-Bench-101: the faithful text is the module of the benchmark; the simple one runs."""

from __future__ import annotations

import pytest
import torch

from archenc import networks, text
from archenc.errors import InvalidArgument
from archenc.networks.nasbench101 import Module
from archenc.networks.nb101_vertices import as_given
from archenc.spaces import space

from . import running

SPACE = space("nb101")
SMALL = [
    SPACE.parse(native) for native in ("1|", "110-01-1|c3,mp", "111-01-1|c3,c1", "1001-101-11-1|mp,c1,c3")[1:]
]


@pytest.mark.parametrize("detail", ["simple", "faithful"])
def test_samples_have_texts_of_their_own(detail: str):
    archs = SPACE.sample(500, 0)
    assert len(set(text.texts(archs, nb101_detail=detail))) == 500


def test_a_faithful_cell_by_hand():
    # Two vertices share the output; the first feeds the second, which may be narrower by one.
    assert (
        text.render(SPACE.parse("111-11-1|c3,c1"), nb101_detail="faithful")
        == """\
class Cell(nn.Module):
    def __init__(self, C_in, C_out):
        super().__init__()
        c1 = (C_out + 1) // 2
        c2 = self.c2 = C_out // 2
        self.proj_1 = ConvUnit(C_in, c1, kernel_size=1, stride=1, padding=0)
        self.proj_2 = ConvUnit(C_in, c2, kernel_size=1, stride=1, padding=0)
        self.proj_out = ConvUnit(C_in, C_out, kernel_size=1, stride=1, padding=0)
        self.op_1 = ConvUnit(c1, c1, kernel_size=3, stride=1, padding=1)
        self.op_2 = ConvUnit(c2, c2, kernel_size=1, stride=1, padding=0)

    def forward(self, x):
        h1 = self.op_1(self.proj_1(x))
        h2 = self.op_2(h1[:, : self.c2] + self.proj_2(x))
        return torch.cat([h1, h2], dim=1) + self.proj_out(x)
"""
    )


@pytest.mark.parametrize("form", ["exclude_helper", "helper", "inline"])
@pytest.mark.parametrize("leaving", [7, 12])
def test_the_faithful_text_is_the_module(form: str, leaving: int):
    for arch in [*SMALL, *SPACE.sample(12, 5)]:
        cell = running.run(arch, form=form, nb101_detail="faithful")["Cell"](5, leaving)
        given = arch.cells[0]
        live, nodes = as_given(given)
        module = Module(live, nodes, given.n_nodes, 5, leaving, momentum=0.1)
        running.same(cell, module, running.batch(2, 5, 6, 6))


@pytest.mark.parametrize("form", ["exclude_helper", "helper", "inline"])
def test_the_simple_text_runs(form: str):
    for arch in [*SMALL, *SPACE.sample(5, 6)]:
        cell = running.run(arch, form=form)["Cell"](5, 12, 1)
        assert cell(running.batch(2, 5, 6, 6).float()).shape[1] % 16 == 0


def test_the_network_is_the_network():
    arch = SPACE.sample(1, 7)[0]
    written = running.classes(text.render(arch, context="network", nb101_detail="faithful"))["Network"]
    small = networks.build(arch, seed=0, channels=6, input_shape=(3, 8, 8))
    running.same(written(channels=6), small, running.batch(2, 3, 8, 8))
    with torch.device("meta"):
        assert running.count(written()) == running.count(networks.build(arch, device="meta"))


def test_isomorphic_cells_share_their_canonical_text():
    one, other = SPACE.parse("110-01-1|c3,mp"), SPACE.parse("110-01-1|mp,c3")
    for detail in ("simple", "faithful"):
        assert text.render(one, nb101_detail=detail) != text.render(other, nb101_detail=detail)
        written = text.texts([one, other], canonical=True, nb101_detail=detail)
        assert written[0] == written[1]


def test_simple_cells_make_no_network():
    with pytest.raises(InvalidArgument, match="faithful"):
        text.render(SMALL[0], context="network")
