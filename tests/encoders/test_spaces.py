"""The structural codes of every registered space: golden dimensions, and codes that do not hang on `fit`."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path as File
from typing import Any

import numpy as np
import pytest

from archenc.encoders import Adjacency, Encoder, GraphFeatures, Path
from archenc.graph import GraphBatch, as_batch, class_labels
from archenc.spaces import space

from . import naive

NB101, NB301, TNB101, MACRO = "nasbench101", "nasbench301", "transnasbench101", "transnasbench101_macro"


@pytest.mark.parametrize(
    ("name", "encoder", "width"),
    [
        (NB101, Adjacency(published=True), 26),
        (NB101, Adjacency(), 36),
        (NB101, Adjacency("categorical", published=True), 26),
        (NB101, Adjacency("categorical", width=9), 14),
        (NB101, Adjacency("continuous"), 27),
        (NB101, Adjacency("full", published=True), 56),
        (NB101, Adjacency("full"), 84),
        (NB101, Path(), 364),
        (NB101, Path(truncate=40), 40),
        (NB101, Path("categorical", published=True), 20),
        (NB101, Path("categorical", width=8), 8),
        (TNB101, Adjacency(published=True), 6),
        (TNB101, Adjacency(), 24),
        (TNB101, Adjacency("full", published=True), 72),
        (TNB101, Adjacency("full"), 112),
        (TNB101, Path(), 84),
        (TNB101, Path(none="removed"), 39),
        (TNB101, Path(truncate=20), 20),
        (NB301, Adjacency(published=True), 114),
        (NB301, Adjacency(), 168),
        (NB301, Adjacency("ordinal"), 32),
        (NB301, Adjacency("full", published=True), 2 * (121 + 11)),
        (NB301, Adjacency("full"), 2 * (121 + 11 * 9)),
        (NB301, Path(), 11_204),
        (NB301, Path(truncate=57), 228),
        (NB301, GraphFeatures(), 3_048),
        (NB301, GraphFeatures(max_subset=3), 1_512),
        (MACRO, Adjacency(), 28 + 6 * 4),
        (MACRO, Path(), sum(4**k for k in range(7))),
    ],
    ids=repr,
)
def test_golden_dimensions(name: str, encoder: Encoder, width: int):
    archs = space(name).sample(12, 0)
    code = encoder.fit(archs[:1]).transform(archs)
    assert code.shape == (12, width)
    assert len(encoder.get_feature_names_out()) == width
    np.testing.assert_array_equal(encoder.fit(archs).transform(archs), code)


@pytest.mark.parametrize(("name", "cuts"), [(NB101, [1, 4, 13, 40, 121, 364]), (TNB101, [4, 20, 84]),
                                            (NB301, [1, 8, 57, 400, 2801])])  # fmt: skip
def test_natural_cut_offs_of_a_block(name: str, cuts: list[int]):
    encoder = Path().fit(space(name).sample(1, 0))
    lengths = range(encoder.shortest_, encoder.longest_ + 1)
    shortest = {sum(len(encoder.ops_) ** k for k in range(encoder.shortest_, n + 1)) for n in lengths}
    assert sorted(shortest) == cuts
    Path(truncate=cuts[-1]).fit(space(name).sample(1, 0))


def test_the_code_of_the_smallest_cells_fits_the_largest():
    nb101 = space(NB101)
    small, archs = [nb101.parse("1|"), nb101.parse("11-1|c3")], nb101.sample(50, 0)
    for encoder in (Adjacency(), Adjacency("full"), Adjacency("categorical"), Path("count"), GraphFeatures()):
        on_small = encoder.fit(small).transform(archs)
        np.testing.assert_array_equal(on_small, encoder.fit(archs).transform(archs))


@pytest.mark.parametrize("options", [{}, {"style": "ordinal"}, {"published": True}], ids=str)
def test_darts_codes_equal_the_twin_and_come_back(options: dict[str, Any]):
    nb301 = space(NB301)
    archs = nb301.sample(300, 1)
    encoder = Adjacency(**options).fit(archs[:1])
    code, ops = encoder.transform(archs), [member.name for member in nb301.ops]
    np.testing.assert_array_equal(code, [naive.adjacency_of_choices(arch, ops, **options) for arch in archs])
    assert encoder.inverse_transform(code) == archs
    assert len(np.unique(code, axis=0)) == 300


def test_the_ordinal_darts_code_is_the_code_of_the_space():
    nb301 = space(NB301)
    archs = nb301.sample(40, 2)
    code = Adjacency("ordinal").fit(archs).transform(archs)
    np.testing.assert_array_equal(code, nb301.codes(archs).reshape(40, 32))


@pytest.mark.parametrize("name", [NB101, NB301, TNB101, MACRO])
def test_paths_equal_the_twin(name: str):
    archs = space(name).sample(60, 3)
    encoder = Path("count").fit(archs)
    ops = [member.name for member in space(name).ops]
    expected = [naive.path_counts(arch, ops, encoder.shortest_, encoder.longest_) for arch in archs]
    np.testing.assert_array_equal(encoder.transform(archs), np.stack(expected))


@pytest.mark.parametrize(
    ("name", "encoder", "width", "codes"),
    [
        (TNB101, Adjacency(), 24, 4096),
        (TNB101, Adjacency(published=True), 6, 4096),
        (TNB101, Adjacency("ordinal"), 6, 4096),
        (TNB101, Adjacency("full"), 112, 4096),
        (TNB101, Path(), 84, 4096),
        (TNB101, Path(none="removed"), 39, 1696),
        (TNB101, Path("count", none="removed"), 39, 1840),
        (TNB101, Path(truncate=20), 20, 544),
        (TNB101, GraphFeatures(), 63, 1948),
        (MACRO, Adjacency(), 52, 3256),
        (MACRO, Adjacency(published=True), 34, 3256),
        (MACRO, Adjacency("ordinal"), 34, 3256),
        (MACRO, Adjacency("full"), 112, 3256),
        (MACRO, Path(), 5461, 3256),
        (MACRO, GraphFeatures(), 135, 601),
    ],
    ids=repr,
)
def test_numbers_of_codes_of_whole_spaces(name: str, encoder: Encoder, width: int, codes: int):
    batch = everything(name)
    code = encoder.fit(batch[:3]).transform(batch)
    assert code.shape == (len(batch), width)
    assert n_codes(code) == codes
    if encoder.injective:
        assert codes == len(batch)


def test_graph_features_of_micro_cells_are_one_for_each_live_cell():
    batch = everything(TNB101)
    features, live = GraphFeatures().fit(batch[:3]).transform(batch), class_labels(batch, "live-iso-v1")
    first = np.unique(live, return_index=True)[1]
    np.testing.assert_array_equal(features, features[first][live])
    assert len(first) == 1948


@pytest.mark.parametrize(
    "encoder",
    [Adjacency(), Adjacency("ordinal"), Adjacency(published=True), Adjacency("full"), Path(truncate=57),
     GraphFeatures(max_subset=1)],
    ids=repr,
)  # fmt: skip
def test_every_code_tells_the_public_architectures_of_darts_apart(darts: GraphBatch, encoder: Encoder):
    assert n_codes(encoder.fit(darts[:3]).transform(darts)) == len(darts) == 11_946


@pytest.fixture(scope="module")
def darts(shared_data: File) -> GraphBatch:
    """The trained and the scored architectures of NAS-Bench-301."""
    listed = json.loads((shared_data / "nb301" / "archs_nasbench301.json").read_text())
    scored = json.loads((shared_data / "nb301" / "zc_nasbench301.json").read_text())["cifar10"]
    return as_batch([space(NB301).parse(text) for text in [*listed.values(), *scored]])


@cache
def everything(name: str) -> GraphBatch:
    """All architectures of a space."""
    return as_batch(list(space(name).enumerate()))


def n_codes(code: np.ndarray) -> int:
    """Number of different rows."""
    return len(np.unique(np.ascontiguousarray(code).view(f"V{code.shape[1] * code.itemsize}").ravel()))
