"""Vertices of NAS-Bench-101: widths, trained order and closed form, against slow twins and real rows."""

from __future__ import annotations

import csv
import itertools
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archenc import networks
from archenc.errors import InvalidArchitecture, InvalidArgument
from archenc.graph import Architecture, Cell
from archenc.networks.nb101_vertices import as_given, as_trained, parameters, stages, widths
from archenc.spaces import space
from archenc.testing.strategies import node_cells, relabelled

LABELS = ("conv3x3", "conv1x1", "max_pool3x3")


def cell_of(edges: str, ops: str = "") -> Cell:
    """Build a cell from `01 12 02` and `c3 c1 mp`; by default all convolutions are 3x3."""
    pairs = [(int(pair[0]), int(pair[1])) for pair in edges.split()]
    n = max(target for _, target in pairs) + 1
    names = {"c3": "conv3x3", "c1": "conv1x1", "mp": "max_pool3x3"}
    inner = [names[short] for short in ops.split()] or ["conv3x3"] * (n - 2)
    matrix = [[int((i, j) in pairs) for j in range(n)] for i in range(n)]
    return Cell.from_matrix(matrix, ["input", *inner, "output"])


def live_cells(max_hidden: int = 5) -> st.SearchStrategy[Cell]:
    return node_cells(max_hidden).filter(lambda cell: cell.is_connected)


@pytest.mark.parametrize(
    ("edges", "expected"),
    [
        ("01", (7, 128)),
        ("01 12", (7, 128, 128)),
        ("01 02 03 14 24 34", (7, 43, 43, 42, 128)),  # the remainder goes to the first
        ("01 02 13 23", (7, 64, 64, 128)),
        ("01 12 23 34 14 24", (7, 43, 43, 42, 128)),  # wired vertices share, whatever else they feed
        ("01 12 13 24 34", (7, 64, 64, 64, 128)),  # vertex 1 takes the widest it feeds
        ("01 02 13 23 24 35 45 15", (7, 43, 43, 43, 42, 128)),
    ],
)
def test_widths_by_hand(edges: str, expected: tuple[int, ...]):
    assert widths(cell_of(edges), 7, 128) == expected


@given(live_cells(), st.integers(5, 200))
def test_widths_add_up_and_shrink_by_one_at_most(cell: Cell, channels: int):
    cell = cell.prune()
    found = widths(cell, 3, channels)
    last = cell.n_nodes - 1
    ends = [edge.source for edge in cell.edges if edge.target == last and edge.source > 0]
    assert sum(found[end] for end in ends) == (channels if ends else 0)
    inner = [
        (found[edge.source], found[edge.target])
        for edge in cell.edges
        if edge.source > 0 and edge.target < last
    ]
    assert all(0 <= source - target <= 1 for source, target in inner)


def test_too_few_channels_are_refused():
    with pytest.raises(
        InvalidArgument, match=r"2 channels cannot be shared by the 3 vertices.*channels >= 3"
    ):
        widths(cell_of("01 02 03 14 24 34"), 2, 2)


def test_stages_double_in_the_first_module():
    assert stages(4, 3, 2) == [[(4, 4), (4, 4)], [(4, 8), (8, 8)], [(8, 16), (16, 16)]]
    assert stages(4, 1, 1) == [[(4, 4)]]


def first_met(max_nodes: int) -> dict[str, Cell]:
    """Enumerate as the benchmark did: the slow twin of `as_trained`."""
    found: dict[str, Cell] = {}
    for n in range(2, max_nodes + 1):
        pairs = [(source, target) for target in range(n) for source in range(target)]
        for bits in range(2 ** len(pairs)):
            edges = [pair for k, pair in enumerate(pairs) if bits >> k & 1]
            matrix = [[int((i, j) in edges) for j in range(n)] for i in range(n)]
            if not all(any(row) for row in matrix[:-1]) or not all(
                map(any, list(zip(*matrix, strict=True))[1:])
            ):
                continue
            for inner in itertools.product(LABELS, repeat=n - 2):
                cell = Cell.from_matrix(matrix, ["input", *inner, "output"])
                found.setdefault(Architecture("nasbench101", (cell,)).id(), cell)
    return found


def test_the_trained_cell_is_the_first_the_benchmark_met():
    met = first_met(4)
    assert len(met) == 1 + 6 + 84
    for bits in range(2**6):
        pairs = list(itertools.combinations(range(4), 2))
        edges = " ".join(f"{i}{j}" for k, (i, j) in enumerate(pairs) if bits >> k & 1)
        for ops in itertools.product(("c3", "c1", "mp"), repeat=2):
            cell = cell_of(edges, " ".join(ops)) if "3" in edges else None
            if cell is not None and cell.is_connected:
                assert as_trained(cell)[0] == met[Architecture("nasbench101", (cell,)).id()]


