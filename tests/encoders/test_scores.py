from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

from archenc.encoders import Scores
from archenc.errors import InvalidArgument, UnknownName

SCORES = Scores(["a", "b"], np.array([[1.0, 2.0], [3.0, np.nan]]), ["snip", "zen"])


def test_it_is_a_mapping():
    assert list(SCORES) == ["a", "b"]
    assert len(SCORES) == 2
    np.testing.assert_array_equal(SCORES["b"], [3.0, np.nan])
    assert "c" not in SCORES
    assert {key: row[0] for key, row in SCORES.items()} == {"a": 1.0, "b": 3.0}


def test_rows_of_many_keys_have_nan_for_unknown_ones():
    np.testing.assert_array_equal(SCORES.rows(["b", "c", "a"]), [[3, np.nan], [np.nan, np.nan], [1, 2]])


def test_columns_can_be_chosen():
    chosen = SCORES.select(["zen"])
    assert chosen.names == ("zen",)
    np.testing.assert_array_equal(chosen["a"], [2.0])
    with pytest.raises(UnknownName, match="'nwot'; known: snip, zen"):
        SCORES.select(["nwot"])


def test_it_cannot_be_changed():
    values = np.ones((1, 1))
    scores = Scores(["a"], values, ["snip"])
    values[0, 0] = 5
    assert scores["a"][0] == 1
    with pytest.raises(ValueError, match="read-only"):
        scores["a"][0] = 2


def test_deep_copies_share_it():
    assert copy.deepcopy(SCORES) is SCORES
    assert pickle.dumps(SCORES)
    assert repr(SCORES) == "Scores(2 architectures, names=('snip', 'zen'))"


@pytest.mark.parametrize(
    ("keys", "names", "message"),
    [
        (["a", "a"], ["x", "y"], "twice"),
        (["a", "b"], ["x", "x"], "twice"),
        (["a"], ["x", "y"], r"shape \(2, 2\); expected \(1, 2\)"),
    ],
)
def test_bad_arguments(keys: list[str], names: list[str], message: str):
    with pytest.raises(InvalidArgument, match=message):
        Scores(keys, np.ones((2, 2)), names)
