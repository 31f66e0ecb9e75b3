"""Fronts and hypervolumes against their definitions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from archenc.errors import InvalidArgument
from archenc.search import hypervolume, pareto_front
from archenc.search.pareto import dominates, scalarised, worths
from archenc.testing.unchecked import unchecked

GRID = arrays(np.float64, st.tuples(st.integers(1, 8), st.sampled_from([2, 3])), elements=st.integers(0, 5))


@given(GRID)
def test_the_hypervolume_is_the_number_of_cells_below(values):
    reference = np.zeros(values.shape[1])
    cells = np.stack(np.meshgrid(*[np.arange(5)] * values.shape[1], indexing="ij"), -1)
    below = (cells[..., None, :] < values).all(axis=-1).any(axis=-1).sum()
    assert hypervolume(values, reference) == pytest.approx(below)


@given(GRID)
def test_a_front_is_what_nothing_dominates(values):
    front = set(pareto_front(values).tolist())
    for row, value in enumerate(values):
        beaten = any((other >= value).all() and (other > value).any() for other in values)
        assert (row in front) != beaten


def test_worths_put_front_before_front_and_failures_last():
    values = np.array([[0.0, 0.0], [1, 3], [3, 1], [2, 2], [1, 1], [np.nan, 9]])
    found = worths(values)
    assert found[5] == -np.inf
    assert min(found[1:4]) > found[4] > found[0]
    assert worths(np.array([[2.0], [np.nan]])).tolist() == [2.0, -np.inf]
    assert pareto_front(values).tolist() == [1, 2, 3]


@given(GRID, st.integers(0, 100))
def test_in_one_number_what_dominates_is_not_behind(values, seed):
    weights = np.random.default_rng(seed).dirichlet(np.ones(values.shape[1]))
    found = scalarised(values, weights)
    better, worse = np.nonzero(dominates(values, values))
    assert (found[better] >= found[worse]).all()


def test_weights_lead_to_every_part_of_a_hollow_front():
    hollow = np.array([[0.0, 10.0], [4, 4], [10, 0]])  # no sum of weighted objectives prefers the middle
    best = {int(scalarised(hollow, np.array([w, 1 - w])).argmax()) for w in (0.01, 0.5, 0.99)}
    assert best == {0, 1, 2}


@given(GRID, st.randoms())
def test_duplicates_failures_and_order_change_neither_front_nor_hypervolume(values, random):
    reference = np.full(values.shape[1], -1.0)
    failed = np.full((2, values.shape[1]), 9.0)
    failed[:, 0] = np.nan
    rows = [*values, *values[:3], *failed]
    random.shuffle(rows)
    more = np.array(rows)
    assert hypervolume(more, reference) == pytest.approx(hypervolume(values, reference))
    assert {tuple(more[row]) for row in pareto_front(more)} == {
        tuple(values[row]) for row in pareto_front(values)
    }


def test_other_shapes_are_refused():
    with pytest.raises(InvalidArgument, match="expected"):
        hypervolume(np.zeros((3, 4)), np.zeros(4))


@unchecked()
def test_lists_are_rows_too_and_what_is_neither_is_named():
    rows: Any = [[1, 2], [2, 1], [1, 1]]
    origin: Any = [0, 0]
    assert hypervolume(rows, origin) == 3.0
    assert pareto_front(rows).tolist() == [0, 1]
    with pytest.raises(InvalidArgument, match=r"reference=\[nan, 0.0\]: expected finite numbers"):
        hypervolume(np.ones((2, 2)), np.array([np.nan, 0]))
    for wrong in ([1.0, 2.0], [[1.0], [1.0, 2.0]], [["a", "b"]]):
        unfit: Any = wrong
        with pytest.raises(InvalidArgument, match=r"values.*expected"):
            pareto_front(unfit)
