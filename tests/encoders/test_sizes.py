"""Operations and networks in numbers."""

from __future__ import annotations

import numpy as np
import pytest
from torch import nn

from archenc.encoders import Sizes
from archenc.errors import InvalidArgument
from archenc.graph import Architecture
from archenc.networks import from_module
from archenc.spaces import space
from archenc.testing import EncoderKit


class TestStages(EncoderKit):
    can_be_renumbered = False

    def make_encoder(self) -> Sizes:
        return Sizes()

    def architectures(self) -> list[Architecture]:
        return space("nbmacro").sample(40, 0)


class TestCellsWithAttributes(EncoderKit):
    def make_encoder(self) -> Sizes:
        return Sizes()

    def architectures(self) -> list[Architecture]:
        return space("nds_darts_lr_wd").sample(30, 0)


def rows(archs: list[Architecture], **options) -> list[dict[str, float]]:
    encoder = Sizes(**options).fit(archs)
    names = encoder.get_feature_names_out()
    return [dict(zip(names, row.tolist(), strict=True)) for row in encoder.transform(archs)]


def test_widths_are_the_numbers_that_they_are():
    member = space("natsss")
    (row,) = rows([member.parse("8:16:24:32:64")])
    assert [row[f"cell{k}_channels_0"] for k in range(5)] == [8, 16, 24, 32, 64]
    assert "cell0_height_0" not in row, "every operation of the space has this kernel"


def test_layers_of_a_block_add_up():
    member = space("accel")
    (row,) = rows([member.parse("e1k3l1se-e6k3l2-e6k5l2se-e6k3l3se-e6k5l3se-e4k5l4se-e6k3l1se")])
    assert [row[f"cell5_{name}"] for name in ("count", "total_expansion", "total_height")] == [4, 16, 20]
    assert [row[f"cell1_{name}"] for name in ("total_squeeze", "height_0", "height_2")] == [0, 3, 0]


def test_attributes_come_as_they_are_or_as_logarithms():
    arch = space("nds_darts_lr_wd").sample(1, 0)[0]
    said = dict(arch.attributes)
    (row,) = rows([arch])
    assert row["width"] == said["width"]
    assert row["lr"] == pytest.approx(np.log10(said["lr"]), rel=1e-6)
    assert rows([arch], logarithms=())[0]["lr"] == pytest.approx(said["lr"], rel=1e-6)


def test_a_missing_attribute_and_one_without_logarithm_are_refused():
    archs = space("nds_darts").sample(3, 0)
    encoder = Sizes().fit(archs)
    bare = Architecture("nds_darts", archs[0].cells)
    for wrong, why in (
        ([bare], "expected the attributes depth, width of each architecture; got none"),
        ([archs[1], bare], "architecture 1 has no finite attribute 'depth'"),
    ):
        with pytest.raises(InvalidArgument, match=why):
            encoder.transform(wrong)
    negative = Architecture("nds_darts", archs[0].cells, (("depth", -1), ("width", 16)))
    with pytest.raises(InvalidArgument, match="'depth' is not positive"):
        Sizes(logarithms=("depth",)).fit_transform([negative])


def test_an_attribute_that_only_some_have_is_named_and_another_encoder_with_it():
    modules = [nn.Sequential(nn.Linear(4, 4), *[nn.ReLU()] * more) for more in (1, 3)]
    archs = [from_module(module, (4,)) for module in modules]
    with pytest.raises(
        InvalidArgument, match=r"^X: architecture 0 .*attribute 'channels_003'; .*module_features$"
    ):
        Sizes().fit_transform(archs)
