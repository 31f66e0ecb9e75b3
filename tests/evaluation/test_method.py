"""Methods: names, fresh clones, seeds."""

import pytest
from sklearn.dummy import DummyRegressor
from sklearn.ensemble import ExtraTreesRegressor
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from archenc.encoders import ZeroCost
from archenc.errors import InvalidArgument
from archenc.evaluation.method import Method, as_methods, seeded, with_reference
from archenc.pipelines.by_name import assemble
from archenc.spaces import space

from .dummies import Noisy


def test_a_fresh_clone_is_seeded_through_a_pipeline_and_leaves_the_original_alone():
    original = make_pipeline(StandardScaler(), ExtraTreesRegressor(random_state=1))
    fresh = Method("trees", "scaled", original).fresh(99)
    assert fresh.get_params()["extratreesregressor__random_state"] == 99
    assert original.get_params()["extratreesregressor__random_state"] == 1
    assert Method("noisy", "graph", Noisy()).fresh(7).seed == 7


def test_an_estimator_without_a_seed_is_left_as_it_is():
    assert seeded(StandardScaler(), 3).get_params() == StandardScaler().get_params()


def test_labels():
    assert Method("flan", "graph", Ridge()).label == "flan"
    assert Method("flan", "zero_cost", Ridge()).label == "flan · zero_cost"


def test_a_bare_estimator_gets_its_class_name():
    (method,) = as_methods(Ridge())
    assert (method.method, method.encoding) == ("Ridge", "graph")


@pytest.mark.parametrize(
    ("methods", "words"),
    [
        ([], "expected an estimator"),
        ([Ridge()], "expected an estimator"),
        ([Method("a", "b", Ridge()), Method("a", "b", Noisy())], "a · b occurs twice"),
        ([Method("a", "b", StandardScaler())], "no predict"),
        ([Method("a", "b", object())], "no get_params"),
    ],
)
def test_what_is_no_method_is_refused(methods, words: str):
    with pytest.raises(InvalidArgument, match=words):
        as_methods(methods)


def test_the_reference_reaches_every_encoder_that_takes_one():
    nb201 = space("nasbench201")
    archs = [nb201.parse(index) for index in range(6)]
    scores = {nb201.format(arch): [float(index)] for index, arch in enumerate(archs)}
    estimator = make_pipeline(ZeroCost(scores=scores, names=("synflow",)), Ridge())
    both = (Method("ridge", "zero_cost", estimator), Method("mean", "graph", DummyRegressor()))
    given, other = with_reference(both, archs[:4])
    assert len(given.estimator.get_params()["zerocost__reference"]) == 4
    assert isinstance(other.estimator, DummyRegressor)
    assert estimator.get_params()["zerocost__reference"] is None


def test_a_reference_that_nobody_takes_is_refused():
    with pytest.raises(InvalidArgument, match="nothing in ridge takes a reference"):
        with_reference((Method("ridge", "graph", Ridge()),), [1, 2])
    with_reference((Method("ridge", "graph", Ridge()),), [1, 2], needed=False)


def test_what_has_its_information_switched_off_takes_no_reference():
    off, on = (assemble(f"flan:op_features={word}") for word in ("false", "true"))
    with pytest.raises(InvalidArgument, match="nothing in flan"):
        with_reference((Method("flan", "graph", off),), [1, 2])
    given = with_reference((Method("off", "graph", off), Method("on", "graph", on)), [1, 2])
    assert [method.estimator.reference for method in given] == [None, [1, 2]]
