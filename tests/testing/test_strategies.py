"""The strategies draw what they say, dead ends and all."""

import pytest
from hypothesis import find, given
from hypothesis import strategies as st

from archenc.graph import Kind
from archenc.testing.strategies import (
    architectures,
    cells,
    edge_cells,
    nb201_architectures,
    node_cells,
    operations,
    relabelled,
)


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


@given(architectures(), nb201_architectures())
def test_architectures(drawn, nb201):
    assert 1 <= len(drawn.cells) <= 2
    assert nb201.space == "nasbench201"
