"""Tokens of cells: what every id means, in every space."""

from __future__ import annotations

import json

import numpy as np
import pytest

from archenc.encoders.learned.vocabulary import MASK, PAD, RESERVED, TokenFrame
from archenc.errors import InvalidArgument
from archenc.graph import Architecture, Cell, Edge, as_batch, op, vocabulary
from archenc.spaces import space, spaces

PUBLISHED = {
    "nasbench101": (7, ["input", "conv1x1", "conv3x3", "max_pool3x3", "output"]),
    "nasbench201": (8, ["output", "input", "avg_pool3x3", "conv1x1", "conv3x3", "none", "skip"]),
}


@pytest.mark.parametrize("name", sorted(PUBLISHED))
def test_widths_and_orders_are_the_published_ones(name: str):
    frame = TokenFrame.of(name)
    assert (frame.width, list(frame.tokens)) == (PUBLISHED[name][0], [*RESERVED, *PUBLISHED[name][1]])


@pytest.mark.parametrize("name", spaces())
@pytest.mark.parametrize("rewire", [False, "none"])
def test_tokens_name_the_nodes_of_the_node_form(name: str, rewire: bool):
    """The slow twin: one cell after the other, by name."""
    archs = space(name).sample(30, 0)
    frame = TokenFrame.of(name, rewire)
    graphs = frame.graphs(archs)
    batch = as_batch(archs, "op_on_node", rewire)
    assert graphs.tokens.min() >= PAD
    assert (graphs.tokens != MASK).all()
    rows = iter(zip(graphs.tokens, graphs.links, graphs.real, strict=True))
    for arch, ops, adjacency in zip(archs, batch.ops, batch.adjacency, strict=True):
        for cell in range(len(arch.cells)):
            tokens, links, real = next(rows)
            names = [frame.tokens[token] for token in tokens[real]]
            seen = [name if not name.startswith("input") else "input" for name in names]
            there = ops[cell] >= 0
            assert seen == [vocabulary()[index].name for index in ops[cell][there]]
            assert names[: frame.inputs] == ["input", "input_1"][: frame.inputs]
            np.testing.assert_array_equal(links[np.ix_(real, real)], adjacency[cell][np.ix_(there, there)])
            assert not links[~real].any()
            assert real[-1]


def test_smaller_cells_are_padded_before_the_output():
    small = space("nb101").parse("11-1|c3")
    graphs = TokenFrame.of("nasbench101").graphs([small])
    assert list(graphs.real[0]) == [True, True, False, False, False, False, True]
    assert list(graphs.tokens[0, 2:6]) == [PAD] * 4


def test_it_is_plain_values_and_back():
    for name in spaces():
        frame = TokenFrame.of(name)
        assert TokenFrame.from_dict(json.loads(json.dumps(frame.to_dict()))) == frame


def test_only_none_without_links_is_cut():
    assert TokenFrame.of("nasbench201").cut == TokenFrame.of("nasbench201").tokens.index("none")
    assert TokenFrame.of("nasbench201", rewire=False).cut is None
    assert TokenFrame.of("nasbench101").cut is None


def test_strangers_are_refused():
    frame = TokenFrame.of("nasbench201")
    with pytest.raises(InvalidArgument, match="X is of nasbench101"):
        frame.graphs(space("nb101").sample(3, 0))
    cell = space("nb201").sample(1, 0)[0].cells[0]
    edges = (Edge(0, 1, op("max_pool3x3")), *cell.edges[1:])
    with pytest.raises(InvalidArgument, match=r"X\[1\]: operation 'max_pool3x3' has no token"):
        frame.graphs(
            [space("nb201").sample(1, 0)[0], Architecture("nasbench201", (Cell(cell.nodes, edges),))]
        )
    with pytest.raises(InvalidArgument, match="atlantis"):
        TokenFrame.of("atlantis")
