"""Sums and costs of whole networks."""

from __future__ import annotations

import numpy as np
import pytest

from archenc import networks
from archenc.encoders import Sizes, Totals
from archenc.graph import Architecture, as_batch
from archenc.registry import Registry
from archenc.spaces import space
from archenc.testing import EncoderKit


class TestStages(EncoderKit):
    can_be_renumbered = False

    def make_encoder(self) -> Totals:
        return Totals()

    def architectures(self) -> list[Architecture]:
        return space("nbmacro").sample(40, 0)


class TestOneCell(EncoderKit):
    def make_encoder(self) -> Totals:
        return Totals()

    def architectures(self) -> list[Architecture]:
        return space("nb201").sample(40, 0)


def rows(archs: list[Architecture]) -> list[dict[str, float]]:
    encoder = Totals().fit(archs)
    names = encoder.get_feature_names_out()
    return [dict(zip(names, row.tolist(), strict=True)) for row in encoder.transform(archs)]


def test_they_are_the_sums_that_sizes_has_of_each_cell():
    archs = space("accel").sample(20, 0)
    sizes = Sizes().fit(archs)
    of_cells = dict(zip(sizes.get_feature_names_out(), sizes.transform(archs).T, strict=True))
    names = ("count", "total_height", "total_expansion", "total_squeeze")
    for name in names:
        expected = sum(of_cells[f"cell{cell}_{name}"] for cell in range(7))
        np.testing.assert_array_equal([row[name] for row in rows(archs)], expected)


@pytest.mark.parametrize("name", ["nbmacro", "natsss", "accel"])
def test_what_operations_cost_is_what_the_networks_cost_but_for_their_ends(name: str):
    archs = space(name).sample(6, 0)
    costs = [networks.count(networks.build(arch, device="meta")) for arch in archs]
    for row, cost in zip(rows(archs), costs, strict=True):
        for kind in networks.Counts._fields:
            inner = 10 ** row[f"log_{kind}"] - 1
            assert row[f"{kind}_m"] == pytest.approx(inner / 1e6, rel=1e-4)
            of_cells = range(len(archs[0].cells))
            cells = sum(10 ** row[f"cell{c}_log_{kind}"] - 1 for c in of_cells)
            assert cells == pytest.approx(inner, rel=1e-4)
            assert sum(row[f"cell{c}_{kind}_m"] for c in of_cells) == pytest.approx(inner / 1e6, rel=1e-4)
            assert 0.1 * getattr(cost, kind) < inner < getattr(cost, kind)


def test_one_cell_is_the_whole():
    (row,) = rows([space("nb201").parse("|nor_conv_3x3~0|+|none~0|none~1|+|skip_connect~0|none~1|none~2|")])
    assert "cell0_log_params" not in row
    assert row["count"] == 6


def test_a_space_without_networks_has_the_sums_alone(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(Registry, "names", lambda _: [])
    (row,) = rows([space("natsss").parse("8:16:24:32:64")])
    assert row == {"count": 5, "total_channels": 144}


def test_a_batch_costs_what_its_architectures_cost():
    archs = space("natsss").sample(5, 0)
    encoder = Totals().fit(archs)
    np.testing.assert_array_equal(encoder.transform(as_batch(archs)), encoder.transform(archs))
