"""The stacked cells of NDS and LaNAS."""

from __future__ import annotations

import pytest
import torch

from archenc import networks
from archenc.errors import InvalidArchitecture, InvalidArgument
from archenc.graph import Architecture, op
from archenc.networks import op_costs
from archenc.networks.genotype_cell import GenotypeCell, Zero
from archenc.spaces import space
from archenc.spaces.genotype_cell import cell_of

OPS = tuple(op(name) for name in ("skip", "conv7x1_1x7", "none", "sep_conv3x3"))


def by_hand(cell: GenotypeCell, states: list[int], concat: list[int], older, newer) -> torch.Tensor:
    values = [cell.enter_older(older), cell.enter_newer(newer)]
    for block in range(len(states) // 2):
        one, other = states[2 * block], states[2 * block + 1]
        first, second = cell.operations[2 * block], cell.operations[2 * block + 1]
        values.append(first(values[one]) + second(values[other]))
    return torch.cat([values[state] for state in concat], dim=1)


@pytest.mark.parametrize("reduction", [False, True])
def test_a_cell_computes_what_its_genotype_says(reduction):
    states, concat = [0, 1, 1, 2, 0, 3], [4]
    pairs = tuple(zip(states, (0, 1, 2, 3, 1, 0), strict=True))
    cell = GenotypeCell(
        cell_of(pairs, concat, OPS), 0, OPS, 6, 8, 4, reduction=reduction, halved_before=True
    ).eval()
    generator = torch.Generator().manual_seed(0)
    older, newer = (torch.randn(2, c, s, s, generator=generator) for c, s in ((6, 16), (8, 8)))
    found = cell(older, newer)
    torch.testing.assert_close(found, by_hand(cell, states, concat, older, newer))
    assert found.shape == (2, 4, *([4, 4] if reduction else [8, 8]))
    assert cell.width == 4


def test_none_gives_zeros_whatever_comes():
    x = torch.tensor([[[[float("nan"), 1.0], [2.0, 3.0]]]])
    assert Zero(2)(x).tolist() == [[[[0.0]]]]


def test_a_reduction_cell_cannot_concatenate_an_input():
    cell = cell_of(((0, 0), (0, 0)), (1, 2), OPS)
    with pytest.raises(InvalidArchitecture, match="cannot concatenate an input"):
        GenotypeCell(cell, 0, OPS, 4, 4, 4, reduction=True, halved_before=False)
    dropped = GenotypeCell(cell, 0, OPS, 4, 4, 4, reduction=True, halved_before=False, inputs_dropped=True)
    assert dropped.width == 4


@pytest.mark.parametrize("name", ["lanas", "nds_darts_lr_wd", "nds_nasnet", "nds_enas_in"])
def test_networks_take_width_and_depth_from_the_architecture(name):
    arch = space(name).sample(1, 2)[0]
    network = networks.build(arch, device="meta")
    attributes = dict(arch.attributes)
    assert len(network.cells) == attributes.get("depth", 20)
    assert network.cells[0].enter_newer[1].out_channels == attributes.get("width", 32)
    assert len(networks.operation_paths(network)) == sum(cell.n_nodes - 3 for cell in arch.cells)
    side = 64 if name.endswith("_in") else 16
    small = networks.build(arch, seed=0, channels=4, cells=3, input_shape=(3, side, side))
    assert small(torch.zeros(2, 3, side, side)).shape == (2, small.n_classes)


def test_sizes_that_cannot_be_are_refused():
    arch = space("nds_darts").sample(1, 0)[0]
    for options, message in (({"channels": 3}, "even"), ({"cells": 2}, "at least 3")):
        with pytest.raises(InvalidArgument, match=message):
            networks.build(arch, device="meta", **options)
    strange = Architecture("nds_darts", space("nb301").sample(1, 0)[0].cells, arch.attributes)
    with pytest.raises(InvalidArchitecture, match="two operations on nodes"):
        networks.build(strange, device="meta")


@pytest.mark.parametrize("name", ["lanas", "nds_darts_lr_wd", "nds_amoeba", "nds_nasnet_in"])
def test_operations_cost_what_they_cost_in_every_network_of_their_size(name, monkeypatch):
    """Of few networks those of all are known; what is known of others is what each would say of itself."""
    member = space(name)
    archs = member.sample(12, 1)
    found = networks.operation_counts(archs)
    for arch, counts in list(zip(archs, found, strict=True))[-2:]:
        own = op_costs._measured(networks.build(arch, device="meta"))
        assert counts == {place: own.get(place, op_costs.NOTHING) for place in counts}
    monkeypatch.setattr(op_costs, "_measured", lambda *_: pytest.fail("built, though all is known"))
    assert networks.operation_counts(archs[::-1]) == found[::-1]
    if name == "nds_darts_lr_wd":
        for lr in (0.01, 0.02):  # not of the network
            attributes = {**dict(archs[0].attributes), "lr": lr}
            other = Architecture(name, archs[0].cells, tuple(attributes.items()))
            assert networks.operation_counts([other]) == found[:1]
