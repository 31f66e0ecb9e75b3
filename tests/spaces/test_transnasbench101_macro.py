"""The macro space of TransNAS-Bench-101."""

from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from archenc.errors import InvalidArchitecture, InvalidArgument
from archenc.graph import Architecture, Cell, Edge, as_batch, ids, op
from archenc.spaces import space
from archenc.spaces.tnb101_macro_spelling import STYLES
from archenc.spaces.transnasbench101_macro import SPACE
from archenc.testing.unchecked import unchecked

networks = st.integers(0, 3255).map(list(SPACE.enumerate()).__getitem__)


def edit_distance(a: tuple[int, ...], b: tuple[int, ...]) -> int:
    """As the definition reads."""
    if not a or not b:
        return len(a) + len(b)
    change = edit_distance(a[1:], b[1:]) + (a[0] != b[0])
    return change if a[0] == b[0] else min(change, edit_distance(a[1:], b) + 1, edit_distance(a, b[1:]) + 1)


def test_the_rules_leave_the_published_number_of_networks():
    archs = list(SPACE.enumerate())
    assert len(set(archs)) == len(archs) == SPACE.size == 3256
    assert Counter(len(SPACE.modules(arch)) for arch in archs) == {4: 210, 5: 750, 6: 2296}


def test_no_two_networks_share_an_id():
    archs = list(SPACE.enumerate())
    made = [arch.id() for arch in archs]
    assert len(set(made)) == 3256
    assert ids(archs, "live-v1").shape == (3256,)
    assert len(set(ids(archs, "live-v1").tolist())) == 3256


def test_the_example_of_the_benchmark():
    """Normal, double the channels, halve the resolution, both: the documentation's 64-1234-basic."""
    nodes = SPACE.parse("64-1234-basic").cells[0].nodes
    assert [(node.widening, node.stride) for node in nodes[1:-1]] == [(1, 1), (2, 1), (1, 2), (2, 2)]


def test_every_spelling_of_one_network():
    native = ["64-1234-basic", " 64-1234-basic\n", (1, 2, 3, 4, 0, 0), [1, 2, 3, 4], "(1, 2, 3, 4, 0, 0)"]
    native += ["[1,2,3,4]", np.array([1, 2, 3, 4, 0, 0]), [np.int64(code) for code in (1, 2, 3, 4)]]
    assert {SPACE.modules(SPACE.parse(spelling)) for spelling in native} == {(1, 2, 3, 4)}
    assert SPACE.format(SPACE.parse((1, 2, 3, 4)), "naslib") == "(1, 2, 3, 4, 0, 0)"


@pytest.mark.parametrize("style", STYLES)
@given(arch=networks)
def test_parse_reads_what_format_writes(style, arch):
    assert SPACE.parse(SPACE.format(arch, style)) == arch
    assert SPACE.parse(Architecture.from_json(arch.to_json())) == arch
    assert SPACE.from_modules(SPACE.modules(arch)) == arch


def test_networks_of_different_depth_make_one_batch():
    archs = [SPACE.parse("64-1234-basic"), SPACE.parse("64-411411-basic")]
    batch = as_batch(archs)
    assert batch.n_nodes == SPACE.max_nodes == 8
    assert batch.mask.sum(-1).ravel().tolist() == [6, 8]
    assert batch.connected.all()


def test_neighbours_are_the_networks_at_edit_distance_one():
    everyone = [SPACE.modules(arch) for arch in SPACE.enumerate()]
    for arch in SPACE.sample(3, 5):
        near = {other for other in everyone if edit_distance(SPACE.modules(arch), other) == 1}
        others = [SPACE.modules(other) for other in SPACE.neighbours(arch)]
        assert set(others) == near
        assert len(others) == len(near)


@given(networks)
def test_neighbours_are_symmetric(arch):
    assert all(arch in set(SPACE.neighbours(other)) for other in list(SPACE.neighbours(arch))[::4])


