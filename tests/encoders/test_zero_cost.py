from __future__ import annotations

import csv
from pathlib import Path as File
from typing import Any

import numpy as np
import pytest
from sklearn.base import clone

from archenc.encoders import Scores, ZeroCost
from archenc.errors import InvalidArgument, MissingScore, UnknownName
from archenc.graph import as_batch
from archenc.spaces.nasbench201 import SPACE
from archenc.suite_zero import PROXIES

from . import naive
from .cells import nb101, nb201

NAMES = ("params", "grasp", "jacov")
ARCHS = nb201(80, seed=9)
KEYS = [SPACE.format(arch) for arch in ARCHS]
VALUES = np.random.default_rng(1).lognormal(size=(80, 3)) * [1, -4, 9]
SCORES = Scores(KEYS, VALUES, NAMES)


def gappy() -> Scores:
    """Row 3 lacks a score, row 5 has a sentinel, row 7 is not there."""
    values = VALUES.copy()
    values[3, 1], values[5, 2] = np.nan, -1e8
    keep = [row for row in range(80) if row != 7]
    return Scores([KEYS[row] for row in keep], values[keep], NAMES)


def test_ranks_equal_the_twin():
    encoder = ZeroCost(SCORES).fit(ARCHS[:15])
    expected = [[naive.ranks(VALUES[:15, k].tolist(), row[k]) for k in range(3)] for row in VALUES]
    np.testing.assert_allclose(encoder.transform(ARCHS), expected, rtol=1e-6)


def test_standard_equals_its_definition():
    encoder = ZeroCost(SCORES, scaling="standard").fit(ARCHS[:15])
    warped = VALUES.copy()
    warped[:, :2] = np.sign(warped[:, :2]) * np.log1p(np.abs(warped[:, :2]))
    train = warped[:15]
    expected = np.clip((warped - train.mean(axis=0)) / train.std(axis=0), -5, 5)
    np.testing.assert_allclose(encoder.transform(ARCHS), expected, rtol=1e-5)


def test_paper_sees_every_score_and_says_so():
    encoder = ZeroCost(SCORES, scaling="paper").fit(ARCHS[:2])
    assert encoder.transductive_
    code = encoder.transform(ARCHS)
    logs = np.log1p(VALUES[:, 0])
    np.testing.assert_allclose(code[:, 0], (logs - logs.min()) / np.ptp(logs), rtol=1e-5)
    np.testing.assert_allclose(code[:, 1].mean(), 0, atol=1e-6)
    np.testing.assert_allclose(code[:, 1].std(), 1, rtol=1e-5)
    assert (code[:, 2].min(), code[:, 2].max()) == (0, 1)


def test_paper_on_a_reference_is_not_transductive():
    encoder = ZeroCost(SCORES, scaling="paper", reference=ARCHS[:30]).fit(ARCHS[:2])
    assert not encoder.transductive_
    assert encoder.transform(ARCHS[:30]).min(axis=0).tolist()[0] == 0


def test_only_the_training_rows_count():
    altered = VALUES.copy()
    altered[15:] = 0
    codes = [
        ZeroCost(Scores(KEYS, v, NAMES)).fit(ARCHS[:15]).transform(ARCHS[:15]) for v in (VALUES, altered)
    ]
    np.testing.assert_array_equal(*codes)
    assert not ZeroCost(SCORES).fit(ARCHS[:15]).transductive_


def test_a_reference_takes_the_place_of_the_training_rows():
    few = ZeroCost(SCORES, reference=ARCHS[20:]).fit(ARCHS[:3])
    many = ZeroCost(SCORES).fit(ARCHS[20:])
    np.testing.assert_array_equal(few.transform(ARCHS), many.transform(ARCHS))
    as_graphs = ZeroCost(SCORES, reference=as_batch(ARCHS[20:])).fit(ARCHS[:3])
    np.testing.assert_array_equal(as_graphs.transform(ARCHS), few.transform(ARCHS))


def test_a_dictionary_a_mapping_and_a_bare_look_up_agree():
    class LookUp:
        def __getitem__(self, key: str) -> np.ndarray:
            return SCORES[key]

    code = ZeroCost(SCORES).fit(ARCHS).transform(ARCHS)
    for scores in (dict(SCORES), {key: row.tolist() for key, row in SCORES.items()}, LookUp()):
        np.testing.assert_array_equal(ZeroCost(scores, names=NAMES).fit(ARCHS).transform(ARCHS), code)


def test_names_choose_columns_of_scores():
    one = ZeroCost(SCORES, names=["jacov"]).fit(ARCHS)
    np.testing.assert_array_equal(
        one.transform(ARCHS)[:, 0], ZeroCost(SCORES).fit(ARCHS).transform(ARCHS)[:, 2]
    )
    assert one.get_feature_names_out().tolist() == ["jacov"]
    with pytest.raises(UnknownName, match="zen"):
        ZeroCost(SCORES, names=["zen"]).fit(ARCHS)


