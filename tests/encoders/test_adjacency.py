from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError

from archenc.encoders import Adjacency
from archenc.errors import InvalidArchitecture, InvalidArgument
from archenc.graph import as_batch, op_on_node
from archenc.spaces.nasbench201 import SPACE

from . import naive
from .cells import NB101_OPS, PAIR_OPS, nb101, nb101_cell, nb201, pairs

OPS = tuple(member.name for member in SPACE.ops)
NODE_OPS = tuple(member.name for member in SPACE.node_ops)
NASZILLA_OPS = ("conv1x1", "conv3x3", "max_pool3x3")
SEVEN: dict[str, Any] = {"ops": NASZILLA_OPS, "slots": 7}
ALL = as_batch(nb201())


@pytest.mark.parametrize(
    ("encoder", "width"),
    [
        (Adjacency("ordinal"), 6),
        (Adjacency("onehot"), 30),
        (Adjacency("onehot", published=True), 6),
        (Adjacency("full", published=True), 72),
        (Adjacency("full"), 120),
    ],
    ids=repr,
)
def test_golden_dimensions_of_nasbench201_and_all_codes_differ(encoder: Adjacency, width: int):
    code = encoder.fit(nb201(5)).transform(ALL)
    assert code.shape == (15_625, width)
    assert len(np.unique(code, axis=0)) == 15_625
    assert encoder.injective


@pytest.mark.parametrize(
    ("options", "width"),
    [
        ({"style": "onehot", "published": True}, 26),
        ({"style": "onehot"}, 36),
        ({"style": "categorical", "published": True}, 26),
        ({"style": "categorical", "width": 9}, 14),
        ({"style": "continuous"}, 27),
        ({"style": "full", "published": True}, 56),
        ({"style": "full"}, 84),
    ],
    ids=str,
)
def test_golden_dimensions_of_nasbench101(options: dict[str, Any], width: int):
    assert Adjacency(**options, **SEVEN).fit(nb101(5)).transform(nb101(20)).shape == (20, width)


@pytest.mark.parametrize("published", [False, True])
@pytest.mark.parametrize("style", ["onehot", "ordinal", "categorical", "continuous"])
def test_ops_on_nodes_equal_the_twin(style: str, published: bool):
    archs = nb101(2000, seed=11)
    filler = "conv3x3" if published else None
    code = Adjacency(style, published=published, **SEVEN).fit(archs[:3]).transform(archs)
    expected = [naive.adjacency_on_nodes(a, style, NASZILLA_OPS, 7, published, filler) for a in archs]
    np.testing.assert_array_equal(code, np.stack(expected))


@pytest.mark.parametrize("raw", [False, True])
def test_ops_on_edges_equal_the_twin_on_the_whole_space(raw: bool):
    code = Adjacency("ordinal" if raw else "onehot").fit(nb201(3)).transform(ALL)
    expected = [naive.adjacency_on_edges(arch, OPS, raw) for arch in nb201()]
    np.testing.assert_array_equal(code, np.stack(expected))


@pytest.mark.parametrize("rewire", [False, "none", True])
@pytest.mark.parametrize("published", [False, True])
def test_the_full_matrix_equals_the_twin(published: bool, rewire: Any):
    archs = nb201(300)
    code = Adjacency("full", published=published, rewire=rewire).fit(archs).transform(archs)
    cells = [op_on_node(arch.cells[0], rewire) for arch in archs]
    np.testing.assert_array_equal(
        code, [naive.adjacency_full(cell, NODE_OPS, 8, published) for cell in cells]
    )


def test_the_full_matrix_of_padded_cells_equals_the_twin():
    archs, order = nb101(500, seed=2), ("input", *NB101_OPS, "output")
    for published in (False, True):
        encoder = Adjacency("full", published=published, ops=NB101_OPS, slots=7)
        code = encoder.fit(archs).transform(archs)
        expected = np.stack([naive.adjacency_full(arch.cells[0], order, 7, published) for arch in archs])
        if published:
            expected[expected == len(order)] = order.index("conv3x3")  # what a blank slot shows, as published
        np.testing.assert_array_equal(code, expected)


