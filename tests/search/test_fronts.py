"""Several objectives, in simulation: shares of the hypervolume."""

import numpy as np
import pytest

from archenc.errors import InvalidArgument
from archenc.search.fronts import FrontTask, front_of, shares_of_hypervolume
from archenc.search.pareto import hypervolume, pareto_front
from archenc.search.simulation import Method, Problem
from archenc.tables import digits201

METRICS = ("digits_val_accuracy_16ep", "digits_val_loss_16ep")


@pytest.fixture(scope="module")
def problem():
    return FrontTask(digits201(), METRICS).problem(12)


def test_a_front_in_parts_is_the_front():
    values = np.random.default_rng(0).integers(0, 9, size=(700, 3)).astype(float)
    expected = np.unique(values[pareto_front(values)], axis=0)
    np.testing.assert_array_equal(np.unique(front_of(values), axis=0), expected)


def test_objectives_are_brought_to_one(problem):
    assert problem.objectives == 2
    np.testing.assert_array_equal(problem.values.min(axis=0), 0)
    np.testing.assert_array_equal(problem.values.max(axis=0), 1)


def test_shares_grow_towards_one(problem):
    methods = [Method("random"), Method("evolution:initial=4")]
    found = shares_of_hypervolume(problem, methods, seeds=3, at=(1, 6, 12))
    for shares in found.values():
        assert shares.shape == (3, 3)
        assert (np.diff(shares, axis=1) >= 0).all()
        assert (shares > 0).all()
        assert (shares <= 1).all()


def test_a_model_finds_more_of_a_front_than_chance(problem):
    """Of accuracy and lightness, which are at odds."""
    domain, accuracy = problem.domain, problem.values[:, 0]
    weights = [
        sum(edge.op.parametrised for edge in arch.cells[0].edges) for arch in domain.archs(range(len(domain)))
    ]
    at_odds = Problem(domain, np.stack([accuracy, 1 - np.array(weights) / 6], axis=1), 25)
    methods = [Method("random"), Method("gaussian_process:initial=5")]
    by_chance, guided = shares_of_hypervolume(at_odds, methods, seeds=3, at=(25,)).values()
    assert guided.mean() > by_chance.mean()


def test_all_of_it_is_the_whole(problem):
    few = Problem(problem.domain, problem.values, len(problem.domain))
    found = shares_of_hypervolume(few, [Method("random")], seeds=1, at=(len(problem.domain),))
    assert found[Method("random")][0, 0] == pytest.approx(1)
    assert hypervolume(np.ones((1, 2)), np.zeros(2)) == 1


def test_what_cannot_be(problem):
    with pytest.raises(InvalidArgument, match="expected two or three"):
        FrontTask(digits201(), METRICS[:1]).problem(3)
    with pytest.raises(InvalidArgument, match="from 1 to the budget, 12"):
        shares_of_hypervolume(problem, [Method("random")], seeds=1, at=(13,))
