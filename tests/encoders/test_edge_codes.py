from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from archenc.encoders.edge_codes import (
    edge_bits,
    edge_slots,
    index_list,
    index_list_bits,
    largest,
    one_hot,
    scalars,
    unhot,
    unscalars,
)
from archenc.errors import InvalidArgument

BITS = arrays(bool, st.tuples(st.integers(1, 5), st.just(10)))
IDS = arrays(np.int64, st.tuples(st.integers(1, 5), st.just(4)), elements=st.integers(0, 3))


def test_slots_go_row_by_row():
    assert edge_slots(4) == [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)]
    present = np.zeros((1, 4, 4), dtype=bool)
    present[0, 1, 2] = True
    assert edge_bits(present).tolist() == [[False, False, False, True, False, False]]


@given(IDS)
def test_one_hot_and_back(ids: np.ndarray):
    bits = one_hot(ids, 3)
    assert bits.shape == (len(ids), 12)
    np.testing.assert_array_equal(
        bits.reshape(len(ids), 4, 3).sum(axis=2), ids < 3
    )  # id 3 is the reserved one
    np.testing.assert_array_equal(unhot(bits.astype(float), 3), ids)


@given(IDS)
def test_scalars_and_back(ids: np.ndarray):
    np.testing.assert_array_equal(unscalars(scalars(ids, 3).astype(np.float32).astype(float), 3), ids)


def test_scalars_are_evenly_spaced_with_the_reserved_id_below():
    assert scalars(np.array([[0, 1, 2, 3]]), 3).tolist() == [[0.0, 0.5, 1.0, -0.5]]
    assert scalars(np.array([[0, 1]]), 1).tolist() == [[0.0, -1.0]]


@given(BITS)
def test_the_clean_list_can_be_undone(bits: np.ndarray):
    listed = index_list(bits, 10, first=1)
    np.testing.assert_array_equal(index_list_bits(listed, 10), bits)
    np.testing.assert_array_equal((listed > 0).sum(axis=1), bits.sum(axis=1))


def test_the_published_filler_is_also_an_index():
    with_first, without = np.array([[True, False, True]]), np.array([[False, False, True]])
    assert index_list(with_first, 4, first=0).tolist() == [[0, 2, 0, 0]]
    assert index_list(without, 4, first=0).tolist() == [[2, 0, 0, 0]]
    assert index_list(with_first, 4, first=1).tolist() == [[1, 3, 0, 0]]


def test_too_few_places_are_an_error_that_says_how_many_are_needed():
    with pytest.raises(InvalidArgument, match=r"width=2.* 3 places"):
        index_list(np.array([[True, True, True]]), 2, first=1)


@given(BITS)
def test_bits_are_their_own_largest_values(bits: np.ndarray):
    np.testing.assert_array_equal(largest(bits.astype(float), bits.sum(axis=1)), bits)


def test_the_largest_values_win_and_ties_go_to_the_first_slot():
    values = np.array([[0.2, 0.9, 0.2, 0.5]])
    assert largest(values, np.array([3])).tolist() == [[True, True, False, True]]
