"""Fronts and hypervolumes against their definitions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from archenc.errors import InvalidArgument
from archenc.search import hypervolume, pareto_front
from archenc.search.pareto import worths

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


def test_other_shapes_are_refused():
    with pytest.raises(InvalidArgument, match="expected"):
        hypervolume(np.zeros((3, 4)), np.zeros(4))
