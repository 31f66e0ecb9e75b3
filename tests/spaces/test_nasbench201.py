"""The search space of NAS-Bench-201."""

import csv
import json
import zipfile

import numpy as np
import pytest
from hypothesis import given

from archenc.errors import InvalidArchitecture, InvalidArgument, UnknownName
from archenc.graph import Architecture, Cell, Edge, as_batch, class_labels, op
from archenc.spaces.nasbench201 import SPACE
from archenc.spaces.nb201_spelling import STYLES
from archenc.testing.strategies import nb201_architectures


def test_all_architectures_once_in_the_order_of_the_index():
    archs = SPACE.architectures()
    assert len(set(archs)) == len(archs) == SPACE.size == 15625
    assert SPACE.architectures() is archs
    assert tuple(SPACE.enumerate()) == archs
    assert [SPACE.index(arch) for arch in archs[:50]] == list(range(50))
    assert SPACE.parse(15624) is archs[-1]


def test_the_first_indices_are_the_published_ones():
    assert SPACE.format(SPACE.parse(0)) == (
        "|avg_pool_3x3~0|+|nor_conv_1x1~0|skip_connect~1|+|nor_conv_1x1~0|skip_connect~1|skip_connect~2|"
    )
    assert SPACE.format(SPACE.parse(1)) == (
        "|nor_conv_3x3~0|+|nor_conv_3x3~0|avg_pool_3x3~1|+|skip_connect~0|nor_conv_3x3~1|skip_connect~2|"
    )


def test_the_index_is_the_row_of_the_public_table(shared_data):
    with (shared_data / "nb201" / "nats_bench.csv").open(newline="") as file:
        published = [row["ArchitectureString"] for row in csv.DictReader(file)]
    assert [SPACE.format(arch) for arch in SPACE.architectures()] == published
    assert [SPACE.index(SPACE.parse(text)) for text in published] == list(range(15625))


def test_naslibs_numbers_mean_the_string_beside_them(shared_data):
    with (shared_data / "nb201" / "nb201_zc_proxies.csv").open(newline="") as file:
        rows = [(row["net"], row["net_str"]) for row in csv.DictReader(file)]
    assert len(rows) == 9445
    assert [SPACE.format(SPACE.parse(net)) for net, _ in rows] == [text for _, text in rows]
    assert all(SPACE.format(SPACE.parse(text), "naslib") == net for net, text in rows)


def test_the_tuples_of_the_public_logs_cover_the_space(shared_data):
    with zipfile.ZipFile(shared_data / "nb201" / "nb201_zen.zip") as archive:
        names = [name for name in archive.namelist() if "cifar10--" in name]
        found = {SPACE.parse(row["arch"]) for name in names for row in json.loads(archive.read(name))}
    assert len(found) == 15625


@pytest.mark.parametrize("style", STYLES)
@given(arch=nb201_architectures())
def test_parse_reads_what_format_writes(style, arch):
    assert SPACE.parse(SPACE.format(arch, style)) is arch


@given(nb201_architectures())
def test_an_architecture_parses_to_itself(arch):
    assert SPACE.parse(arch) is arch
    assert SPACE.parse(Architecture.from_json(arch.to_json())) is arch


def test_codes_of_a_population():
    archs = SPACE.sample(200, 1)
    codes = SPACE.codes(archs)
    assert codes.shape == (200, 6)
    assert SPACE.from_codes(codes) == archs
    assert [tuple(code) for code in codes.tolist()] == [SPACE.code(arch) for arch in archs]
    np.testing.assert_array_equal(SPACE.codes(as_batch(archs)), codes)
    names = [SPACE.ops[k].name for k in codes[0]]
    assert names == [edge.op.name for edge in archs[0].cells[0].edges]


def test_wrong_codes_and_batches_are_refused():
    with pytest.raises(InvalidArchitecture, match=r"codes\[1, 5\] is 5; legal: 0..4"):
        SPACE.from_codes(np.array([[0] * 6, [0, 0, 0, 0, 0, 5]]))
    with pytest.raises(InvalidArgument, match="native batch"):
        SPACE.codes(as_batch(SPACE.sample(2, 0), "op_on_node"))
    five = Cell((op("input"), op("sum"), op("sum"), op("output")), SPACE.parse(0).cells[0].edges[:5])
    with pytest.raises(InvalidArchitecture, match="row 1 of the batch is no cell of nasbench201"):
        SPACE.codes(as_batch([SPACE.parse(0), Architecture("nasbench201", (five,))]))


