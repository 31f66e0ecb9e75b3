"""The hash of NAS-Bench-101: golden values, and what may not change it."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archenc.errors import InvalidArchitecture
from archenc.graph import Architecture, Cell, Edge, canonical_texts, op
from archenc.testing.strategies import NB101_OPS, node_cells, relabelled


def architecture(ops: str, *edges: tuple[int, int]) -> Architecture:
    nodes = tuple(op(name) for name in ["input", *ops.split(), "output"])
    return Architecture("nasbench101", (Cell(nodes, tuple(Edge(i, j, op("link")) for i, j in edges)),))


# From the public table's definition of a cell's identity.
GOLDEN = [
    ("", [(0, 1)], "043721b9c7fe8c5fad811d47d83132ec"),
    ("conv3x3", [(0, 1), (1, 2)], "b49ac8c578b4561d79ac7087988f1c61"),
    ("conv1x1", [(0, 1), (1, 2)], "d1269d9156ddc027c40473008192958a"),
    ("max_pool3x3", [(0, 1), (1, 2)], "53cee42601ad14d661bb6878031d6acb"),
    (
        "conv1x1 conv3x3 conv3x3 conv3x3 max_pool3x3",
        [(0, 1), (0, 2), (0, 3), (0, 5), (1, 6), (2, 6), (3, 4), (4, 6), (5, 6)],
        "28cfc7874f6d200472e1a9dcd8650aa0",
    ),
]


@pytest.mark.parametrize(("ops", "edges", "expected"), GOLDEN)
def test_golden_hashes(ops, edges, expected):
    assert architecture(ops, *edges).id() == expected
    assert architecture(ops, *edges).id("nb101-v1") == expected


def test_a_population_is_hashed_at_once():
    archs = [architecture(ops, *edges) for ops, edges, _ in GOLDEN]
    assert canonical_texts(archs, "nb101-v1").tolist() == [expected for *_, expected in GOLDEN]


@given(node_cells(), st.data())
def test_dead_nodes_do_not_change_it(cell, data):
    if not cell.is_connected:
        return
    arch, last = Architecture("any", (cell,)), cell.n_nodes - 1
    dead = data.draw(st.sampled_from(NB101_OPS))
    sources = data.draw(st.lists(st.integers(0, last - 1), unique=True))
    move = [*range(last), last + 1]
    edges = [Edge(move[edge.source], move[edge.target], edge.op) for edge in cell.edges]
    edges += [Edge(source, last, op("link")) for source in sources]
    wider = Cell((*cell.nodes[:-1], dead, cell.nodes[-1]), tuple(edges))
    assert Architecture("any", (wider,)).id() == arch.id()
    assert Architecture("any", (data.draw(relabelled(wider)),)).id() == arch.id()


def test_all_numberings_of_one_cell_have_one_hash():
    _, edges, expected = GOLDEN[-1]
    ops = ["conv1x1", "conv3x3", "conv3x3", "conv3x3", "max_pool3x3"]
    seen = 0
    for order in itertools.permutations(range(1, 6)):
        number = [0, *order, 6]
        moved = [(number[i], number[j]) for i, j in edges]
        if all(i < j for i, j in moved):
            names = [""] * 5
            for old, new in enumerate(order):
                names[new - 1] = ops[old]
            assert architecture(" ".join(names), *moved).id() == expected
            seen += 1
    assert seen == 60


def test_a_disconnected_cell_is_refused():
    cut = architecture("conv3x3", (0, 1))
    with pytest.raises(InvalidArchitecture, match="disconnected"):
        cut.id()
    whole = architecture("conv3x3", (0, 1), (1, 2))
    with pytest.raises(InvalidArchitecture, match="cell 1 of 2 is disconnected"):
        canonical_texts([whole, cut], "nb101-v1")


def test_other_operations_and_inputs_have_labels_of_their_own():
    chains = [
        architecture(name, (0, 1), (1, 2)) for name in ("conv3x3", "sep_conv3x3", "skip", "sep_conv5x5")
    ]
    assert len(set(canonical_texts(chains, "nb101-v1"))) == 4
    link, inputs = op("link"), (op("input"),) * 2
    left, right = (
        Cell((*inputs, op("conv3x3"), op("output")), (Edge(k, 2, link), Edge(2, 3, link))) for k in (0, 1)
    )
    assert Architecture("any", (left,)).id("nb101-v1") != Architecture("any", (right,)).id("nb101-v1")
