from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from archenc.encoders.learned.cate.pairs import pairs_by_cost, window_starts
from archenc.errors import InvalidArgument


def naive_windows(ordered: np.ndarray, delta: float) -> list[list[int]]:
    return [[j for j in range(i) if ordered[j] >= ordered[i] - delta] for i in range(len(ordered))]


@pytest.mark.parametrize("delta", [0, 1, 7, 1000])
def test_windows_equal_the_definition(delta: float):
    ordered = np.sort(np.random.default_rng(1).integers(200, size=300)).astype(np.float64)
    starts = window_starts(ordered, delta)
    assert [list(range(start, i)) for i, start in enumerate(starts)] == naive_windows(ordered, delta)


@given(st.integers(0, 2**32 - 1), st.integers(1, 60), st.integers(1, 5), st.integers(0, 40))
def test_pairs_are_what_they_should_be(seed: int, n: int, k: int, delta: int):
    rng = np.random.default_rng(seed)
    cost = rng.integers(50, size=n)
    pairs = pairs_by_cost(cost, k, delta, rng)
    difference = cost[pairs[:, 0]] - cost[pairs[:, 1]]
    assert ((difference >= 0) & (difference <= delta)).all()
    assert (pairs[:, 0] != pairs[:, 1]).all()
    assert len({tuple(pair) for pair in pairs.tolist()}) == len(pairs)
    assert not {tuple(pair) for pair in pairs.tolist()} & {tuple(pair) for pair in pairs[:, ::-1].tolist()}
    expected = sum(min(k, len(window)) for window in naive_windows(np.sort(cost), delta))
    assert len(pairs) == expected
    assert np.bincount(pairs[:, 0], minlength=n).max(initial=0) <= k


def test_all_partners_are_equally_likely():
    cost = np.zeros(6)
    cost[5] = 1.0  # its window is everything else
    counts = np.zeros(6)
    for seed in range(1500):
        pairs = pairs_by_cost(cost, 2, 1.0, np.random.default_rng(seed))
        counts[pairs[pairs[:, 0] == 5, 1]] += 1
    np.testing.assert_allclose(counts[:5] / 1500, 0.4, atol=0.05)


def test_same_seed_same_pairs_and_another_epoch_has_others():
    cost = np.random.default_rng(0).random(500)
    one, same, other = (pairs_by_cost(cost, 2, 0.1, np.random.default_rng(seed)) for seed in (0, 0, 1))
    np.testing.assert_array_equal(one, same)
    assert len(one) == len(other)
    assert not np.array_equal(one, other)


def test_dense_costs_need_no_listed_window():
    pairs = pairs_by_cost(np.zeros(400_000), 2, 1.0, np.random.default_rng(0))
    assert len(pairs) == 2 * 400_000 - 3


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_refuses_costs_that_are_no_numbers(bad: float):
    with pytest.raises(InvalidArgument, match=r"cost\[1\]"):
        pairs_by_cost(np.array([1.0, bad]), 2, 1.0, np.random.default_rng(0))


@pytest.mark.parametrize(("k", "delta"), [(0, 1.0), (2, -1.0), (2, np.nan)])
def test_refuses_impossible_windows(k: int, delta: float):
    with pytest.raises(InvalidArgument, match="delta"):
        pairs_by_cost(np.array([1.0, 2.0]), k, delta, np.random.default_rng(0))