def test_two_cells_stand_side_by_side():
    archs = pairs(10)
    encoder = Adjacency("full", ops=PAIR_OPS).fit(archs)
    code = encoder.transform(archs)
    flipped = [type(arch)(arch.space, arch.cells[::-1]) for arch in archs]
    left, right = np.hsplit(code, 2)
    np.testing.assert_array_equal(encoder.transform(flipped), np.hstack([right, left]))
    names = encoder.get_feature_names_out()
    assert (names[0], names[-1]) == ("cell0_edge_0_0", "cell1_op_8=output")


@pytest.mark.parametrize("filler", [None, "conv3x3"])
@pytest.mark.parametrize(
    "options",
    [
        {"style": "onehot"},
        {"style": "onehot", "published": True},
        {"style": "ordinal"},
        {"style": "categorical", "width": 9},
        {"style": "continuous"},
        {"style": "continuous", "published": True},
    ],
    ids=str,
)
def test_cells_with_ops_on_nodes_come_back(options: dict[str, Any], filler: str | None):
    archs = nb101(200, seed=4)
    encoder = Adjacency(**options, **SEVEN, filler=filler).fit(archs)
    assert encoder.inverse_transform(encoder.transform(archs)) == archs


@pytest.mark.parametrize("style", ["onehot", "ordinal"])
def test_cells_with_ops_on_edges_come_back(style: str):
    archs = nb201(200)
    encoder = Adjacency(style).fit(archs[:3])
    assert encoder.inverse_transform(encoder.transform(archs)) == archs


@pytest.mark.parametrize("options", [{}, {"style": "ordinal"}, {"published": True}], ids=str)
def test_cells_that_choose_their_sources_come_back(options: dict[str, Any]):
    archs = pairs(200)
    encoder = Adjacency(**options, ops=PAIR_OPS).fit(archs[:1])  # one cell says how many edges arrive where
    code = encoder.transform(archs)
    np.testing.assert_array_equal(
        code, [naive.adjacency_of_choices(arch, PAIR_OPS, **options) for arch in archs]
    )
    assert encoder.inverse_transform(code) == archs


@pytest.mark.parametrize("options", [{}, {"style": "ordinal"}, {"published": True}], ids=str)
def test_what_is_the_code_of_no_cell_is_refused(options: dict[str, Any]):
    for archs, ops in ((pairs(20), PAIR_OPS), (nb201(20), OPS)):
        encoder = Adjacency(**options, ops=ops).fit(archs)
        code = encoder.transform(archs)
        for bad in (np.zeros_like(code), np.ones_like(code), code - 1, code + 7, code[:, ::-1]):
            try:
                back = encoder.inverse_transform(bad)
            except (InvalidArgument, InvalidArchitecture):
                continue
            assert all(arch.cells for arch in back)
        bad = code.copy()
        bad[3] = 0 if options == {} else 9  # no bit set; an op, or an edge, that there is not
        with pytest.raises(InvalidArgument, match="is the code of no cell"):
            encoder.inverse_transform(bad)


def test_names_of_choices():
    names = Adjacency("ordinal", ops=PAIR_OPS).fit(pairs(1)).get_feature_names_out().tolist()
    assert names[:4] == ["cell0_from_2_0", "cell0_op_2_0", "cell0_from_2_1", "cell0_op_2_1"]
    assert names[-1] == "cell1_op_4_1"
    names = Adjacency(ops=PAIR_OPS).fit(pairs(1)).get_feature_names_out().tolist()
    assert names[:3] == ["cell0_from_2_0=0", "cell0_from_2_0=1", "cell0_op_2_0=max_pool3x3"]
    names = Adjacency(published=True, ops=PAIR_OPS).fit(pairs(1)).get_feature_names_out().tolist()
    assert (names[0], names[36]) == ("cell0_edge_0_0", "cell0_op_2_0")


def test_a_continuous_code_denotes_the_cell_of_its_largest_numbers():
    arch = nb101_cell([(0, 1), (1, 2)], ["conv1x1"])
    encoder = Adjacency("continuous", ops=NB101_OPS).fit([arch])
    assert encoder.get_feature_names_out().tolist() == ["edge_0_1", "edge_0_2", "edge_1_2", "op_1", "n_edges"]
    assert encoder.transform([arch]).tolist() == [[1.0, 0.0, 1.0, 0.5, 2.0]]
    assert encoder.inverse_transform(np.array([[0.4, -3.0, 0.1, 0.5, 2.0]])) == [arch]


