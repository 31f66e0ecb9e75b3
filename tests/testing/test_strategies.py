"""The strategies draw what they say, dead ends and all."""

import pytest
from hypothesis import find, given
from hypothesis import strategies as st

from archenc.graph import Kind
from archenc.spaces import space
from archenc.testing.strategies import (
    architectures,
    cells,
    edge_cells,
    nb101_architectures,
    nb201_architectures,
    nb301_architectures,
    node_cells,
    operations,
    relabelled,
    tnb101_architectures,
)

SPACES = {
    "nb101": nb101_architectures,
    "nb201": nb201_architectures,
    "nb301": nb301_architectures,
    "tnb101": tnb101_architectures,
}


@given(operations())
def test_operations_compute_something(operation):
    assert operation.kind not in {Kind.INPUT, Kind.OUTPUT, Kind.SUM, Kind.LINK, Kind.PADDING}


@given(cells(), st.data())
def test_relabelling_keeps_operations_and_degrees(cell, data):
    other = data.draw(relabelled(cell))
    assert sorted(node.name for node in other.nodes) == sorted(node.name for node in cell.nodes)
    assert sorted(edge.op.name for edge in other.edges) == sorted(edge.op.name for edge in cell.edges)
    assert other.n_inputs == cell.n_inputs


@pytest.mark.parametrize("connected", [True, False])
@pytest.mark.parametrize("kind", [node_cells, edge_cells])
def test_both_connected_and_disconnected_cells_are_drawn(kind, connected):
    assert find(kind(), lambda cell: cell.is_connected is connected).is_connected is connected


def test_relabelling_reaches_other_numberings():
    drawn = edge_cells().flatmap(lambda cell: st.tuples(st.just(cell), relabelled(cell)))
    one, other = find(drawn, lambda pair: pair[0] != pair[1])
    assert one != other


@given(architectures())
def test_architectures(drawn):
    assert 1 <= len(drawn.cells) <= 2


@pytest.mark.parametrize("name", SPACES)
@given(st.data())
def test_architectures_of_a_space(name, data):
    arch = data.draw(SPACES[name]())
    assert arch.space == space(name).name
    assert space(name).parse(space(name).format(arch)) == arch


@given(nb101_architectures())
def test_cells_of_nasbench101_have_no_dead_nodes(arch):
    (cell,) = arch.cells
    assert cell.prune() == cell
    assert len(cell.edges) <= 9


@pytest.mark.parametrize("nodes", range(2, 8))
def test_cells_of_nasbench101_come_in_every_size(nodes):
    assert find(nb101_architectures(), lambda arch: arch.cells[0].n_nodes == nodes)
