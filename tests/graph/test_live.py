"""Live nodes of a dense population equal those of each cell."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from archenc.graph.dense import scatter
from archenc.graph.live import live_nodes, passing_edges
from archenc.testing.strategies import NB201_OPS, edge_cells, node_cells


@given(st.integers(1, 2), st.booleans(), st.data())
def test_live_nodes_equal_those_of_each_cell(inputs, on_nodes, data):
    kind = node_cells(ops=NB201_OPS, n_inputs=inputs) if on_nodes else edge_cells(n_inputs=inputs)
    cells = data.draw(st.lists(kind, min_size=1, max_size=4))
    ops, edge_ops = scatter(cells)
    live = live_nodes(passing_edges(ops, edge_ops), inputs)
    for row, cell in enumerate(cells):
        expected = np.zeros(ops.shape[1], dtype=bool)
        expected[[node if node < cell.n_nodes - 1 else -1 for node in cell.live]] = True
        np.testing.assert_array_equal(live[row], expected)


def test_a_disconnected_graph_has_no_live_node():
    passing = np.zeros((1, 4, 4), dtype=bool)
    passing[0, 0, 1] = passing[0, 2, 3] = True
    assert not live_nodes(passing, 1).any()