def test_clean_lists_differ_only_in_the_edge_that_differs():
    with_first = nb101_cell([(0, 1), (0, 2), (1, 2)], ["conv3x3"])
    without = nb101_cell([(0, 2)], ["conv3x3"])
    clean = Adjacency("categorical", ops=NB101_OPS).fit([with_first])
    assert clean.transform([with_first, without]).tolist() == [[1, 2, 3, 0], [2, 0, 0, 0]]
    published = Adjacency("categorical", published=True, ops=NB101_OPS).fit([with_first])
    assert published.transform([with_first]).tolist() == [[0, 1, 2, 0]]
    lone = nb101_cell([(0, 1), (1, 2)], ["conv3x3"])
    assert published.transform([lone]).tolist() == [[0, 2, 0, 0]]


def test_truncation_is_slicing():
    archs = nb201(50)
    whole = Adjacency().fit(archs).transform(archs)
    cut = Adjacency(trunc=7).fit(archs)
    np.testing.assert_array_equal(cut.transform(archs), whole[:, :7])
    assert not cut.injective


def test_names_say_what_a_column_is():
    names = Adjacency().fit(nb201(3)).get_feature_names_out()
    assert (names[0], names[14], names[-1]) == ("op_0_1=none", "op_1_2=avg_pool3x3", "op_2_3=avg_pool3x3")
    names = Adjacency(published=True, **SEVEN).fit(nb101(3)).get_feature_names_out()
    assert names[-5:].tolist() == ["op_5", "op_4", "op_3", "op_2", "op_1"]


def test_the_order_of_ops_is_stored():
    encoder = Adjacency("ordinal").fit(nb201(3))
    assert encoder.frame_.ops == OPS
    turned = Adjacency("ordinal", ops=OPS[::-1]).fit(nb201(3))
    np.testing.assert_array_equal(turned.transform(nb201(9)), 4 - encoder.transform(nb201(9)))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"style": "one-hot"}, "style='one-hot'; legal: onehot"),
        ({"style": "categorical"}, "style='categorical': nasbench201 has its ops on edges"),
        ({"style": "continuous"}, "legal: onehot, ordinal, full"),
        ({"trunc": 31}, "trunc=31: expected 1 to 30"),
        ({"trunc": 0}, "trunc=0"),
        ({"style": "full", "filler": "conv9x9"}, "filler='conv9x9'; legal: output, input"),
    ],
)
def test_bad_options(options: dict[str, Any], message: str):
    with pytest.raises(InvalidArgument, match=message):
        Adjacency().set_params(**options).fit(nb201(3))


def test_edges_that_vary_in_number_have_no_code():
    one = [type(a)(a.space, a.cells[:1]) for a in pairs(20)]
    cell = one[0].cells[0]
    fewer = type(cell)(cell.nodes, cell.edges[1:])
    unlinked = type(cell)(cell.nodes, tuple(e for e in cell.edges if (e.source, e.target) != (4, 5)))
    for other in (fewer, unlinked):
        stranger = type(one[0])(one[0].space, (other,))
        with pytest.raises(InvalidArgument, match="how many edges arrive"):
            Adjacency(ops=PAIR_OPS).fit([*one, stranger])
        with pytest.raises(InvalidArgument, match=r"than fit saw: \[0, 0, 2, 2, 2, 0\] edges"):
            Adjacency(ops=PAIR_OPS).fit(one).transform([stranger])


def test_a_hidden_node_without_op_has_no_code():
    arch = nb101_cell([(0, 1), (1, 2)], ["sum"])
    with pytest.raises(InvalidArgument, match="hidden node carries no op"):
        Adjacency(ops=NB101_OPS).fit([arch]).transform([arch])


def test_what_cannot_be_undone_says_so():
    archs = nb101(5)
    for options in ({"style": "full"}, {"trunc": 20}, {"style": "categorical", "published": True}):
        encoder = Adjacency(**options, **SEVEN).fit(archs)
        with pytest.raises(InvalidArgument, match=r"turned back|alike"):
            encoder.inverse_transform(encoder.transform(archs))
    encoder = Adjacency(**SEVEN).fit(archs)
    with pytest.raises(InvalidArgument, match=r"shape \(1, 5\); expected \[n, 36\]"):
        encoder.inverse_transform(np.zeros((1, 5)))
    with pytest.raises(NotFittedError):
        Adjacency().inverse_transform(np.zeros((1, 30)))
