"""Forms that read a cell as an expression: the interned pass equals direct recursion."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archenc.graph import Architecture, Cell, Edge, canonical_text, canonical_texts, op
from archenc.graph.form_terms import distinct_rows
from archenc.spaces import space
from archenc.testing.strategies import edge_cells

FORMS = ("skip-v1", "nats-v1", "algebra-v1")
NATS = {
    "skip": "skip_connect",
    "conv1x1": "nor_conv_1x1",
    "conv3x3": "nor_conv_3x3",
    "avg_pool3x3": "avg_pool_3x3",
}


def slow_twin(cell: Cell, form: str) -> str:
    """Recursion from the output; a value is a text, or in algebra-v1 a sorted list of texts."""

    def term(edge: Edge):
        below, name = value(edge.source), NATS.get(edge.op.name, edge.op.name)
        if form == "algebra-v1":
            if edge.op.name == "none" or not below:
                return []
            return below if edge.op.name == "skip" else [f"({'+'.join(below)})@{name}"]
        if form == "nats-v1" and (edge.op.name == "none" or below == "#"):
            return "#"
        return below if edge.op.name == "skip" else f"({below})@{name}"

    def value(node: int):
        if node < cell.n_inputs:
            return [str(node)] if form == "algebra-v1" else str(node)
        terms = [term(edge) for edge in cell.edges if edge.target == node]
        if form == "algebra-v1":
            return sorted(itertools.chain.from_iterable(terms))
        return "+".join(sorted(terms)) or "#"

    result = value(cell.n_nodes - 1)
    return "+".join(result) or "#" if form == "algebra-v1" else result


@pytest.mark.parametrize("form", FORMS)
def test_all_of_nasbench201_equals_the_slow_twin(form):
    archs = space("nb201").architectures()
    assert canonical_texts(archs, form).tolist() == [slow_twin(arch.cells[0], form) for arch in archs]


@pytest.mark.parametrize("form", FORMS)
@settings(max_examples=60)
@given(inputs=st.integers(1, 2), data=st.data())
def test_any_population_equals_the_slow_twin(form, inputs, data):
    cells = data.draw(st.lists(edge_cells(n_inputs=inputs), min_size=1, max_size=4))
    archs = [Architecture("any", (cell,)) for cell in cells]
    expected = [slow_twin(cell, form) for cell in cells]
    assert canonical_texts(archs, form).tolist() == expected
    assert [canonical_text(arch, form) for arch in archs] == expected


def test_the_example_that_only_algebra_merges():
    one = space("nb201").parse(
        "|nor_conv_1x1~0|+|nor_conv_1x1~0|nor_conv_1x1~1|+|nor_conv_1x1~0|avg_pool_3x3~1|skip_connect~2|"
    )
    other = space("nb201").parse(
        "|nor_conv_1x1~0|+|nor_conv_1x1~0|avg_pool_3x3~1|+|nor_conv_1x1~0|nor_conv_1x1~1|skip_connect~2|"
    )
    assert one.id("nats-v1") != other.id("nats-v1")
    assert one.id("skip-v1") != other.id("skip-v1")
    assert one.id("algebra-v1") == other.id("algebra-v1")


def test_zero_and_identity():
    parse = space("nb201").parse
    nothing, straight = parse(["none"] * 6), parse(["none", "none", "none", "skip", "none", "none"])
    assert canonical_text(nothing, "algebra-v1") == "#"
    assert canonical_text(nothing, "nats-v1") == "#+#+#"
    assert canonical_text(straight, "algebra-v1") == "0"
    link = Architecture("any", (Cell((op("input"), op("output")), (Edge(0, 1, op("conv3x3")),)),))
    assert canonical_text(link, "nats-v1") == "(0)@nor_conv_3x3"


def test_distinct_rows():
    rows = np.array([[3, 1], [2, 2], [3, 1], [0, 9]])
    first, where = distinct_rows(rows)
    np.testing.assert_array_equal(rows[first][where], rows)
    assert len(first) == 3
    first, where = distinct_rows(np.zeros((4, 0), dtype=int))
    assert len(first) == 1
    assert len(where) == 4
