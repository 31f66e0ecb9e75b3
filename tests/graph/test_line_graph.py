"""The node form of a topology."""

from archenc.graph.line_graph import line_graph


def test_four_complete_nodes_give_ten_links():
    pairs = [(0, 1), (0, 2), (1, 2), (0, 3), (1, 3), (2, 3)]
    graph = line_graph(4, 1, tuple((i, j, False) for i, j in pairs))
    assert list(graph.op_edges) == pairs
    links = {(0, 1), (0, 2), (0, 4), (1, 3), (1, 5), (2, 6), (3, 6), (4, 7), (5, 7), (6, 7)}
    assert set(graph.links) == links
    assert len(graph.links) == 10


def test_a_link_passes_on_what_its_source_is_made_of():
    # two operations into state 1, which is linked to the output beside an operation of its own
    graph = line_graph(4, 1, ((0, 1, False), (0, 2, True), (1, 2, False), (1, 3, True), (2, 3, True)))
    assert graph.op_edges == ((0, 1), (1, 2))
    assert set(graph.links) == {(0, 1), (1, 2), (1, 3), (0, 3), (2, 3)}


def test_an_edge_from_nowhere_has_no_links_into_it():
    graph = line_graph(3, 1, ((1, 2, False),))
    assert graph.op_edges == ((1, 2),)
    assert graph.links == ((1, 2),)
