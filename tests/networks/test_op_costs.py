"""Counts of single operations: those of the whole network, whoever was counted before."""

from __future__ import annotations

import pytest

from archenc.graph import as_batch
from archenc.networks import build, count, operation_counts
from archenc.networks import op_costs as room
from archenc.networks.base import CellCopy
from archenc.networks.counting import LeafCost, leaf_costs
from archenc.spaces import space

CELLS = ("nasbench101", "nasbench201", "nasbench301", "transnasbench101", "transnasbench101_macro")
SPACES = (*CELLS, "nasbenchmacro", "natsbenchsize", "accelnasbench")


@pytest.mark.parametrize("name", SPACES)
def test_counts_are_those_of_each_network_alone(name: str) -> None:
    """What earlier networks taught must be what this network costs: naive twin without memory."""
    archs = space(name).sample(6, 3)
    found = operation_counts(archs)
    for arch, counts in zip(archs, found, strict=True):
        network = build(arch, device="meta")
        costs = leaf_costs(network)
        params: dict[tuple[int, int], int] = dict.fromkeys(counts, 0)
        flops, activations = dict.fromkeys(counts, 0), dict.fromkeys(counts, 0)
        for copy in network.modules():
            if isinstance(copy, CellCopy):
                for number, paths in copy.operation_modules().items():
                    for module in map(copy.get_submodule, paths):
                        params[copy.which, number] += sum(w.numel() for w in module.parameters())
                        for leaf in module.modules():
                            cost = costs.get(leaf, LeafCost(0, 0))
                            flops[copy.which, number] += cost.flops
                            activations[copy.which, number] += cost.activations
        assert {place: c.params for place, c in counts.items()} == params
        assert {place: c.flops for place, c in counts.items()} == flops
        assert {place: c.activations for place, c in counts.items()} == activations


@pytest.mark.parametrize("name", SPACES)
def test_every_operation_has_a_place_in_the_order_of_the_view(name: str) -> None:
    for arch in space(name).sample(5, 1):
        places = list(operation_counts([arch])[0])
        batch = as_batch([arch], "op_on_node")
        sizes = batch.mask[0].sum(1) - batch.inputs - 1
        assert places == [(c, k) for c, size in enumerate(sizes) for k in range(size)]


def test_leaves_add_up_to_the_network() -> None:
    network = build(space("nasbench201").sample(1, 0)[0], device="meta")
    costs, counted = leaf_costs(network).values(), count(network)
    assert sum(cost.flops for cost in costs) == counted.flops
    assert sum(cost.activations for cost in costs) == counted.activations


def test_a_network_is_built_only_where_no_earlier_one_tells(monkeypatch: pytest.MonkeyPatch) -> None:
    archs = space("nasbench201").sample(200, 0)
    operation_counts(archs)
    monkeypatch.setattr(room, "_measured", lambda *_: pytest.fail("built again"))
    operation_counts(archs)