@pytest.mark.parametrize(("row", "column"), [(3, "grasp"), (5, "jacov"), (7, "params")])
def test_a_missing_score_names_the_architecture_and_the_column(row: int, column: str):
    encoder = ZeroCost(gappy()).fit(ARCHS[10:])
    with pytest.raises(MissingScore) as raised:
        encoder.transform([ARCHS[0], ARCHS[row], ARCHS[1]])
    assert f"{column!r} score for {KEYS[row]}, row 1 of X" in str(raised.value)
    with pytest.raises(MissingScore):
        ZeroCost(gappy()).fit(ARCHS[: row + 1])


@pytest.mark.parametrize(("scaling", "middle"), [("rank", [0.5] * 3), ("standard", [0.0] * 3)])
def test_missing_scores_can_be_marked(scaling: Any, middle: list[float]):
    encoder = ZeroCost(gappy(), scaling=scaling, missing="indicator").fit(ARCHS[:15])
    code = encoder.transform(ARCHS)
    assert encoder.get_feature_names_out().tolist() == [*NAMES, *[f"{name}_missing" for name in NAMES]]
    assert code[3, 3:].tolist() == [0, 1, 0]
    assert code[5, 3:].tolist() == [0, 0, 1]
    assert code[7].tolist() == [*middle, 1, 1, 1]
    assert code[3, 1] == middle[1]
    assert code[:, 3:].sum() == 5
    unmarked = ZeroCost(gappy(), scaling=scaling, missing="middle").fit(ARCHS[:15])
    np.testing.assert_array_equal(unmarked.transform(ARCHS), code[:, :3])


def test_missing_scores_take_no_part_in_the_fit():
    kept = [row for row in range(15) if row not in (3, 5, 7)]
    code = ZeroCost(gappy(), missing="indicator").fit(ARCHS[:15]).transform(ARCHS[20:])
    expected = [naive.ranks([VALUES[k, 0] for k in range(15) if k != 7], v) for v in VALUES[20:, 0]]
    np.testing.assert_allclose(code[:, 0], expected, rtol=1e-6)
    reference = ZeroCost(gappy(), reference=ARCHS[:15]).fit([ARCHS[k] for k in kept])
    np.testing.assert_array_equal(reference.transform(ARCHS[20:]), code[:, :3])


def test_a_column_without_any_score_is_an_error():
    values = VALUES.copy()
    values[:, 1] = -1e8
    with pytest.raises(MissingScore, match="column 'grasp': none of the 80"):
        ZeroCost(Scores(KEYS, values, NAMES), missing="indicator").fit(ARCHS)


def test_clones_share_scores():
    encoder = ZeroCost(SCORES)
    twin: Any = clone(encoder)
    assert twin.scores is SCORES


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"scaling": "quantile"}, "scaling='quantile'; legal: rank, standard, paper"),
        ({"missing": "zero"}, "missing='zero'; legal: raise, middle, indicator"),
        ({"scores": dict(SCORES)}, "names=None: expected the column names"),
        ({"scores": dict(SCORES), "names": "params"}, "names='params'"),
        ({"scores": dict(SCORES), "names": ("a", "b")}, r"has 3 numbers, but names has 2"),
        ({"reference": nb101(3)}, "reference is of space"),
        ({"reference": []}, "expected a non-empty sequence"),
        ({"scaling": "paper", "names": ["zen_score"], "scores": dict(SCORES)}, "'zen_score' does not end"),
    ],
)
def test_bad_options(options: dict[str, Any], message: str):
    with pytest.raises(InvalidArgument, match=message):
        ZeroCost(SCORES).set_params(**options).fit(ARCHS)


def test_paper_needs_to_see_all_scores():
    class LookUp:
        def __getitem__(self, key: str) -> np.ndarray:
            return SCORES[key]

    with pytest.raises(InvalidArgument, match="must be a Mapping"):
        ZeroCost(LookUp(), names=NAMES, scaling="paper").fit(ARCHS)


def test_an_unregistered_space_has_no_scores():
    with pytest.raises(InvalidArgument, match="not registered"):
        ZeroCost(SCORES).fit(nb101(3))


def test_the_thirteen_published_proxies(shared_data: File):
    with (shared_data / "nb201" / "nb201_zc_proxies.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    archs = [SPACE.parse(row["net"]) for row in rows]
    values = np.array([[float(row[name]) for name in PROXIES] for row in rows])
    scores = Scores([SPACE.format(arch) for arch in archs], values, PROXIES)
    dead = SPACE.parse((1, 1, 1, 1, 1, 1))
    with pytest.raises(MissingScore, match=r"'epe_nas' score for \|none~0\|.* in 1 of 9445 rows"):
        ZeroCost(scores).fit(archs)
    archs.remove(dead)
    code = ZeroCost(scores).fit(archs[:78]).transform(archs)
    assert code.shape == (9_444, 13)
    assert (code.min(), code.max()) == (0, 1)
    everything = ZeroCost(scores, scaling="paper").fit(archs[:7])
    assert everything.transductive_
    code = everything.transform(archs)
    grasp = PROXIES.index("grasp")
    np.testing.assert_allclose(np.delete(code, grasp, axis=1).max(axis=0), 1, rtol=1e-6)
    np.testing.assert_allclose(code[:, grasp].std(), 1, rtol=1e-3)
