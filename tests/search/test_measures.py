"""Measures over seeds: hitting times, the crossing of the mean curve, medians with infinite values."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from archenc.errors import InvalidArgument
from archenc.search.measures import (
    evaluations_to,
    evaluations_to_of_mean,
    interval_of_crossing,
    interval_of_median,
    median_difference,
    near_best,
)
from archenc.testing.unchecked import unchecked

CURVES = np.array([[0.0, 5, 9, 9.9], [9.9, 9.9, 9.9, 9.9], [0, 0, 0, 0], [np.nan, 2, 10, 10]])


def test_near_the_best_is_one_percent_of_its_size_also_below_zero():
    assert near_best(50.0) == pytest.approx(49.5)
    assert near_best(-0.6) == pytest.approx(-0.606)


def test_hitting_times_and_the_mean_curve_are_two_things():
    assert evaluations_to(CURVES, 9.9).tolist() == [4.0, 1.0, math.inf, 3.0]
    assert evaluations_to_of_mean(CURVES, 9.9) == math.inf
    assert evaluations_to_of_mean(CURVES, 7.0) == 3.0  # (9 + 9.9 + 0 + 10) / 4
    assert evaluations_to_of_mean(CURVES, 3.3) == 1.0  # (0 + 9.9 + 0) / 3: a failure is not in the mean


def test_the_interval_of_a_median_holds_infinite_values():
    assert interval_of_median(np.arange(1.0, 101.0)) == (40.0, 61.0)
    low, high = interval_of_median(np.array([1.0, 2, 3, np.inf, np.inf, np.inf]))
    assert (low, high) == (1.0, np.inf)


@pytest.mark.parametrize("n", [1, 5, 6, 9, 20, 101])
def test_the_interval_of_a_median_covers_it_as_often_as_it_says_and_no_oftener_than_needed(n):
    """Exactly: the number of values below the median is binomial. Five values or fewer cannot say."""
    low, high = interval_of_median(np.arange(1.0, n + 1))
    if n < 6:
        assert math.isnan(low)
        assert math.isnan(high)
        return
    below = stats.binom(n, 0.5)
    assert low + high == n + 1
    assert below.cdf(n - low) - below.cdf(low - 1) >= 0.95
    assert below.cdf(n - low - 1) - below.cdf(low) < 0.95


def test_the_interval_of_a_crossing_holds_it():
    rng = np.random.default_rng(0)
    curves = np.maximum.accumulate(rng.uniform(size=(40, 60)), axis=1)
    low, high = interval_of_crossing(curves, 0.95)
    assert low <= evaluations_to_of_mean(curves, 0.95) <= high
    assert all(map(math.isnan, interval_of_crossing(curves[:1], 0.95)))  # one seed does not tell


def test_paired_differences_count_a_seed_that_never_got_there_as_one_beyond_the_budget():
    first, second = np.array([3.0, 4, np.inf, 1, 2, 3]), np.array([5.0, 9, 10, 2, 2, 9])
    median, low, high, p = median_difference(first, second, 20)
    assert (median, low, high) == (-1.5, -6.0, 11.0)
    assert p == pytest.approx(stats.binomtest(4, 5).pvalue)
    assert all(map(math.isnan, median_difference(first[:3], second[:3], 20)[1:3]))
    with unchecked(), pytest.raises(InvalidArgument, match="2 and 3 seeds"):
        median_difference(np.zeros(2), np.zeros(3), 20)