def test_sampling_is_uniform_over_networks():
    drawn = SPACE.sample(32560, 1, replace=True)
    depths = Counter(len(SPACE.modules(arch)) for arch in drawn)
    assert 1900 < depths[4] < 2300  # 2,100 expected; 10,853 if the depth were drawn first
    assert SPACE.sample(40, 3) == SPACE.sample(40, np.random.default_rng(3))
    assert len(set(SPACE.sample(3256, 0))) == 3256
    with pytest.raises(InvalidArgument, match=r"n=3257: expected an integer 0\.\.3256"):
        SPACE.sample(3257, 0)


CHAIN = SPACE.parse("64-1234-basic").cells[0]


@pytest.mark.parametrize(
    ("native", "message"),
    [
        ("64-123-basic", "has 3 modules, 1 halvings and 1 doublings"),
        ("64-1234123-basic", "has 7 modules"),
        ("64-1111-basic", "0 halvings and 0 doublings"),
        ("64-4444-basic", "4 halvings and 4 doublings"),
        ("64-3331-basic", "3 halvings and 0 doublings"),
        ("64-333332-basic", "5 halvings"),
        ("64-1235-basic", "module 3 of .* is 5"),
        ("32-1234-basic", "begins with 64"),
        ("64-1234-bottleneck", "ends in 'basic'"),
        ("64-41414-1_02_333", "cannot read the architecture '64-41414-1_02_333'"),
        ("1234", "cannot read"),
        ("", "cannot read"),
        ("()", "cannot read"),
        ("(1, 2, 3, 4]", "cannot read"),
        ("(1 2, 3, 4)", "cannot read"),
        ("(" + "1," * 5000 + ")", "cannot read"),
        ((1, 2, 0, 3, 4, 0), "module 2 of .* is 0"),
        ((1, 2, 3, 4, 0, 0, 0), "has 7 entries, at most 6"),
        ((1, 2, 3, 4.0), "entry 3 of .* is 4.0, no integer"),
        ((1, 2, 3, "4"), "entry 3 of .* is '4', no integer"),
        ((1, 2, 3, True), "entry 3 of .* is True, no integer"),
        ((), "has 0 modules"),
        (1234, "cannot read an architecture from int"),
        (None, "cannot read an architecture from NoneType"),
        (space("nb201").parse(0), "expected an architecture of 'transnasbench101_macro'"),
        (Architecture(SPACE.name, (CHAIN, CHAIN)), "with 2 cells"),
        (Architecture(SPACE.name, (CHAIN,), (("width", 64),)), "the attributes {'width': 64}"),
        (
            Architecture(SPACE.name, (Cell(CHAIN.nodes, (*CHAIN.edges, Edge(1, 3, op("link")))),)),
            "expected a chain of .* and 6 edges",
        ),
        (
            Architecture(
                SPACE.name, (Cell((*CHAIN.nodes[:4], op("conv3x3"), CHAIN.nodes[-1]), CHAIN.edges),)
            ),
            "expected a chain of .*conv3x3, output",
        ),
    ],
)
def test_what_is_wrong_is_said_beside_what_is_legal(native, message):
    with pytest.raises(InvalidArchitecture, match=message) as caught:
        SPACE.parse(native)
    assert any(legal in str(caught.value) for legal in ("64-1234-basic", "expected a"))
    assert len(str(caught.value)) < 600


def test_an_unknown_style_is_refused():
    with pytest.raises(InvalidArgument, match="style='index'; legal: native, naslib"):
        SPACE.format(SPACE.parse("64-1234-basic"), "index")


@pytest.mark.parametrize(
    "modules", [None, 5, "1234", (1.0, 2, 3, 4), (True, 2, 3, 4), (1, 2, 3, 5), (1, 1, 1, 1), ()]
)
@unchecked()
def test_modules_that_are_none_are_refused(modules: Any):
    with pytest.raises(InvalidArchitecture, match="legal"):
        SPACE.from_modules(modules)
