"""Cells of the NASNet family as graphs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archenc.graph import Cell, Edge, op
from archenc.spaces.genotype_cell import cell_of, loose, makers, pairs_of

OPS = tuple(op(name) for name in ("skip", "sep_conv3x3", "max_pool3x3"))
AMOEBA_A = tuple((state, 0) for state in (0, 1, 0, 2, 0, 3, 1, 1, 0, 1))


@st.composite
def cells(draw):
    blocks = draw(st.integers(1, 7))
    pairs = tuple(
        (draw(st.integers(0, slot // 2 + 1)), draw(st.integers(0, 2))) for slot in range(2 * blocks)
    )
    states = st.integers(0, blocks + 1)
    return pairs, tuple(sorted(draw(st.sets(states, min_size=1))))


def test_amoebanet_a_by_hand():
    """The 18 edges of the method card; the published graphs wire states instead of nodes to the output."""
    cell = cell_of(AMOEBA_A, (4, 5, 6), OPS)
    assert [(edge.source, edge.target) for edge in cell.edges] == [
        *((0, 2), (1, 3), (0, 4), (2, 5), (3, 5), (0, 6), (4, 7), (5, 7)),
        *((1, 8), (1, 9), (0, 10), (1, 11)),
        *((node, 12) for node in range(6, 12)),
    ]
    assert cell.n_nodes == 13


@given(cells())
def test_a_cell_is_read_back(drawn):
    pairs, concat = drawn
    assert pairs_of(cell_of(pairs, concat, OPS), OPS) == (pairs, concat)


@given(cells())
def test_every_operation_of_a_concatenated_state_reaches_the_output(drawn):
    pairs, concat = drawn
    cell = cell_of(pairs, concat, OPS)
    into_output = {edge.source for edge in cell.edges if edge.target == cell.n_nodes - 1}
    assert into_output == {node for state in concat for node in makers(state)}
    assert into_output <= cell.live


@given(cells())
def test_with_its_loose_states_a_cell_has_no_dead_end(drawn):
    pairs, _ = drawn
    cell = cell_of(pairs, loose(pairs), OPS)
    assert set(range(2, cell.n_nodes)) <= cell.live


@pytest.mark.parametrize("missing", range(18))
def test_half_a_sum_is_no_state(missing):
    cell = cell_of(AMOEBA_A, (4, 5, 6), OPS)
    edges = cell.edges[:missing] + cell.edges[missing + 1 :]
    assert pairs_of(Cell(cell.nodes, edges), OPS) is None


def test_other_cells_are_none():
    link = op("link")
    chain = Cell((op("input"), OPS[0], op("output")), (Edge(0, 1, link), Edge(1, 2, link)))
    assert pairs_of(chain, OPS) is None
    assert pairs_of(cell_of(AMOEBA_A, (4, 5, 6), (op("none"),)), OPS) is None
