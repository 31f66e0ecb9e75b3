"""Dense arrays: placing, padding, and one view from another."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from archenc.errors import InvalidArchitecture
from archenc.graph import Cell, op
from archenc.graph.dense import edge_form, node_form, pad, scatter
from archenc.testing.strategies import edge_cells, node_cells

CHAIN = Cell.from_matrix([[0, 1, 0], [0, 0, 1], [0, 0, 0]], ["input", "conv3x3", "output"])
SHORT = Cell.from_matrix([[0, 1], [0, 0]], ["input", "output"])


def test_a_smaller_cell_is_padded_before_the_output():
    ops, edge_ops = scatter([CHAIN, SHORT])
    assert ops.tolist() == [
        [op(n).index for n in ("input", "conv3x3", "output")],
        [op("input").index, -1, op("output").index],
    ]
    link = op("link").index
    assert edge_ops[1].tolist() == [[-1, -1, link], [-1, -1, -1], [-1, -1, -1]]


@given(
    st.one_of(st.lists(node_cells(), min_size=1, max_size=3), st.lists(edge_cells(), min_size=1, max_size=3))
)
def test_padding_commutes_with_the_views(cells):
    ops, edge_ops = scatter(cells)
    wide = pad(ops, edge_ops, ops.shape[1] + 2)
    plain_nodes, plain_links = node_form(ops, edge_ops, 1, False)
    nodes, links = node_form(*wide, 1, False)
    expected = pad(plain_nodes, plain_links, nodes.shape[1])
    np.testing.assert_array_equal(nodes, expected[0])
    np.testing.assert_array_equal(links, expected[1])
    for got, want in zip(edge_form(*wide), pad(*edge_form(ops, edge_ops), ops.shape[1] + 2), strict=True):
        np.testing.assert_array_equal(got, want)


def test_cells_of_different_numbers_of_inputs_do_not_mix():
    two = Cell((op("input"), op("input"), op("output")), ())
    with pytest.raises(InvalidArchitecture, match=r"one number of inputs, got \[1, 2\]"):
        scatter([SHORT, two])
