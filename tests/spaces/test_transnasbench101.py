"""The micro space of TransNAS-Bench-101."""

import itertools
import json
import zipfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from archenc.errors import InvalidArchitecture, InvalidArgument
from archenc.graph import Architecture, as_batch, class_labels
from archenc.spaces import space
from archenc.spaces.tnb101_spelling import STYLES
from archenc.spaces.transnasbench101 import SPACE
from archenc.testing.unchecked import unchecked

codes = st.tuples(*[st.integers(0, 3)] * 6)


def test_all_architectures_once_in_counting_order():
    archs = SPACE.architectures()
    assert len(set(archs)) == len(archs) == SPACE.size == 4096
    assert tuple(SPACE.enumerate()) == archs
    assert [SPACE.code(arch) for arch in archs] == list(itertools.product(range(4), repeat=6))


def test_the_native_string_names_the_operations_of_its_cell():
    """The example of the benchmark's own documentation: node 2 is none(0) + conv1x1(1)."""
    arch = SPACE.parse("64-41414-1_02_333")
    assert [(e.source, e.target, e.op.name) for e in arch.cells[0].edges] == [
        (0, 1, "skip"),
        (0, 2, "none"),
        (1, 2, "conv1x1"),
        (0, 3, "conv3x3"),
        (1, 3, "conv3x3"),
        (2, 3, "conv3x3"),
    ]


@pytest.mark.parametrize("style", STYLES)
@given(code=codes)
def test_parse_reads_what_format_writes(style, code):
    arch = SPACE.from_code(code)
    assert SPACE.parse(SPACE.format(arch, style)) is arch
    assert SPACE.parse(arch) is arch
    assert SPACE.parse(Architecture.from_json(arch.to_json())) is arch


def test_the_tuples_of_the_public_logs_cover_the_space(shared_data):
    with zipfile.ZipFile(shared_data / "tnb101" / "all_benchmarks_zen.zip") as archive:
        names = [name for name in archive.namelist() if "--jigsaw--" in name]
        rows = [row["arch"] for name in names for row in json.loads(archive.read(name))]
    archs = [SPACE.parse(row) for row in rows]
    assert len(set(archs)) == len(rows) == 4096
    assert [SPACE.format(arch, "naslib") for arch in archs] == rows


def test_codes_of_a_population():
    archs = SPACE.sample(200, 1)
    codes = SPACE.codes(archs)
    np.testing.assert_array_equal(SPACE.codes(as_batch(archs)), codes)
    assert SPACE.from_codes(codes) == archs
    with pytest.raises(InvalidArchitecture, match=r"codes\[0, 2\] is 4; legal: 0..3"):
        SPACE.from_codes(np.array([[0, 0, 4, 0, 0, 0]]))


@given(codes)
def test_the_18_neighbours_differ_in_one_operation(code):
    others = list(SPACE.neighbours(SPACE.from_code(code)))
    assert len(set(others)) == 18
    assert ((SPACE.codes(others) != np.array(code)).sum(1) == 1).all()


@pytest.mark.parametrize(("form", "classes"), [("raw-v1", 4096), ("live-v1", 2128)])
def test_isomorphism_classes(form, classes):
    assert len(set(class_labels(SPACE.architectures(), form).tolist())) == classes
    assert len(SPACE.sample(classes, 0, by="class", form=form)) == classes


def test_the_operations_of_the_node_view_come_in_the_published_order():
    assert [member.name for member in SPACE.node_ops] == [
        "output",
        "input",
        "none",
        "skip",
        "conv1x1",
        "conv3x3",
    ]


def test_an_architecture_of_nasbench201_is_refused():
    nb201 = space("nb201").sample(1, 0)[0]
    with pytest.raises(InvalidArchitecture, match="architecture of 'transnasbench101'"):
        SPACE.format(nb201)
    renamed = Architecture("transnasbench101", space("nb201").parse("(4, 0, 3, 1, 4, 3)").cells)
    with pytest.raises(InvalidArchitecture, match="'avg_pool3x3' is not in transnasbench101"):
        SPACE.parse(renamed)
    wide = Architecture("transnasbench101", SPACE.parse("(0,0,0,0,0,0)").cells, (("width", 3),))
    with pytest.raises(InvalidArchitecture, match="has no attributes"):
        SPACE.parse(wide)


def test_wrong_samples_and_styles_are_refused():
    with pytest.raises(InvalidArgument, match=r"n=4097: expected an integer 0\.\.4096"):
        SPACE.sample(4097, 0)
    with pytest.raises(InvalidArgument, match="style='index'; legal: native, naslib, ops"):
        SPACE.format(SPACE.sample(1, 0)[0], "index")


SHORT, LONG, OUTSIDE = [(0,) * 5, (), "012"], [(0,) * 7], [(0, 0, 0, 0, 0, 4), (0, 0, 0, 0, 0, -1)]
UNTYPED = [("a",) * 6, (1.0,) * 6, (True,) * 6, ([],) * 6, (10**30,) * 6, "000000", None, 5]


@pytest.mark.parametrize("code", [*SHORT, *LONG, *OUTSIDE, *UNTYPED])
@unchecked()
def test_a_code_that_is_none_is_refused(code):
    with pytest.raises(
        InvalidArchitecture, match=r"expected six positions 0\.\.3 in the operations of transnas"
    ):
        SPACE.from_code(code)


@unchecked()
def test_a_code_may_be_of_any_integers():
    assert SPACE.from_code(np.ones(6, dtype=np.int8)) is SPACE.from_code([1] * 6)  # type: ignore[arg-type]
