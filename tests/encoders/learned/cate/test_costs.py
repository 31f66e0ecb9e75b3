from __future__ import annotations

import itertools
from typing import Literal

import numpy as np
import pytest

from archenc.encoders.learned.cate.costs import cell_costs, nb101_parameters
from archenc.errors import InvalidArgument
from archenc.graph import Architecture, as_batch
from archenc.networks import build, count
from archenc.networks.nb101_vertices import parameters
from archenc.spaces import space
from archenc.testing.unchecked import unchecked


def counted(archs: list[Architecture], quantity: str) -> list[int]:
    return [getattr(count(build(arch, device="meta")), quantity) for arch in archs]


def test_closed_form_of_nasbench101_equals_the_count_of_each_cell():
    archs = list(itertools.islice(space("nb101").enumerate(), 0, 5_000, 25))
    archs += space("nb101").sample(200, 0)
    expected = [parameters(arch.cells[0].prune()) for arch in archs]
    np.testing.assert_array_equal(nb101_parameters(as_batch(archs)), expected)


def test_closed_form_prunes_dead_nodes():
    archs = [
        space("nb101").parse(text)
        for text in ("1100-001-01-0|c3,c1,mp", "1101-010-01-0|c3,c1,c3", "101-00-1|c3,c1")
    ]
    assert all(len(arch.cells[0].live) < arch.cells[0].n_nodes for arch in archs)
    expected = [parameters(arch.cells[0].prune()) for arch in archs]
    np.testing.assert_array_equal(cell_costs(archs, "params"), expected)


@pytest.mark.parametrize(("name", "quantity"), [("nb201", "flops"), ("tnb101", "params")])
def test_sums_over_operations_equal_the_counts(name: str, quantity: Literal["params", "flops"]):
    archs = space(name).sample(12, 77)
    np.testing.assert_array_equal(cell_costs(archs, quantity), counted(archs, quantity))


def test_a_cell_of_two_places_costs_what_it_costs_in_both():
    archs = space("nb301").sample(2, 5)
    twice = [Architecture(arch.space, (arch.cells[0], arch.cells[0])) for arch in archs]
    np.testing.assert_array_equal(cell_costs(archs, "params"), counted(twice, "params"))


def test_what_does_not_add_up_is_counted_one_by_one():
    archs = space("tnb101_macro").sample(3, 3)
    np.testing.assert_array_equal(cell_costs(archs, "params"), counted(archs, "params"))
    np.testing.assert_array_equal(cell_costs(as_batch(archs), "params"), counted(archs, "params"))


def test_a_function_may_give_the_cost():
    archs = space("nb201").sample(9, 3)
    np.testing.assert_array_equal(cell_costs(archs, lambda batch: np.arange(len(batch))), np.arange(9))
    with pytest.raises(InvalidArgument, match=r"\(3,\)"):
        cell_costs(archs, lambda batch: np.zeros(3))


def test_refuses_an_unknown_quantity():
    with unchecked(), pytest.raises(InvalidArgument, match="latency"):
        cell_costs(space("nb201").sample(3, 0), "latency")  # type: ignore[arg-type]
