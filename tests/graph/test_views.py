"""The two views of one cell."""

from hypothesis import given

from archenc.graph import Cell, Edge, op, op_on_edge, op_on_node
from archenc.spaces import space
from archenc.testing.strategies import edge_cells, node_cells

NB101 = Cell.from_matrix(
    [[0, 1, 0, 1], [0, 0, 1, 0], [0, 0, 0, 1], [0, 0, 0, 0]], ["input", "conv3x3", "max_pool3x3", "output"]
)


def links_of(cell: Cell) -> list[tuple[int, int]]:
    return sorted((edge.source, edge.target) for edge in cell.edges)


def test_nasbench201_has_eight_nodes_and_ten_links():
    arch = space("nb201").parse((4, 0, 3, 1, 4, 3))
    cell = op_on_node(arch.cells[0])
    names = ["input", "avg_pool3x3", "skip", "none", "conv1x1", "avg_pool3x3", "conv1x1", "output"]
    assert [node.name for node in cell.nodes] == names
    assert links_of(cell) == [(0, 1), (0, 2), (0, 4), (1, 3), (1, 5), (2, 6), (3, 6), (4, 7), (5, 7), (6, 7)]


def darts(sources: list[tuple[int, int]]) -> Cell:
    """A DARTS cell: two inputs, four states of two operations each, concatenated."""
    conv, link = op("sep_conv3x3"), op("link")
    edges = [Edge(i, 2 + state, conv) for state, pair in enumerate(sources) for i in pair]
    edges += [Edge(2 + state, 6, link) for state in range(4)]
    return Cell((op("input"),) * 2 + (op("sum"),) * 4 + (op("output"),), tuple(edges))


def test_darts_has_eleven_nodes_and_all_operations_feed_the_output():
    cell = op_on_node(darts([(0, 1), (0, 2), (2, 3), (1, 4)]))
    assert cell.n_nodes == 11
    assert [source for source, target in links_of(cell) if target == 10] == list(range(2, 10))
    # state 2 = operations 2, 3; state 3 = 4, 5; state 4 = 6, 7; operation 5 reads state 2, 6 too, 7 state 3
    incoming = {node: [i for i, j in links_of(cell) if j == node] for node in range(2, 10)}
    assert incoming == {2: [0], 3: [1], 4: [0], 5: [2, 3], 6: [2, 3], 7: [4, 5], 8: [1], 9: [6, 7]}


def test_operations_on_nodes_move_to_the_edges_that_leave_them():
    assert op_on_edge(NB101).edges == (
        Edge(0, 1, op("link")),
        Edge(1, 2, op("conv3x3")),
        Edge(0, 3, op("link")),
        Edge(2, 3, op("max_pool3x3")),
    )
    assert [node.name for node in op_on_edge(NB101).nodes] == ["input", "sum", "sum", "output"]


def test_a_cell_that_has_the_view_keeps_it():
    assert op_on_node(NB101) == NB101
    nb201 = space("nb201").parse(17).cells[0]
    assert op_on_edge(nb201) == nb201


@given(edge_cells(n_inputs=2))
def test_the_node_form_carries_the_same_operations_and_the_same_flow(cell):
    view = op_on_node(cell)
    assert list(view.nodes[2:-1]) == [edge.op for edge in cell.edges]
    assert view.is_connected == cell.is_connected


@given(node_cells())
def test_the_edge_form_has_the_same_live_nodes(cell):
    assert op_on_edge(cell).live == cell.live
