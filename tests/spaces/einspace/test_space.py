"""einspace as a search space: the kit runs in test_conformance, here is what only this space has."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archenc.errors import InvalidArchitecture, InvalidArgument
from archenc.graph import Architecture, Cell, Edge, op
from archenc.spaces import space
from archenc.spaces.einspace import PUBLISHED, SPACE, DerivationNode, EinSpace, Limits
from archenc.testing.unchecked import unchecked

CONV = "routing[im2col(3,1,1), computation<linear(32)>, col2im]"


def test_the_registry_knows_it():
    assert space("einspace") is SPACE


@pytest.mark.parametrize("shape", [(3, 32, 32), (12, 18, 18), (1, 27, 18), (16, 64)])
def test_spellings_of_every_input_are_read_back(shape):
    for arch in SPACE.sample(25, 1, input_shape=shape):
        for style in SPACE.styles:
            assert SPACE.parse(SPACE.format(arch, style)) == arch
        assert SPACE.input_shape(arch) == shape


def test_the_input_stands_in_front_unless_it_is_that_of_cifar():
    assert SPACE.format(SPACE.parse(CONV)) == CONV
    assert SPACE.parse("3x32x32 " + CONV) == SPACE.parse(CONV)
    small = SPACE.parse("1x8x8 " + CONV)
    assert dict(small.attributes) == {"channels": 1, "height": 8, "width": 8}
    assert SPACE.format(small) == "1x8x8 " + CONV
    assert SPACE.key(small) != SPACE.key(SPACE.parse(CONV))


def test_the_long_string_states_shapes_and_they_are_checked():
    text = SPACE.format(SPACE.parse(CONV), "long")
    assert text == (
        "routing[im2col(3,1,1){'out_feature_shape': [1024, 27]}, "
        "computation[linear(32){'out_feature_shape': [1024, 32]}], "
        "col2im{'out_feature_shape': [32, 32, 32]}]"
    )
    with pytest.raises(InvalidArchitecture, match=r"character 68: states the shape \(1024, 31\), but"):
        SPACE.parse(text.replace("1024, 32]", "1024, 31]"))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("computation<relu>", r"character 0, 'computation<relu>': cannot stand here as the outermost module"),
        ("sequential(computation<relu>)", r"character 28.*expected , and 1 more of the parts of sequential"),
        (
            "sequential(computation<relu>, computation<tanh>)",
            r"character 42, 'tanh>\)': cannot stand here as the computation; no tanh is known",
        ),
        (
            "sequential(computation<relu>, computation<linear(33)>)",
            r"legal numbers: 16; 32; 64",
        ),
        (CONV + " and more", r"character 56.*nothing may follow"),
        ("branching(3){clone(3), computation<relu>, add(3)}", "legal numbers: 2; 4; 8"),
        ("routing[im2col(3,1,1), computation<relu>, perm(0,1,3,2)]", r"character 42.*reorders 3 dimensions"),
        ("routing[identity, computation<relu>, col2im]", "character 37.*needs a sequence of patches"),
        (
            "branching(2){group(2,1), computation<relu>, computation<relu>, add(2)}",
            r"character 13, on an input of \(3, 32, 32\): node 1: group\(2,1\) .*: 3 is not divisible by 2",
        ),
        (
            "branching(2){clone(2), computation<relu>, computation<linear(16)>, add(2)}",
            r"add\(2\) cannot join features of shapes \(3, 32, 32\) and \(3, 32, 16\)",
        ),
        (
            "branching(4){clone(2), computation<relu>, add(4)}",
            r"cannot stand here as fork4; legal numbers: 4;",
        ),
        (
            "routing[identity, computation<dot_product>, identity]",
            r"cannot stand here as the computation; legal here: id",
        ),
        ("1x8x8", r"character 0, '1x8x8': expected a name; legal here: branching\(2\),"),
        ("1x8x8 routing[identity, computation<tanh>, identity]", r"character 36, 'tanh>"),
        ("1x4x4 routing[im2col(8,8,0), computation<relu>, identity]", "character 14, .*8x8 are larger"),
        ("16x64 " + CONV, "it needs an image"),
        ("0x8x8 " + CONV, "input_shape"),
    ],
)
def test_what_is_illegal_is_refused_with_the_place_and_the_reason(text, why):
    with pytest.raises(InvalidArchitecture, match=why):
        SPACE.parse(text)


def test_limits_are_kept_by_every_way_in():
    tree = DerivationNode("computation", (), (DerivationNode("linear", (2048,)),))
    wide = DerivationNode("sequential", (), (tree, tree))
    small = EinSpace(Limits(max_params=10**6))
    with pytest.raises(InvalidArchitecture, match=r"brings the params to 4,263,936; max_params=1,000,000"):
        small.from_derivation(wide)
    arch = SPACE.from_derivation(wide)
    for use in (small.parse, small.format, small.key, lambda a: small.mutate(a, 0)):
        with pytest.raises(InvalidArchitecture, match="max_params"):
            use(arch)
    tiny = EinSpace(
        Limits(max_nodes=12, max_depth=2, max_activations=10**4, max_macs=10**5, max_params=10**4)
    )
    for arch in tiny.sample(50, 0, input_shape=(1, 8, 8)):
        inferred = tiny.infer(tiny.derivation(arch), (1, 8, 8))
        assert len(inferred.visits) <= 12
        assert max(v.depth for v in inferred.visits if v.node.children) <= 2
        assert max(inferred.total) <= 10**5
        assert arch.cells[0].n_nodes <= tiny.max_nodes


def test_a_text_a_million_deep_is_refused_quickly():
    with pytest.raises(InvalidArchitecture, match="max_depth=20"):
        SPACE.parse("sequential(" * 10**5)


@pytest.mark.parametrize("name", ["relu", "chain"])
def test_a_graph_thousands_deep_is_refused(name):
    middle = 3000
    nodes = (op("input"), *[op(name)] * middle, op("output"))
    edges = tuple(Edge(node, node + 1, op("link")) for node in range(middle + 1))
    arch = Architecture("einspace", (Cell(nodes, edges),), (("channels", 3), ("height", 8), ("width", 8)))
    for member, why in ((SPACE, "max_nodes=300"), (EinSpace(PUBLISHED), "over 200 modules deep")):
        with pytest.raises(InvalidArchitecture, match=why):
            member.parse(arch)


@unchecked()
def test_what_is_no_derivation_or_no_limits_is_refused():
    for tree in ("relu", None, DerivationNode("sequential", (), ("relu", "relu"))):  # type: ignore[arg-type]
        with pytest.raises(InvalidArchitecture, match="is no node; expected a DerivationNode"):
            SPACE.from_derivation(tree)  # type: ignore[arg-type]
    with pytest.raises(InvalidArgument, match=r"limits=300: expected Limits"):
        EinSpace(300)  # type: ignore[arg-type]


@given(data=st.data())
def test_damaged_strings_are_read_or_refused_at_a_character(data):
    """One piece of a legal string is taken out, put in again elsewhere, or replaced by another."""
    arch = SPACE.sample(1, data.draw(st.integers(0, 400)), input_shape=(1, 8, 8))[0]
    text = SPACE.format(arch, data.draw(st.sampled_from(SPACE.styles)))
    pieces = re.findall(r"[a-z_0-9]+|.", text)
    place = data.draw(st.integers(2, len(pieces) - 1))
    others = ["(", "relu", "9", "é", "{'out_feature_shape': [3]}", pieces[-place], ""]
    pieces[place : place + data.draw(st.integers(0, 2))] = [data.draw(st.sampled_from(others))]
    damaged = "".join(pieces)
    try:
        read = SPACE.parse(damaged)
    except InvalidArchitecture as error:
        said = str(error)
    else:
        assert SPACE.parse(SPACE.format(read)) == SPACE.parse(SPACE.format(read, "long")) == read
        return
    where = re.match(r"derivation, character (\d+)", said)
    assert where is not None, said
    assert 0 <= int(where[1]) <= len(damaged)


def test_an_id_tells_branches_of_a_product_apart():
    text = "branching(2){{clone(2), {}, {}, dot_product}}"
    one, other = "computation<relu>", "computation<softmax>"
    first, second = (SPACE.parse(text.format(*pair)) for pair in ((one, other), (other, one)))
    assert first.id() != second.id()
    added = [
        SPACE.parse(text.format(*p).replace("dot_product", "add(2)")) for p in ((one, other), (other, one))
    ]
    assert added[0].id() == added[1].id()


def test_mutants_and_children_are_legal_and_follow_from_the_seed():
    archs = SPACE.sample(30, 2)
    for number, (one, other) in enumerate(pairwise(archs)):
        for grammar in ("gen2", "gen1"):
            member = EinSpace(grammar=grammar)
            mutant = member.mutate(one, number)
            assert mutant == member.mutate(one, number)
            assert mutant.changed
            assert SPACE.parse(SPACE.format(mutant.arch)) == mutant.arch
        child = SPACE.crossover(one, other, number)
        assert child == SPACE.crossover(one, other, number)
        assert child is None or SPACE.parse(SPACE.format(child)) == child


def test_leaves_alone_keep_the_tree():
    for number, arch in enumerate(SPACE.sample(20, 3)):
        before = [node.op for node in SPACE.derivation(arch).walk() if node.children]
        after = SPACE.derivation(SPACE.mutate(arch, number, leaves_only=True).arch)
        assert [node.op for node in after.walk() if node.children] == before


def test_parents_must_take_the_same_input():
    one, other = SPACE.sample(1, 0)[0], SPACE.sample(1, 0, input_shape=(1, 8, 8))[0]
    with pytest.raises(InvalidArgument, match="other: takes"):
        SPACE.crossover(one, other, 0)


def test_a_graph_with_other_edges_is_refused():
    arch = SPACE.parse("branching(2){clone(2), computation<relu>, computation<relu>, add(2)}")
    cell = arch.cells[0]
    data = arch.to_dict()
    del data["checksum"]
    data["cells"][0]["edges"].append([0, cell.n_nodes - 1, "link"])
    with pytest.raises(InvalidArchitecture, match="the edges are others"):
        SPACE.parse(Architecture.from_dict(data))
