"""Average ranks and their tests."""

import math

import numpy as np
import pytest

from archenc.errors import InvalidArgument
from archenc.search.average_ranks import average_ranks


def test_ranks_are_averaged_and_ties_shared():
    found = average_ranks(np.array([[1.0, 2.0, 3.0], [5.0, 5.0, 9.0]]))
    np.testing.assert_allclose(found.average, [1.25, 1.75, 3.0])


def test_critical_difference_of_demsar():
    """Demšar 2006: q of 5 methods is 2.728, so on 14 tables 2.728 sqrt(5 * 6 / (6 * 14))."""
    losses = np.random.default_rng(0).normal(size=(14, 5))
    found = average_ranks(losses)
    assert found.critical == pytest.approx(2.728 * math.sqrt(30 / 84), abs=1e-3)
    assert found.p > 0.05
    assert average_ranks(losses + 9 * np.arange(5)).p < 1e-6


def test_equal_methods_and_two_methods():
    assert average_ranks(np.ones((3, 3))).p == 1
    assert math.isnan(average_ranks(np.eye(2)).critical)


def test_what_cannot_be_ranked():
    for wrong in (np.ones((1, 3)), np.ones((3, 1)), np.full((3, 3), np.nan)):
        with pytest.raises(InvalidArgument, match="expected two tables"):
            average_ranks(wrong)
