"""Paired comparison: differences trial by trial, and a refusal of what is no pair."""

import math

import numpy as np
import pytest
from scipy import stats

from archenc.errors import InvalidArgument, UnknownName
from archenc.evaluation.comparison import compare
from archenc.evaluation.corrected import corrected_t_test

A, B = ("flan", "graph"), ("ridge", "path")


def rows(name, values, n_train=7, metric="kendall_tau", **given) -> list[dict]:
    return [
        {"space": "s", "task": "t", "method": name[0], "encoding": name[1], "n_train": n_train, "n_test": 90,
         "trial": trial, "seed": trial + 100, "metric": metric, "value": value, **given}
        for trial, value in enumerate(values)
    ]  # fmt: skip


ONE, OTHER = [0.5, 0.7, 0.6, 0.9, 0.8], [0.4, 0.75, 0.5, 0.8, 0.8]


def test_differences_wins_and_tests():
    (found,) = compare(rows(A, ONE) + rows(B, OTHER), A, B)
    differences = np.array(ONE) - np.array(OTHER)
    assert found.difference == pytest.approx(differences.mean())
    assert found.median == pytest.approx(np.median(differences))
    assert found.std == pytest.approx(differences.std(ddof=1))
    assert (found.wins, found.ties, found.losses, found.n_trials) == (3, 1, 1, 5)
    assert found.p_sign == pytest.approx(2 * (1 + 4) / 16)  # at most 1 of 4, both sides
    assert found.p_wilcoxon == pytest.approx(stats.wilcoxon(differences[:4]).pvalue)
    assert found.p_corrected == corrected_t_test(differences, 7, 90)
    assert found.ci_low < found.difference < found.ci_high
    assert not found.excludes_zero


def test_swapping_the_methods_turns_the_sign():
    forth, back = (
        compare(rows(A, ONE) + rows(B, OTHER), A, B)[0],
        compare(rows(A, ONE) + rows(B, OTHER), B, A)[0],
    )
    assert back.difference == -forth.difference
    assert (back.wins, back.losses) == (forth.losses, forth.wins)
    assert back.p_sign == forth.p_sign


def test_less_is_better_for_regret():
    trials = rows(A, [1.0, 2.0, 3.0], metric="regret_at_1") + rows(B, [2.0, 3.0, 4.5], metric="regret_at_1")
    (found,) = compare(trials, A, B, metric="regret_at_1")
    assert found.difference > 0
    assert found.wins == 3


def test_pairing_finds_a_small_steady_difference_that_two_means_hide():
    rng = np.random.default_rng(0)
    common = rng.normal(0.5, 0.2, size=9)
    (found,) = compare(rows(A, common + 0.02 + 0.005 * rng.normal(size=9)) + rows(B, common), A, B)
    assert found.excludes_zero
    assert 0.4 > np.std(common) > 5 * found.std


def test_every_shared_budget_is_compared_on_the_shared_trials():
    trials = (
        rows(A, ONE) + rows(A, ONE, n_train=39) + rows(B, OTHER[:3], n_train=39) + rows(B, OTHER, n_train=78)
    )
    trials += rows(A, ONE, n_train=78)
    assert [(one.n_train, one.n_trials) for one in compare(trials, A, B)] == [(39, 3), (78, 5)]


def test_a_method_is_found_by_its_name_alone_where_that_is_enough():
    trials = rows(A, ONE) + rows(B, OTHER)
    assert compare(trials, "flan", "ridge") == compare(trials, A, B)
    trials += rows(("ridge", "adjacency"), OTHER)
    with pytest.raises(UnknownName, match="'ridge' ran on several encodings"):
        compare(trials, "flan", "ridge")
    with pytest.raises(UnknownName, match="'gates' is not among the trials"):
        compare(trials, "flan", "gates")


def test_equal_results_have_no_test():
    (found,) = compare(rows(A, ONE) + rows(B, ONE), A, B)
    assert (found.difference, found.ties) == (0, 5)
    assert math.isnan(found.p_sign)
    assert math.isnan(found.p_wilcoxon)


def test_undefined_trials_are_left_out():
    (found,) = compare(rows(A, [0.5, math.nan, 0.7]) + rows(B, [0.4, 0.5, 0.5]), A, B)
    assert found.n_trials == 2


@pytest.mark.parametrize("column", ["seed", "n_test", "task"])
def test_trials_of_other_seeds_or_test_sets_are_no_pairs(column: str):
    with pytest.raises(InvalidArgument, match=f"{column} is .*no pair"):
        compare(rows(A, ONE) + rows(B, OTHER, **{column: 1}), A, B)


def test_what_cannot_be_paired_is_refused():
    with pytest.raises(InvalidArgument, match="share no trial"):
        compare(rows(A, ONE) + rows(B, OTHER, n_train=9), A, B)
    with pytest.raises(InvalidArgument, match="occurs twice"):
        compare(rows(A, ONE) + rows(A, ONE) + rows(B, OTHER), A, B)
