from __future__ import annotations

import json
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from archenc.errors import IncompatibleModel, InvalidArgument
from archenc.graph import GraphBatch, op
from archenc.predictors.values import decode, encode
from archenc.spaces import space

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | st.lists(inner).map(tuple),
)


def _round_trip(value: object) -> object:
    tensors: dict[str, np.ndarray] = {}
    text = json.dumps(encode(value, "value", tensors, _no_estimators), allow_nan=False)
    return decode(json.loads(text), tensors, _no_estimators)


def _no_estimators(*_: object) -> tuple[dict, dict]:
    raise AssertionError("no estimator here")


@given(PLAIN)
def test_plain_values_come_back_equal_and_of_their_type(value: object) -> None:
    found = _round_trip(value)
    assert found == value
    assert repr(found) == repr(value)


def test_floats_that_json_lacks() -> None:
    assert _round_trip([math.inf, -math.inf]) == [math.inf, -math.inf]
    assert math.isnan(_round_trip(math.nan))


def test_numbers_of_numpy_become_plain_ones() -> None:
    assert _round_trip([np.float64(0.1), np.int8(3), np.bool_(True)]) == [0.1, 3, True]


def test_arrays_and_mappings_of_vectors() -> None:
    tensors: dict[str, np.ndarray] = {}
    scores = {f"cell {i}": np.arange(3.0) + i for i in range(50)}
    text = encode({"scores": scores, "one": np.arange(4)}, "p", tensors, _no_estimators)
    assert tensors.keys() == {"p/scores", "p/one"}
    assert tensors["p/scores"].shape == (50, 3)
    found = decode(text, tensors, _no_estimators)
    assert found["scores"].keys() == scores.keys()
    np.testing.assert_array_equal(found["scores"]["cell 7"], scores["cell 7"])


def test_a_generator_goes_on_where_it_was() -> None:
    rng = np.random.default_rng(3)
    rng.random(5)
    found = _round_trip(rng)
    np.testing.assert_array_equal(found.random(4), rng.random(4))


def test_values_of_archenc() -> None:
    archs = [space("nb201").parse(index) for index in (0, 77, 15_624)]
    assert _round_trip(archs) == archs
    assert _round_trip(tuple(archs)) == tuple(archs)
    assert _round_trip(archs[1]) == archs[1]
    foreign = [replace(arch, space="of a user") for arch in archs]
    assert _round_trip(foreign) == foreign
    assert _round_trip([archs[0], foreign[0]]) == [archs[0], foreign[0]]
    marked = [replace(arch, attributes=(("width", 16),)) for arch in archs]
    assert _round_trip(marked) == marked
    assert _round_trip(op("conv3x3")) == op("conv3x3")
    batch = GraphBatch.from_architectures(archs)
    found = _round_trip(batch)
    np.testing.assert_array_equal(found.edge_ops, batch.edge_ops)
    assert found.space == batch.space


@pytest.mark.parametrize(
    "value",
    [print, {1: 2}, {1, 2}, object(), np.array(["text"]), np.array([None]), b"x", {"__archenc__": "tuple"}],
)
def test_what_has_no_form_is_refused_by_name(value: object) -> None:
    with pytest.raises(InvalidArgument, match=r"params/extra.*cannot be saved"):
        encode(value, "params/extra", {}, _no_estimators)


@pytest.mark.parametrize(
    "value",
    [
        {"__archenc__": "pickle", "bytes": ""},
        {"__archenc__": "fields", "class": "subprocess:Popen", "fields": {"args": "true"}},
        {"__archenc__": "fields", "class": "archenc.graph.ops:op", "fields": {"name": "none"}},
        {"__archenc__": "fields", "class": "archenc.graph.ops:numpy.ndarray", "fields": {}},
        {"__archenc__": "arguments", "class": "archenc.nowhere:Thing", "arguments": []},
    ],
)
def test_only_value_classes_of_archenc_are_built(value: dict) -> None:
    with pytest.raises(IncompatibleModel):
        decode(value, {}, _no_estimators)
