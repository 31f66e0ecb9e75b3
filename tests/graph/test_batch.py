"""Dense batches: equal to one architecture at a time, in every view."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.utils import _safe_indexing

from archenc.errors import InvalidArchitecture, InvalidArgument
from archenc.graph import (
    Architecture,
    Cell,
    Edge,
    GraphBatch,
    as_batch,
    class_labels,
    connected,
    op,
    op_on_edge,
    op_on_node,
    vocabulary,
)
from archenc.spaces import space
from archenc.testing.strategies import edge_cells, node_cells

VIEWS = [
    ("native", False),
    ("op_on_node", False),
    ("op_on_node", "none"),
    ("op_on_node", True),
    ("op_on_edge", False),
]


@pytest.fixture(scope="module")
def whole():
    return space("nb201").architectures()


def in_view(cell: Cell, view: str, rewire) -> Cell:
    if view == "op_on_node":
        return op_on_node(cell, rewire)
    return op_on_edge(cell) if view == "op_on_edge" else cell


def assert_equals_slow_twin(batch: GraphBatch, archs, view, rewire) -> None:
    """Fill the arrays of the batch edge by edge."""
    width = batch.n_nodes
    for row, arch in enumerate(archs):
        for k, cell in enumerate(arch.cells):
            seen = in_view(cell, view, rewire)
            last = seen.n_nodes - 1
            place = [*range(last), width - 1]
            ops, edge_ops = np.full(width, -1), np.full((width, width), -1)
            for node, member in enumerate(seen.nodes):
                ops[place[node]] = member.index
            for edge in seen.edges:
                edge_ops[place[edge.source], place[edge.target]] = edge.op.index
            np.testing.assert_array_equal(batch.ops[row, k], ops)
            np.testing.assert_array_equal(batch.edge_ops[row, k], edge_ops)
            np.testing.assert_array_equal(batch.adjacency[row, k], edge_ops >= 0)
            np.testing.assert_array_equal(batch.mask[row, k], ops >= 0)
            live = np.zeros(width, dtype=bool)
            live[[place[node] for node in seen.live]] = True
            np.testing.assert_array_equal(batch.live[row, k], live)


@pytest.mark.parametrize(("view", "rewire"), VIEWS)
def test_nasbench201_equals_the_slow_twin(whole, view, rewire):
    archs = [whole[i] for i in np.random.default_rng(7).choice(15625, 400, replace=False)]
    assert_equals_slow_twin(GraphBatch.from_architectures(archs, view, rewire), archs, view, rewire)


@pytest.mark.parametrize(("view", "rewire"), VIEWS)
@settings(max_examples=40)
@given(data=st.data())
def test_any_population_equals_the_slow_twin(view, rewire, data):
    inputs = data.draw(st.integers(1, 2))
    kind = data.draw(st.sampled_from([node_cells, edge_cells]))
    n_cells = data.draw(st.integers(1, 2))
    cells = st.lists(kind(n_inputs=inputs), min_size=n_cells, max_size=n_cells)
    archs = [Architecture("any", tuple(data.draw(cells))) for _ in range(data.draw(st.integers(1, 4)))]
    assert_equals_slow_twin(GraphBatch.from_architectures(archs, view, rewire), archs, view, rewire)


@given(st.lists(edge_cells(), min_size=1, max_size=3), st.integers(0, 4))
def test_padding_stands_before_the_output(cells, extra):
    archs = [Architecture("any", (cell,)) for cell in cells]
    narrow = as_batch(archs)
    wide = GraphBatch.from_architectures(archs, n_nodes=narrow.n_nodes + extra)
    assert wide.n_nodes == narrow.n_nodes + extra
    assert (wide.ops[:, :, -1] == op("output").index).all()
    assert (wide.mask.sum(-1) == narrow.mask.sum(-1)).all()
    assert_equals_slow_twin(wide, archs, "native", False)
    np.testing.assert_array_equal(wide.connected, narrow.connected)


def test_the_node_form_of_nasbench201(whole):
    batch = GraphBatch.from_architectures(whole, "op_on_node")
    assert batch.ops.shape == (15625, 1, 8)
    assert (batch.adjacency.sum((1, 2, 3)) == 10).all()
    links = {(0, 1), (0, 2), (0, 4), (1, 3), (1, 5), (2, 6), (3, 6), (4, 7), (5, 7), (6, 7)}
    assert {(int(i), int(j)) for i, j in np.argwhere(batch.adjacency[99, 0])} == links
    names = [vocabulary()[k].name for k in batch.ops[99, 0, 1:7]]
    assert names == [edge.op.name for edge in whole[99].cells[0].edges]
    assert batch.mask.all()


def test_rewiring_keeps_nodes_and_operations(whole):
    plain = GraphBatch.from_architectures(whole, "op_on_node")
    rewired = GraphBatch.from_architectures(whole, "op_on_node", rewire=True)
    np.testing.assert_array_equal(rewired.ops, plain.ops)
    assert rewired.mask.all()
    only_skip = space("nb201").parse(["skip"] * 6)
    batch = as_batch([only_skip], "op_on_node", rewire=True)
    assert np.argwhere(batch.adjacency[0, 0]).tolist() == [[0, 7]]
    dead = rewired.adjacency.sum((1, 2, 3)) == 0
    np.testing.assert_array_equal(dead, ~connected(whole))


def test_341_cells_of_nasbench201_are_disconnected_and_labelled(whole):
    batch = as_batch(whole)
    assert (~batch.connected).sum() == 341
    np.testing.assert_array_equal(connected(whole), batch.connected)
    np.testing.assert_array_equal(connected(as_batch(whole, "op_on_node")), batch.connected)
    np.testing.assert_array_equal(connected(as_batch(whole, "op_on_node", rewire=True)), batch.connected)


@pytest.mark.parametrize("index", [np.array([5, 3, 3]), slice(2, 9, 2), [1, 0], np.arange(20) % 3 == 0, 4])
def test_indexing_chooses_architectures(whole, index):
    archs = list(whole[:20])
    batch = as_batch(archs, "op_on_node")
    rows = np.atleast_1d(np.arange(20)[index])
    chosen, built = batch[index], as_batch([archs[i] for i in rows], "op_on_node")
    assert len(chosen) == len(rows)
    for field in ("adjacency", "ops", "edge_ops", "mask", "attributes", "live"):
        np.testing.assert_array_equal(getattr(chosen, field), getattr(built, field))
    assert (chosen.view, chosen.inputs, chosen.space) == ("op_on_node", 1, "nasbench201")


def test_a_batch_in_the_right_view_is_not_copied(whole):
    native = as_batch(whole[:5])
    assert as_batch(native) is native
    node = as_batch(native, "op_on_node", rewire=True)
    assert as_batch(node, "op_on_node", rewire=True) is node
    np.testing.assert_array_equal(node.adjacency, as_batch(whole[:5], "op_on_node", rewire=True).adjacency)


def test_an_empty_choice_is_a_batch(whole):
    none = as_batch(whole[:5], "op_on_node")[[]]
    assert len(none) == 0
    assert none.live.shape == (0, 1, 8)
    assert class_labels(as_batch(whole[:5])[[]], "nats-v1").tolist() == []
    with pytest.raises(InvalidArgument, match="empty batch"):
        as_batch(as_batch(whole[:5])[[]], "op_on_node")


def test_numeric_attributes_become_columns():
    cell = Cell((op("input"), op("output")), (Edge(0, 1, op("skip")),))
    archs = [
        Architecture("any", (cell,), attributes) for attributes in ((("w", 16), ("d", 0.5)), (("w", 8),))
    ]
    batch = as_batch(archs)
    assert batch.attribute_names == ("d", "w")
    np.testing.assert_array_equal(batch.attributes, np.array([[0.5, 16], [np.nan, 8]], dtype=np.float32))
    with pytest.raises(InvalidArchitecture, match=r"archs\[0\]: attribute 'stem' is the text 'deep'"):
        as_batch([Architecture("any", (cell,), (("stem", "deep"),))])


def test_wrong_populations_and_views_are_refused(whole):
    nodes = Architecture("any", (Cell.from_matrix([[0, 1], [0, 0]], ["input", "output"]),))
    one, two = (Cell((op("input"),) * n + (op("output"),), (Edge(0, n, op("skip")),)) for n in (1, 2))
    with pytest.raises(InvalidArgument, match="archs is empty"):
        as_batch([])
    with pytest.raises(
        InvalidArchitecture, match=r"archs\[0\] is of 'any' with 1 cells, archs\[1\] of 'nasb"
    ):
        as_batch([nodes, whole[0]])
    with pytest.raises(InvalidArchitecture, match=r"one number of inputs, got \[1, 2\]"):
        as_batch([Architecture("any", (one,)), Architecture("any", (two,))])
    on_nodes = Cell.from_matrix([[0, 1, 0], [0, 0, 1], [0, 0, 0]], ["input", "conv3x3", "output"])
    with pytest.raises(InvalidArchitecture, match="on the nodes of all cells, or on the edges of all"):
        as_batch([Architecture("any", (one,)), Architecture("any", (on_nodes,))], "op_on_node")
    with pytest.raises(InvalidArgument, match="rewire=True needs view='op_on_node'"):
        as_batch(whole[:2], rewire=True)
    with pytest.raises(InvalidArgument, match=r"in the view 'op_on_node' \(rewire=True\) cannot become"):
        as_batch(as_batch(whole[:2], "op_on_node", rewire=True), "op_on_node")
    with pytest.raises(InvalidArgument, match="n_nodes=3, but the batch has cells of 4 nodes"):
        GraphBatch.from_architectures(whole[:2], n_nodes=3)


def test_scikit_learn_splits_a_batch_as_it_splits_an_array():
    batch = GraphBatch.from_architectures([space("nb201").parse(index) for index in range(9)])
    part = _safe_indexing(batch, np.array([4, 0, 7]))
    assert isinstance(part, GraphBatch)
    assert part.shape == (3, 1, 4)
    np.testing.assert_array_equal(part.edge_ops, batch.edge_ops[[4, 0, 7]])
