"""Curves read the other way round."""

import math

import pytest

from archenc.errors import InvalidArgument
from archenc.evaluation.samples import Needed, labels_for, needed


def test_at_a_budget_it_is_the_budget():
    curve = {8: 0.3, 32: 0.5, 128: 0.7}
    assert labels_for(curve, 0.5) == (pytest.approx(32), False)
    assert labels_for(curve, 0.3) == (8, True)
    assert labels_for(curve, 0.1) == (8, True)
    assert math.isnan(labels_for(curve, 0.71)[0])


def test_between_budgets_it_is_a_line_in_the_log():
    labels, begins = labels_for({7: 0.2, 63: 0.8}, 0.4)
    assert labels == pytest.approx(8 ** (4 / 3) - 1)
    assert not begins


def test_a_dip_does_not_count_before_the_curve_is_up_again():
    assert labels_for({4: 0.3, 8: 0.2, 16: 0.4}, 0.3) == (4, True)
    labels, _ = labels_for({4: 0.1, 8: 0.3, 16: 0.2, 32: 0.5}, 0.4)
    assert 16 < labels < 32


def test_two_curves_at_the_values_of_the_second():
    found = needed({8: 0.1, 64: 0.5}, {0: 0.05, 8: 0.3, 64: 0.6})
    assert [one.value for one in found] == [0.05, 0.3, 0.6]
    assert found[0].begins == (True, True)
    assert found[1].second == pytest.approx(8)
    assert found[1].ratio == pytest.approx(found[1].first / 8)
    assert math.isnan(found[2].first)
    assert found[2].line() == "| 0.600 | not reached | 64 |  |"
    assert found[0].line() == "| 0.050 | at most 8 | at most 0 |  |"
    assert needed({}, {8: 0.3}) == []
    assert Needed(0.5, 64.0, 8.0).line().endswith("| 8.0 |")


def test_an_empty_curve_is_refused():
    with pytest.raises(InvalidArgument, match="nothing in it"):
        labels_for({}, 0.5)
