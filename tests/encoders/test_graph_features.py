from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from archenc.encoders import GraphFeatures
from archenc.errors import InvalidArgument
from archenc.graph import Architecture, as_batch, class_labels, op
from archenc.spaces.einspace import SPACE as EINSPACE
from archenc.spaces.nasbench201 import SPACE

from . import naive
from .cells import NB101_OPS, PAIR_OPS, nb101, nb101_cell, nb201, pairs

OPS = tuple(member.name for member in SPACE.ops)


def expected(archs: list[Architecture], names: list[str], **options: Any) -> np.ndarray:
    rows = [naive.graph_features(arch, **options) for arch in archs]
    assert all(set(row) == set(names) for row in rows)
    return np.array([[row[name] for name in names] for row in rows], dtype=np.float32)


@pytest.mark.parametrize(
    ("options", "width"),
    [
        ({}, 15 * 9),
        ({"none": "op"}, 31 * 9),
        ({"none": "op", "published": True}, 191),
        ({"max_subset": 1}, 4 * 9),
    ],
    ids=str,
)
def test_dimensions_of_nasbench201(options: dict[str, Any], width: int):
    assert GraphFeatures(**options).fit_transform(nb201(5)).shape == (5, width)


@pytest.mark.parametrize("published", [False, True])
@pytest.mark.parametrize("none", ["op", "removed", "pruned"])
def test_equals_the_twin_on_edges(none: Any, published: bool):
    archs = nb201(2000, seed=1)
    dropped = () if none == "op" else ("none",)
    encoder = GraphFeatures(none=none, published=published).fit(archs[:3])
    names = encoder.get_feature_names_out().tolist()
    ops = [name for name in OPS if name not in dropped]
    prune = none == "pruned"
    rows = expected(archs, names, ops=ops, slots=4, dropped=dropped, published=published, prune=prune)
    np.testing.assert_allclose(encoder.transform(archs), rows, rtol=1e-6)


@pytest.mark.parametrize("published", [False, True])
def test_equals_the_twin_on_nodes(published: bool):
    archs = nb101(2000, seed=11)
    encoder = GraphFeatures(published=published, ops=NB101_OPS, slots=7).fit(archs[:3])
    names = encoder.get_feature_names_out().tolist()
    rows = expected(archs, names, ops=NB101_OPS, slots=7, published=published)
    np.testing.assert_allclose(encoder.transform(archs), rows, rtol=1e-6)


def test_equals_the_twin_on_cells_of_two_inputs():
    archs = pairs(200)
    encoder = GraphFeatures(ops=PAIR_OPS, max_subset=2).fit(archs[:3])
    names = encoder.get_feature_names_out().tolist()
    rows = expected(archs, names, ops=PAIR_OPS, slots=6, max_subset=2)
    np.testing.assert_allclose(encoder.transform(archs), rows, rtol=1e-6)


def test_the_live_part_decides():
    batch = as_batch(nb201())
    code = GraphFeatures().fit(batch[:5]).transform(batch)
    labels = class_labels(batch, "live-iso-v1")
    first = np.unique(labels, return_index=True)[1]
    np.testing.assert_array_equal(code, code[first][labels])
    assert len(np.unique(code, axis=0)) == len(first) == 8_765


def test_dead_nodes_do_not_count():
    live = nb101_cell([(0, 1), (1, 2)], ["conv3x3"])
    dead = nb101_cell([(0, 1), (1, 3), (0, 2)], ["conv3x3", "conv1x1"])
    encoder = GraphFeatures(ops=NB101_OPS, slots=7).fit([live])
    np.testing.assert_array_equal(*encoder.transform([live, dead]))
    kept = GraphFeatures(none="removed", ops=NB101_OPS, slots=7).fit([live])
    assert (kept.transform([live]) != kept.transform([dead])).any()


def test_by_hand():
    arch = SPACE.parse("|nor_conv_3x3~0|+|none~0|skip_connect~1|+|none~0|nor_conv_1x1~1|nor_conv_3x3~2|")
    encoder = GraphFeatures().fit([arch])
    features = dict(zip(encoder.get_feature_names_out(), encoder.transform([arch])[0].tolist(), strict=True))
    assert encoder.unreachable_ == 4
    assert features["count[conv3x3]"] == 2
    assert features["count[conv1x1+conv3x3]"] == 3
    assert features["min_path[conv3x3]"] == 4  # no walk of 3x3 convolutions alone
    assert features["min_path[conv1x1+conv3x3]"] == 2
    assert features["min_path[skip+conv3x3]"] == 3
    assert features["max_on_path[conv3x3]"] == 2
    assert features["input_out[conv3x3]"] == features["output_in[conv3x3]"] == 1
    assert features["input_out[skip]"] == 0
    assert features["inner_in_mean[conv3x3]"] == 0.5
    assert features["inner_out_max[skip+conv1x1]"] == 2


def test_cells_that_differ_in_numbering_only_share_their_features():
    batch = as_batch(nb201())
    code = GraphFeatures(none="removed").fit(batch[:5]).transform(batch)
    op_of = batch.edge_ops[:, 0]
    carries = (op_of >= 0) & (op_of != op("none").index)
    live = batch.live[:, 0]
    clean = ~(carries & ~(live[:, :, None] & live[:, None, :])).any(axis=(1, 2))  # no op on a dead edge
    labels = class_labels(batch[np.flatnonzero(clean)], "live-iso-v1")
    first = np.unique(labels, return_index=True)[1]
    assert len(first) < len(labels)
    np.testing.assert_array_equal(code[clean], code[clean][first][labels])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"none": "keep"}, "none='keep'; legal: pruned, removed, op"),
        ({"max_subset": 0}, "max_subset=0: expected 1 to 4"),
        ({"max_subset": 6, "none": "op"}, "max_subset=6: expected 1 to 5"),
    ],
)
def test_bad_options(options: dict[str, Any], message: str):
    with pytest.raises(InvalidArgument, match=message):
        GraphFeatures().set_params(**options).fit(nb201(5))


def test_more_subsets_than_can_be_counted_are_refused_before_they_are():
    archs = EINSPACE.sample(3, 0)
    with pytest.raises(InvalidArgument, match=r"62 ops have 4,611,686,018,427,387,903 such subsets"):
        GraphFeatures().fit(archs)
    assert GraphFeatures(max_subset=1).fit_transform(archs).shape[0] == 3
