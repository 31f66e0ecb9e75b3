"""Fingerprints: equal settings, equal fingerprint; any change, another one."""

import json

import numpy as np
import pytest
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from archenc.encoders.scores import Scores
from archenc.errors import InvalidArgument
from archenc.evaluation.fingerprint import fingerprint
from archenc.graph import as_batch
from archenc.spaces import space

from .dummies import Noisy, linear_task


def scores(last: float = 5.0) -> Scores:
    return Scores(["a", "b"], np.array([[1.0, 2.0], [np.nan, last]]), ["synflow", "zen"])


DIFFERENT = [
    1,
    1.5,
    "1",
    True,
    None,
    [1, 2],
    [2, 1],
    np.arange(3),
    np.arange(3.0),
    np.arange(4),
    list(range(100)),
    list(range(99)),
    {"a": 1},
    {"a": 2},
    {"a": np.arange(3)},
    {1, 2, 3},
    Ridge(),
    Ridge(alpha=2.0),
    Noisy(),
    make_pipeline(StandardScaler(), Ridge()),
    make_pipeline(StandardScaler(), Ridge(alpha=2.0)),
    scores(),
    scores(6.0),
    {str(key): np.full(3, key) for key in range(50)},
    {str(key): np.full(3, key + 1) for key in range(50)},
    np.log1p.__class__,
    sorted,
    space("nasbench201").parse(3),
    [space("nasbench201").parse(index) for index in range(40)],
    as_batch([space("nasbench201").parse(index) for index in range(40)]),
    as_batch([space("nasbench201").parse(index) for index in range(41)]),
]


def test_different_things_differ():
    found = [json.dumps(fingerprint(value), sort_keys=True) for value in DIFFERENT]
    assert len(set(found)) == len(found)


def test_equal_things_agree():
    assert fingerprint(Ridge(alpha=2)) == fingerprint(Ridge(alpha=2))
    assert fingerprint(scores()) == fingerprint(scores())
    assert fingerprint({"a": 1, "b": 2}) == fingerprint({"b": 2, "a": 1})
    assert fingerprint((1, 2)) == fingerprint([1, 2])
    assert fingerprint({3, 1, 2}) == fingerprint({2, 3, 1})


def test_what_was_learned_does_not_count():
    task = linear_task()
    assert fingerprint(Noisy().fit(task.X, task.y)) == fingerprint(Noisy())


def test_it_is_short_whatever_the_parameters():
    assert len(json.dumps(fingerprint({str(key): np.full(100, key) for key in range(1000)}))) < 200


@pytest.mark.parametrize("value", [np.random.default_rng(0), object(), lambda x: x, iter([])])
def test_what_could_change_unseen_is_refused(value):
    with pytest.raises(InvalidArgument, match="no fingerprint"):
        fingerprint(value)
