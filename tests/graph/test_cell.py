"""Cells: what they refuse, and which part of them is live."""

import itertools
import pickle

import pytest
from hypothesis import given

from archenc.errors import InvalidArchitecture, UnknownName
from archenc.graph import Cell, Edge, Kind, Op, op
from archenc.testing.strategies import cells

LINK, IN, SUM, OUT = op("link"), op("input"), op("sum"), op("output")
CONV, NONE = op("conv3x3"), op("none")


def chain(*pairs: tuple[int, int], hidden: int = 2) -> Cell:
    return Cell((IN, *[CONV] * hidden, OUT), tuple(Edge(i, j, LINK) for i, j in pairs))


def test_edges_are_stored_by_target_then_source():
    cell = chain((2, 3), (0, 2), (1, 3), (0, 1))
    assert [edge[:2] for edge in cell.edges] == [(0, 1), (0, 2), (1, 3), (2, 3)]
    assert cell == chain((0, 1), (0, 2), (1, 3), (2, 3))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: chain((0, 1), (1, 2), (2, 1)), "edge 2->1 closes a cycle"),
        (lambda: chain((1, 1)), "edge 1->1 closes a cycle"),
        (lambda: chain((0, 2), (2, 1), (1, 3)), "edge 2->1 runs backwards"),
        (lambda: chain((0, 7)), "edge 0->7: nodes run from 0 to 3"),
        (lambda: chain((-1, 2)), "edge -1->2: nodes run from 0 to 3"),
        (lambda: chain((0, 1), (0, 1)), "edge 0->1 is given twice"),
        (lambda: Cell((IN, IN, OUT), (Edge(0, 1, LINK),)), "edge 0->1 ends in an input node"),
        (lambda: Cell((), ()), "input nodes must come first"),
        (lambda: Cell((CONV, IN, OUT), ()), "input nodes must come first"),
        (lambda: Cell((IN, CONV), ()), "exactly one output node"),
        (lambda: Cell((IN, OUT, OUT), ()), "exactly one output node"),
        (lambda: Cell((IN, IN, CONV, IN, OUT), ()), "input nodes must come first"),
        (lambda: Cell((IN, op("padding"), OUT), ()), "node 1: 'padding' cannot stand on a hidden node"),
        (lambda: Cell((IN, SUM, OUT), (Edge(0, 1, IN),)), "edge 0->1: 'input' is no operation"),
        (lambda: Cell((IN, Op("mine", Kind.CONV), OUT), ()), "node 1: operation 'mine' is not in the vocab"),
        (lambda: Cell((IN, Op("conv3x3", Kind.CONV, (5, 5)), OUT), ()), "node 1: operation 'conv3x3'"),
        (lambda: Cell((IN, SUM, OUT), (Edge(0, 1, Op("mine", Kind.CONV)),)), "edge 0->1: 'mine'"),
        (lambda: Cell((IN, CONV, OUT), (Edge(0, 1, CONV),)), "edge 0->1 carries 'conv3x3' while node 1"),
    ],
)
def test_a_wrong_cell_is_refused_with_what_and_where(make, message):
    with pytest.raises(InvalidArchitecture, match=message):
        make()


def test_a_matrix_of_nasbench101_is_read():
    cell = Cell.from_matrix([[0, 1, 1], [0, 0, 1], [0, 0, 0]], ["input", "conv3x3", "output"])
    assert cell == chain((0, 1), (0, 2), (1, 2), hidden=1)
    assert cell.ops_on == "nodes"


@pytest.mark.parametrize(
    ("matrix", "ops", "error", "message"),
    [
        ([[0, 1, 0], [0, 0, 1], [0, 1, 0]], ["input", "conv3x3", "output"], InvalidArchitecture, "cycle"),
        ([[0, 1], [0, 0]], ["input", "conv3x3", "output"], InvalidArchitecture, "not 3 x 3"),
        ([[0, 2], [0, 0]], ["input", "output"], InvalidArchitecture, r"\[0\]\[1\] is 2"),
        ([[0, 1, 0], [0, 0, 1], [0, 0, 0]], ["input", "conv9x9", "output"], UnknownName, "conv9x9"),
    ],
)
def test_a_wrong_matrix_is_refused(matrix, ops, error, message):
    with pytest.raises(error, match=message):
        Cell.from_matrix(matrix, ops)


def test_where_operations_sit():
    on_edges = Cell((IN, SUM, OUT), (Edge(0, 1, CONV), Edge(1, 2, LINK)))
    assert on_edges.ops_on == "edges"
    assert Cell((IN, OUT), (Edge(0, 1, LINK),)).ops_on == "nodes"
    assert Cell((IN, IN, CONV, OUT), ()).n_inputs == 2


def test_a_disconnected_cell_is_told_and_cannot_be_pruned():
    cell = chain((0, 1), (2, 3))
    assert not cell.is_connected
    with pytest.raises(InvalidArchitecture, match=r"disconnected.*0->1 link, 2->3 link"):
        cell.prune()
    with pytest.raises(InvalidArchitecture, match="none at all"):
        chain().prune()


def test_none_lets_nothing_through():
    assert not Cell((IN, OUT), (Edge(0, 1, NONE),)).is_connected
    assert not Cell((IN, NONE, OUT), (Edge(0, 1, LINK), Edge(1, 2, LINK))).is_connected


def test_pruning_removes_what_is_dead_and_renumbers():
    cell = chain((0, 1), (0, 3), (1, 2), (3, 4), hidden=3)
    assert cell.live == {0, 3, 4}
    assert cell.prune() == chain((0, 1), (1, 2), hidden=1)


def paths(cell: Cell) -> list[list[int]]:
    """Naive twin: every walk from an input to the output over what lets something through."""

    def open_node(node: int) -> bool:
        return cell.nodes[node].kind is not Kind.NONE

    def walk(node: int) -> list[list[int]]:
        if node == cell.n_nodes - 1:
            return [[node]]
        steps = [
            e for e in cell.edges if e.source == node and e.op.kind is not Kind.NONE and open_node(e.target)
        ]
        return [[node, *rest] for e in steps for rest in walk(e.target)]

    return list(itertools.chain.from_iterable(walk(node) for node in range(cell.n_inputs)))


@given(cells())
def test_live_nodes_are_those_on_a_path(cell):
    walks = paths(cell)
    assert cell.live == set(itertools.chain.from_iterable(walks))
    assert cell.is_connected == bool(walks)


@given(cells())
def test_a_pruned_cell_is_all_live(cell):
    if cell.is_connected:
        pruned = cell.prune()
        assert pruned.live | set(range(cell.n_inputs)) == set(range(pruned.n_nodes))
        assert pruned.prune() == pruned
        assert len(paths(pruned)) == len(paths(cell))


@given(cells())
def test_a_cell_survives_pickling(cell):
    assert pickle.loads(pickle.dumps(cell)) == cell
