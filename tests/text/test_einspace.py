"""The source code of einspace computes what its network computes; derivations as texts."""

from __future__ import annotations

import pytest
import torch

from archenc import networks, text
from archenc.errors import InvalidArgument
from archenc.spaces import space
from archenc.spaces.einspace import SPACE, EinSpace, Limits, seeds

from . import running

SMALL = EinSpace(Limits(max_nodes=80, max_params=10**5, max_activations=10**5, max_macs=10**6))


@pytest.mark.parametrize("form", ["exclude_helper", "helper", "inline"])
@pytest.mark.parametrize("shape", [(3, 8, 8), (16, 32)])
def test_the_text_is_the_network(form: str, shape: tuple[int, ...]):
    for number, arch in enumerate(SMALL.sample(8, 5, input_shape=shape)):
        if form == "inline" and "pos_enc" in SMALL.format(arch):
            assert "nn.Parameter(torch.zeros(" in text.render(arch, form=form)
            continue  # its weight belongs to the class itself and comes in another place
        body = networks.build(arch, seed=number).body.eval()
        cell = running.run(arch, form=form)["Cell"]().eval()
        running.with_weights_of(cell, body, number)
        x = torch.randn((2, *shape), generator=torch.Generator().manual_seed(number))
        with torch.no_grad():
            torch.testing.assert_close(cell(x), body(x), atol=1e-4, rtol=1e-4, equal_nan=True)


def test_copied_branches_are_a_class_and_convolutions_are_convolutions():
    arch = SPACE.from_derivation(seeds.transformer((3, 32, 32), blocks=1, width=64))
    code = text.render(arch)
    assert code.count("class Branch_") == 1
    assert "[branch(h3) for branch in" in code or "for _ in range(4)" in code
    conv = text.render(SPACE.parse("routing[im2col(3,2,1), computation<linear(32)>, col2im]"))
    assert "nn.Conv2d(3, 32, kernel_size=3, stride=2, padding=1)" in conv


def test_derivations_are_texts():
    arch = SPACE.sample(1, 0)[0]
    assert text.render(arch, form="derivation") == text.derivation(arch) == SPACE.format(arch)
    assert text.render(arch, form="derivation_long") == SPACE.format(arch, "long")
    with pytest.raises(InvalidArgument, match=r"no grammar makes .* nasbench201; legal.*routing"):
        text.render(space("nb201").sample(1, 0)[0], form="derivation")
    with pytest.raises(InvalidArgument, match="no source code"):
        text.render(arch, form="derivation", context="network")