@given(st.data())
def test_isomorphic_cells_have_one_trained_cell(data: st.DataObject):
    cell = data.draw(live_cells())
    assert as_trained(data.draw(relabelled(cell)))[0] == as_trained(cell)[0]


@settings(max_examples=30)
@given(live_cells().filter(lambda cell: len(cell.prune().edges) <= 9))
def test_the_trained_cell_is_the_canonical_one_of_the_space(cell: Cell):
    canonical = space("nasbench101").canonical(Architecture("nasbench101", (cell,)))
    assert (as_trained(cell)[0],) == canonical.cells


@given(live_cells())
def test_orders_keep_the_cell_and_say_where_its_nodes_were(cell: Cell):
    present = {(edge.source, edge.target) for edge in cell.edges}
    for found, nodes in (as_trained(cell), as_given(cell)):
        assert set(nodes) == cell.live
        assert found.nodes == tuple(cell.nodes[node] for node in nodes)
        assert len(found.edges) == len(cell.prune().edges)
        assert all((nodes[edge.source], nodes[edge.target]) in present for edge in found.edges)
    assert as_given(cell)[0] == cell.prune()
    assert as_trained(as_trained(cell)[0])[0] == as_trained(cell)[0]


def test_foreign_and_disconnected_cells_are_refused():
    with pytest.raises(InvalidArchitecture, match=r"node 1 carries 'skip'; legal in NAS-Bench-101: conv3x3"):
        as_trained(Cell.from_matrix([[0, 1, 0], [0, 0, 1], [0, 0, 0]], ["input", "skip", "output"]))
    with pytest.raises(InvalidArchitecture, match="disconnected"):
        as_given(Cell.from_matrix([[0, 1, 0], [0, 0, 0], [0, 0, 0]], ["input", "conv1x1", "output"]))
    with pytest.raises(InvalidArchitecture, match="2 inputs"):
        as_given(Cell.from_matrix([[0, 0, 1], [0, 0, 1], [0, 0, 0]], ["input", "input", "output"]))


def test_parameters_by_hand():
    # stem 3x3x3x4 + 8, projection 4x4 + 8, convolution 9x4x4 + 8, classifier 4x2 + 2
    assert parameters(cell_of("01 12"), channels=4, stacks=1, modules=1, n_classes=2) == 116 + 24 + 152 + 10


@settings(max_examples=20)
@given(live_cells(4), st.integers(4, 20), st.integers(1, 2), st.integers(1, 2), st.integers(1, 4))
def test_parameters_are_those_of_the_built_network(
    cell: Cell, channels: int, stacks: int, modules: int, colours: int
):
    network = networks.build(
        Architecture("nasbench101", (cell,)),
        device="meta",
        channels=channels,
        stacks=stacks,
        modules=modules,
        n_classes=7,
        input_shape=(colours, 8, 8),
    )
    expected = parameters(as_trained(cell)[0], channels, stacks, modules, 7, colours)
    assert networks.count(network).params == expected


def test_a_cell_whose_parameters_depend_on_the_spelling():
    cell = cell_of("01 12 25 13 35 14 45", "c3 c3 c1 mp")
    swapped = cell_of("01 12 25 13 35 14 45", "c3 mp c1 c3")
    assert as_trained(cell)[0] == as_trained(swapped)[0]
    assert parameters(cell) != parameters(swapped)
    assert parameters(as_trained(cell)[0]) == parameters(cell)


@pytest.fixture(scope="module")
def published(shared_data: Path) -> list[dict[str, str]]:
    with (shared_data / "nb101" / "decoded_nb101_20k.csv").open() as file:
        return list(csv.DictReader(file))


def wrong_rows(rows: list[dict[str, str]]) -> list[str]:
    """Return the hashes of the rows whose parameters differ from the closed form."""
    names = {"conv3x3-bn-relu": "conv3x3", "conv1x1-bn-relu": "conv1x1", "maxpool3x3": "max_pool3x3"}
    wrong = []
    for row in rows:
        n, bits = int(row["n"]), row["adj_rowmajor"]
        cell = Cell.from_matrix(
            [[int(bit) for bit in bits[i : i + n]] for i in range(0, n * n, n)],
            [names.get(label, label) for label in row["ops"].split(";")],
        )
        if parameters(as_trained(cell)[0]) != int(row["params"]):
            wrong.append(row["hash"])
    return wrong


def test_published_parameters_of_500_rows(published: list[dict[str, str]]):
    assert wrong_rows(published[::40]) == []
    assert len(published[::40]) == 501


@pytest.mark.slow
def test_published_parameters_of_all_rows(published: list[dict[str, str]]):
    assert wrong_rows(published) == []
    assert len(published) == 20_001