@given(nb201_architectures())
def test_the_24_neighbours_differ_in_one_operation(arch):
    others = list(SPACE.neighbours(arch))
    assert len(set(others)) == 24
    distances = (SPACE.codes(others) != np.array(SPACE.code(arch))).sum(1)
    assert (distances == 1).all()
    assert all(arch in set(SPACE.neighbours(other)) for other in others[::6])


def test_sampling_architectures():
    assert SPACE.sample(50, 7) == SPACE.sample(50, 7)
    assert SPACE.sample(50, 7) == SPACE.sample(50, np.random.default_rng(7))
    assert SPACE.sample(50, 7) != SPACE.sample(50, 8)
    assert len(set(SPACE.sample(15625, 0))) == 15625
    assert SPACE.sample(0, 0) == []
    assert len(SPACE.sample(20000, 0, replace=True)) == 20000


@pytest.mark.parametrize(("form", "classes"), [("nats-v1", 6466), ("algebra-v1", 4930)])
def test_sampling_classes_draws_each_once(form, classes):
    drawn = SPACE.sample(classes, 3, by="class", form=form)
    assert len(set(class_labels(drawn, form))) == classes
    with pytest.raises(
        InvalidArgument, match=f"n={classes + 1}: expected an integer 0..{classes}, the number of classes"
    ):
        SPACE.sample(classes + 1, 3, by="class", form=form)


def test_a_large_class_is_drawn_no_more_often_than_a_small_one():
    """The zero class holds 341 of 15,625 architectures, yet it is one of 4,930 classes."""
    drawn = SPACE.sample(40000, 11, by="class", form="algebra-v1", replace=True)
    zero = (~as_batch(drawn).connected).sum()
    assert 0 <= zero <= 25  # 8.1 expected of 40,000; 873 if uniform over architectures
    by_architecture = SPACE.sample(40000, 11, replace=True)
    assert 750 <= (~as_batch(by_architecture).connected).sum() <= 1000


def test_members_of_a_class_are_equally_likely():
    labels = class_labels(SPACE.architectures(), "nats-v1")
    largest = np.bincount(labels).argmax()
    row = {id(arch): index for index, arch in enumerate(SPACE.architectures())}
    rows = np.array([row[id(arch)] for arch in SPACE.sample(300000, 5, by="class", replace=True)])
    inside = rows[labels[rows] == largest]
    assert len(np.unique(inside)) > 30  # about 46 draws into a class of 275


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"n": -1}, InvalidArgument, "n=-1: expected an integer 0..15625"),
        ({"n": 15626}, InvalidArgument, "n=15626: expected an integer 0..15625, the number of architectures"),
        ({"n": 1, "by": "class", "form": "nats"}, UnknownName, "no canonical form 'nats'"),
        ({"n": 1, "rng": -3}, InvalidArgument, "seed=-3"),
    ],
)
def test_wrong_samples_are_refused(arguments, error, message):
    with pytest.raises(error, match=message):
        SPACE.sample(**{"rng": 0, **arguments})


IN, SUM, OUT = op("input"), op("sum"), op("output")


def six_edges(*changed: Edge) -> Architecture:
    edges = {edge[:2]: edge for edge in SPACE.parse(0).cells[0].edges} | {edge[:2]: edge for edge in changed}
    return Architecture("nasbench201", (Cell((IN, SUM, SUM, OUT), tuple(edges.values())),))


@pytest.mark.parametrize(
    ("arch", "message"),
    [
        (Architecture("other", SPACE.parse(0).cells), "got one of 'other' with the cells"),
        (Architecture("nasbench201", SPACE.parse(0).cells * 2), r"with the cells \[\(4, 6\), \(4, 6\)\]"),
        (
            Architecture("nasbench201", (Cell((IN, OUT), (Edge(0, 1, op("skip")),)),)),
            r"with the cells \[\(2, 1\)\]",
        ),
        (six_edges(Edge(1, 3, op("sep_conv3x3"))), r"edge 1->3 'sep_conv3x3' .*none, skip, conv1x1"),
    ],
)
def test_an_architecture_of_another_space_is_refused(arch, message):
    for method in (SPACE.format, SPACE.index, SPACE.parse, lambda a: list(SPACE.neighbours(a))):
        with pytest.raises(InvalidArchitecture, match=message):
            method(arch)
