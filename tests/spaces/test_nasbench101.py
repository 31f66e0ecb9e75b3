"""The search space of NAS-Bench-101."""

import csv
import json
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from archenc.errors import InvalidArchitecture, InvalidArgument
from archenc.graph import Architecture, Cell, Edge, canonical_texts, op
from archenc.spaces.nasbench101 import SPACE
from archenc.testing.strategies import node_cells

LINK, INPUT, OUTPUT, CONV = (op(name) for name in ("link", "input", "output", "conv3x3"))


def cell_of(*nodes, edges):
    return Cell((INPUT, *nodes, OUTPUT), tuple(Edge(i, j, LINK) for i, j in edges))


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("1|", "043721b9c7fe8c5fad811d47d83132ec"),
        ("10-1|mp", "53cee42601ad14d661bb6878031d6acb"),
        ("111010-00001-0001-100-01-1|c1,c3,c3,c3,mp", "28cfc7874f6d200472e1a9dcd8650aa0"),
    ],
)
def test_published_hashes(text, key):
    arch = SPACE.parse(text)
    assert SPACE.key(arch) == SPACE.format(arch, "hash") == key
    assert SPACE.format(arch) == text


def test_the_numeric_rows_keep_their_keys_and_their_spelling(shared_data):
    columns = json.loads((shared_data / "nb101" / "data-1k.json").read_text())
    rows = list(zip(columns["operations"], columns["adjacency"], columns["key"], strict=True))
    assert len(rows) == 1000
    assert sum(-3 in ops for ops, _, _ in rows) == 158
    published = [{"operations": ops, "adjacency": adjacency} for ops, adjacency, _ in rows]
    archs = [SPACE.parse(row) for row in published]
    assert canonical_texts(archs, "nb101-v1").tolist() == [key for _, _, key in rows]
    assert [json.loads(SPACE.format(arch, "codes")) for arch in archs] == published
    assert [SPACE.canonical(arch) for arch in archs] == archs  # listed as they were trained


def trained_cells(shared_data):
    with (shared_data / "nb101" / "decoded_nb101_20k.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    return [(f"{row['adj_rowmajor']}|{row['ops'].replace(';', ',')}", row["hash"]) for row in rows]


def check_spellings(rows):
    archs = [SPACE.parse(text) for text, _ in rows]
    assert canonical_texts(archs, "nb101-v1").tolist() == [key for _, key in rows]
    assert [SPACE.format(arch, "matrix") for arch in archs] == [text for text, _ in rows]
    for number, style in enumerate(SPACE.styles):
        some = archs[number :: len(SPACE.styles)]
        assert [SPACE.parse(SPACE.format(arch, style)) for arch in some] == some


def test_some_trained_cells_keep_their_keys_and_spellings(shared_data):
    check_spellings(trained_cells(shared_data)[::20])


@pytest.mark.slow
def test_all_trained_cells_keep_their_keys_and_spellings(shared_data):
    rows = trained_cells(shared_data)
    assert len(rows) == 20_001
    check_spellings(rows)


def test_the_flat_rows_of_the_score_file_keep_their_spelling(shared_data):
    content = json.loads((shared_data / "nb101" / "zc_nasbench101.json").read_text())
    rows = list(content["nasbench101"]["cifar10"])
    archs = [SPACE.parse(row) for row in rows]
    assert [SPACE.format(arch, "naslib") for arch in archs] == rows
    assert all(
        SPACE.parse(SPACE.format(arch, style)) == arch for arch in archs[::5] for style in SPACE.styles
    )
    keys = [SPACE.key(arch) for arch in archs]
    assert (len(keys), len(set(keys))) == (500, 292)
    with np.load(shared_data / "nb101" / "nb101_all_423624.npz") as archive:
        published = {digest.tobytes().hex() for digest in archive["hash"]}
    assert set(keys) <= published


@given(node_cells())
def test_parse_reads_what_format_writes(cell):
    arch = Architecture("nasbench101", (cell,))
    if not cell.is_connected or len(cell.prune().edges) > 9:
        with pytest.raises(InvalidArchitecture, match=r"disconnected|allows at most 9"):
            SPACE.parse(arch)
        return
    assert SPACE.parse(arch) == arch
    assert SPACE.key(arch) == arch.id()
    for style in SPACE.styles:
        assert SPACE.parse(SPACE.format(arch, style)) == arch


def test_nine_edges_are_counted_after_pruning():
    ten = [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3), (0, 4), (1, 4), (2, 4), (3, 4)]
    with pytest.raises(
        InvalidArchitecture, match="the pruned cell has 10 edges; NAS-Bench-101 allows at most 9"
    ):
        SPACE.parse(Architecture("nasbench101", (cell_of(CONV, CONV, CONV, edges=ten),)))
    dead = [(0, 1), (1, 6), *((k, j) for j in range(3, 6) for k in range(j))]
    arch = SPACE.parse(Architecture("nasbench101", (cell_of(*[CONV] * 5, edges=dead),)))
    assert len(arch.cells[0].edges) == 14
    assert SPACE.key(arch) == SPACE.key(SPACE.parse("10-1|c3"))
    assert SPACE.format(SPACE.canonical(arch)) == "10-1|c3"


