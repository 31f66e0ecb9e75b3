"""Forms that keep the graph: live parts, and live parts up to relabelling."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archenc.graph import Architecture, Cell, Edge, canonical_text, canonical_texts, op
from archenc.spaces import space
from archenc.testing.strategies import cells, edge_cells, node_cells, relabelled


def text(cell: Cell, form: str) -> str:
    return canonical_text(Architecture("any", (cell,)), form)


def isomorphic(one: Cell, other: Cell) -> bool:
    """Try every numbering of the hidden nodes of the live part."""
    one, other = one.prune(), other.prune()
    if (one.n_nodes, one.n_inputs) != (other.n_nodes, other.n_inputs):
        return False
    for hidden in itertools.permutations(range(one.n_inputs, one.n_nodes - 1)):
        number = [*range(one.n_inputs), *hidden, one.n_nodes - 1]
        if all(node == other.nodes[number[k]] for k, node in enumerate(one.nodes)):
            moved = {(number[edge.source], number[edge.target], edge.op) for edge in one.edges}
            if moved == {tuple(edge) for edge in other.edges}:
                return True
    return False


def test_raw_and_live_by_hand():
    cell = (
        space("nb201")
        .parse("|nor_conv_3x3~0|+|none~0|none~1|+|skip_connect~0|avg_pool_3x3~1|nor_conv_1x1~2|")
        .cells[0]
    )
    assert text(cell, "raw-v1") == "|conv3x3~0|+|none~0|none~1|+|skip~0|avg_pool3x3~1|conv1x1~2|"
    assert text(cell, "live-v1") == "|conv3x3~0|+|+|skip~0|avg_pool3x3~1|"
    assert text(cell, "live-iso-v1") == "|conv3x3~0|+|skip~0|avg_pool3x3~1|"
    nodes = Cell.from_matrix(
        [[0, 1, 1, 0], [0, 0, 0, 0], [0, 0, 0, 1], [0, 0, 0, 0]], ["input", "conv3x3", "conv1x1", "output"]
    )
    assert text(nodes, "raw-v1") == "conv3x3|~0|+conv1x1|~0|+|~2|"
    assert text(nodes, "live-v1") == "none|+conv1x1|~0|+|~2|"
    assert text(nodes, "live-iso-v1") == "conv1x1|~0|+|~1|"


def test_several_inputs_are_written():
    cell = Cell((op("input"),) * 2 + (op("output"),), (Edge(1, 2, op("skip")),))
    assert text(cell, "raw-v1") == "2 inputs: |skip~1|"


@given(cells(), cells())
def test_raw_tells_all_cells_apart(one, other):
    assert (text(one, "raw-v1") == text(other, "raw-v1")) == (one == other)


@given(cells())
def test_live_forms_do_not_see_what_is_dead(cell):
    if cell.is_connected:
        assert text(cell, "live-iso-v1") == text(cell.prune(), "live-iso-v1")
        assert text(cell.prune(), "live-v1") == text(cell.prune(), "raw-v1")


def test_dead_nodes_do_not_change_the_order_of_the_others():
    """Colours were once refined as often as the array is wide, dead nodes and padding counted."""
    names = {
        (1, 2): "skip",
        (1, 3): "conv1x1",
        (2, 4): "skip",
        (3, 4): "skip",
        (1, 5): "none",
        (4, 6): "skip",
    }
    edges = tuple(Edge(source, target, op(name)) for (source, target), name in names.items())
    cell = Cell((op("input"),) * 2 + (op("sum"),) * 4 + (op("output"),), edges)
    assert text(cell, "live-iso-v1") == text(cell.prune(), "live-iso-v1")


@settings(max_examples=200)
@given(st.data())
def test_live_iso_is_equal_exactly_for_isomorphic_cells(data):
    draw_one = data.draw(st.sampled_from([node_cells(4), edge_cells(3), edge_cells(3, n_inputs=2)]))
    one, other = data.draw(draw_one), data.draw(draw_one)
    if one.is_connected and other.is_connected:
        assert (text(one, "live-iso-v1") == text(other, "live-iso-v1")) == isomorphic(one, other)
        assert text(one, "live-iso-v1") == text(data.draw(relabelled(one)), "live-iso-v1")


def ladder(*order: int) -> Cell:
    """Two pairs of equal nodes, each node of the first pair reading one of the second: ties of colour."""
    conv = op("conv3x3")
    number = {0: 0, 5: 5} | {node: place for place, node in enumerate(order, start=1)}
    pairs = [(0, 1), (0, 2), (1, 3), (2, 4), (3, 5), (4, 5)]
    edges = tuple(Edge(number[i], number[j], op("link")) for i, j in pairs)
    return Cell((op("input"), *[conv] * 4, op("output")), edges)


def test_ties_are_settled_by_the_least_matrix():
    texts = {
        text(ladder(*order), "live-iso-v1")
        for order in ((1, 2, 3, 4), (1, 2, 4, 3), (2, 1, 3, 4), (1, 3, 2, 4))
    }
    assert texts == {"conv3x3|~0|+conv3x3|~0|+conv3x3|~1|+conv3x3|~2|+|~3|~4|"}


def small_cells(n: int) -> list[Architecture]:
    """All cells of NAS-Bench-101 with exactly n nodes, all of them live."""
    slots = list(itertools.combinations(range(n), 2))
    made = []
    for bits in itertools.product((0, 1), repeat=len(slots)):
        pairs = tuple(slot for slot, bit in zip(slots, bits, strict=True) if bit)
        if len(pairs) > 9:
            continue
        nodes = (op("input"), *[op("conv3x3")] * (n - 2), op("output"))
        if len(Cell(nodes, tuple(Edge(*pair, op("link")) for pair in pairs)).live) < n:
            continue
        for names in itertools.product(("conv3x3", "conv1x1", "max_pool3x3"), repeat=n - 2):
            nodes = (op("input"), *map(op, names), op("output"))
            made.append(Architecture("any", (Cell(nodes, tuple(Edge(*pair, op("link")) for pair in pairs)),)))
    return made


@pytest.mark.parametrize(
    ("n", "labelled", "classes"), [(2, 1, 1), (3, 2 * 3, 6), (4, 10 * 9, 84), (5, 121 * 27, 2441)]
)
def test_the_cells_of_nasbench101_are_counted_exactly(n, labelled, classes):
    archs = small_cells(n)
    assert len(archs) == labelled
    assert len(set(canonical_texts(archs, "live-iso-v1"))) == classes
    assert len(set(canonical_texts(archs, "nb101-v1"))) == classes
