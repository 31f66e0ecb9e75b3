"""Rewiring: all cells at once equals the rule applied with sets, link by link."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings

from archenc.graph import Cell, Kind, op_on_node
from archenc.spaces import space
from archenc.testing.strategies import NB201_OPS, edge_cells, node_cells


def slow_twin(cell: Cell) -> set[tuple[int, int]]:
    """FLAN's rule on a node-form cell: drop none, bypass skip, keep what is on a path."""
    links = {(edge.source, edge.target) for edge in cell.edges}
    for node in range(cell.n_inputs, cell.n_nodes - 1):
        if cell.nodes[node].kind is Kind.NONE:
            links = {link for link in links if node not in link}
    for node in range(cell.n_inputs, cell.n_nodes - 1):
        if cell.nodes[node].kind is Kind.IDENTITY:
            before, after = {i for i, j in links if j == node}, {j for i, j in links if i == node}
            links = {link for link in links if node not in link} | set(itertools.product(before, after))
    on_path: set[tuple[int, int]] = set()

    def walk(node: int, taken: tuple[tuple[int, int], ...]) -> None:
        if node == cell.n_nodes - 1:
            on_path.update(taken)
        for link in links:
            if link[0] == node:
                walk(link[1], (*taken, link))

    for node in range(cell.n_inputs):
        walk(node, ())
    return on_path


def links_of(cell: Cell) -> set[tuple[int, int]]:
    return {(edge.source, edge.target) for edge in cell.edges}


@pytest.mark.parametrize("seed", [0, 1])
def test_nasbench201(seed):
    nb201 = space("nb201")
    for arch in nb201.sample(500, np.random.default_rng(seed)):
        plain, rewired = op_on_node(arch.cells[0]), op_on_node(arch.cells[0], rewire=True)
        assert links_of(rewired) == slow_twin(plain)
        assert rewired.nodes == plain.nodes


@settings(max_examples=150)
@given(edge_cells(n_inputs=2))
def test_any_cell_with_operations_on_edges(cell):
    assert links_of(op_on_node(cell, rewire=True)) == slow_twin(op_on_node(cell))


@settings(max_examples=150)
@given(node_cells(ops=NB201_OPS))
def test_any_cell_with_operations_on_nodes(cell):
    assert links_of(op_on_node(cell, rewire=True)) == slow_twin(cell)


def test_skip_and_none_by_hand():
    cell = space("nb201").parse(["skip", "none", "conv3x3", "none", "none", "conv1x1"]).cells[0]
    # 0 -skip-> 1 -conv3x3-> 2 -conv1x1-> 3: nodes 1, 3 and 6 of the node form lie on the one path
    assert links_of(op_on_node(cell, rewire=True)) == {(0, 3), (3, 6), (6, 7)}
    assert links_of(op_on_node(cell, rewire="none")) == {(0, 1), (1, 3), (3, 6), (6, 7)}