def test_the_hash_is_no_spelling_to_read():
    arch = SPACE.parse("110-01-1|c3,mp")
    with pytest.raises(InvalidArchitecture, match="look the row up in a table"):
        SPACE.parse(SPACE.format(arch, "hash"))
    with pytest.raises(
        InvalidArgument, match="style='index'; legal: native, naslib, matrix, spec, codes, hash"
    ):
        SPACE.format(arch, "index")


CHAIN = SPACE.parse("10-1|c3")


@pytest.mark.parametrize(
    ("arch", "message"),
    [
        (Architecture("nasbench201", CHAIN.cells), "got one of 'nasbench201'"),
        (Architecture("nasbench101", CHAIN.cells * 2), r"inputs of its cells \[1, 1\]"),
        (Architecture("nasbench101", CHAIN.cells, (("width", 3),)), "no attributes; got .*'width': 3"),
        (
            Architecture("nasbench101", (Cell((INPUT, INPUT, OUTPUT), (Edge(0, 2, LINK),)),)),
            r"one input, no attributes; got .*inputs of its cells \[2\]",
        ),
        (
            Architecture("nasbench101", (cell_of(op("avg_pool3x3"), edges=[(0, 1), (1, 2)]),)),
            "operation 'avg_pool3x3' is not in nasbench101; legal: conv3x3, conv1x1, max_pool3x3",
        ),
        (
            Architecture("nasbench101", (Cell((INPUT, OUTPUT), (Edge(0, 1, CONV),)),)),
            "edge 0->1 carries 'conv3x3'; nasbench101 has its operations on the nodes",
        ),
        (
            Architecture("nasbench101", (cell_of(*[CONV] * 6, edges=[(k, k + 1) for k in range(7)]),)),
            "the cell has 8 nodes; nasbench101 has at most 7",
        ),
    ],
)
def test_an_architecture_of_another_space_is_refused(arch, message):
    for method in (
        SPACE.parse,
        SPACE.format,
        SPACE.key,
        SPACE.canonical,
        lambda a: list(SPACE.neighbours(a)),
    ):
        with pytest.raises(InvalidArchitecture, match=message):
            method(arch)


@pytest.mark.parametrize("by", ["class", "spec"])
def test_sampling(by):
    drawn = SPACE.sample(300, 7, by=by)
    assert drawn == SPACE.sample(300, np.random.default_rng(7), by=by)
    assert drawn != SPACE.sample(300, 8, by=by)
    assert len({SPACE.key(arch) for arch in drawn}) == 300
    assert all(SPACE.canonical(arch) == arch for arch in drawn)
    assert SPACE.sample(0, 0, by=by) == []


def test_cells_are_drawn_evenly():
    sizes = Counter(arch.cells[0].n_nodes for arch in SPACE.sample(8000, 1))
    expected = {7: 0.84764, 6: 0.14638, 5: 0.00576}
    for n, share in expected.items():
        assert abs(sizes[n] / 8000 - share) < 5 * np.sqrt(share * (1 - share) / 8000)


def test_specifications_are_drawn_as_the_benchmark_draws_them():
    """A tenth of the valid specifications is input -> output, all other nodes dead."""
    drawn = Counter(map(SPACE.format, SPACE.sample(3000, 0, by="spec", replace=True)))
    evenly = Counter(map(SPACE.format, SPACE.sample(3000, 0, replace=True)))
    assert 200 < drawn["1|"] < 400
    assert max(evenly.values()) < 4


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n": -1}, "n=-1: expected an integer 0..423624, the number of cells; or replace=True"),
        ({"n": 423_625}, "n=423625: expected an integer 0..423624, the number of cells"),
        (
            {"n": 100_001, "by": "spec"},
            "n=100001: expected an integer 0..100000, for rare cells",
        ),
        ({"n": 1, "rng": -3}, "seed=-3"),
    ],
)
def test_wrong_samples_are_refused(arguments, message):
    with pytest.raises(InvalidArgument, match=message):
        SPACE.sample(**{"rng": 0, **arguments})


@given(st.integers(0, 10**6))
def test_canonical_cells_are_equal_where_keys_are(seed):
    one, other = SPACE.sample(2, seed, by="spec", replace=True)
    assert (SPACE.key(one) == SPACE.key(other)) == (one == other)
