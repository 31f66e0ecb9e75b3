"""The corrected t-test and Holm's adjustment against their definitions."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from archenc.errors import InvalidArgument
from archenc.evaluation.corrected import corrected_t_test, holm, holm_by_budget


def test_without_a_test_set_it_is_the_paired_t_test():
    differences = np.random.default_rng(0).normal(0.3, 1, size=12)
    assert corrected_t_test(differences, 100, 0) == pytest.approx(stats.ttest_1samp(differences, 0).pvalue)


def test_the_correction_is_the_published_one():
    differences = np.array([0.01, 0.03, 0.02, 0.05])
    t = 0.0275 / math.sqrt((1 / 4 + 1562 / 220) * np.var(differences, ddof=1))
    assert corrected_t_test(differences, 220, 1562) == pytest.approx(2 * (1 - stats.t.cdf(t, 3)))
    assert corrected_t_test(-differences, 220, 1562) == corrected_t_test(differences, 220, 1562)


def test_what_does_not_differ_has_no_p_value():
    assert math.isnan(corrected_t_test(np.zeros(5), 10, 10))
    assert math.isnan(corrected_t_test(np.array([0.1]), 10, 10))


def test_holm_by_hand():
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.5, math.nan, 0.6])[0] == 1.0
    assert math.isnan(holm([0.5, math.nan])[1])
    assert holm([]) == []
    assert holm_by_budget([7, 7, 9], [0.02, 0.5, 0.03]) == pytest.approx([0.04, 0.5, 0.03])


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_holm_rejects_as_its_definition_does(p_values: list[float]):
    """Go up from the smallest while p <= level / (number left); all before the first failure are rejected."""
    level = 0.05
    ordered = sorted(range(len(p_values)), key=lambda at: p_values[at])
    rejected = set()
    for rank, at in enumerate(ordered):
        if p_values[at] * (len(p_values) - rank) > level:
            break
        rejected.add(at)
    assert {at for at, p in enumerate(holm(p_values)) if p <= level} == rejected


def test_what_is_no_p_value_is_refused():
    for bad in ([1.2], [-0.1], 0.5):
        with pytest.raises(InvalidArgument, match="p_values="):
            holm(bad)
