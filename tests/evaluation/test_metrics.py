"""Rank metrics: hand-made cases, naive twins, and what they refuse."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from archenc.errors import InvalidArgument, UnknownName
from archenc.evaluation.metrics import (
    DEFAULT_METRICS,
    higher_is_better,
    kendall_tau,
    kendall_tau_in_top,
    metric,
    n_at_k,
    precision_at_bottom,
    precision_at_top,
    regret_at_k,
    spearman,
    top_count,
)

TRUE = [0.9, 0.8, 0.7, 0.6, 0.5]
PRED = [3.0, 1.0, 2.0, 5.0, 4.0]
"""Predicted order, best first: 3, 4, 0, 2, 1; true ranks 4, 5, 1, 3, 2."""


def test_kendall_tau_is_tau_b_counted_by_hand():
    # Truth falls from first to last. Of the 10 pairs, 0-1, 0-2 and 3-4 fall in the prediction too; 7 rise.
    assert kendall_tau(true=TRUE, pred=PRED) == pytest.approx((3 - 7) / 10, abs=1e-12)


def test_kendall_tau_corrects_for_ties():
    # pairs: 0-1 tied in true; 0-2, 1-2 concordant, so (2 - 0) / sqrt(3 * 2)
    assert kendall_tau(true=[1.0, 1.0, 2.0], pred=[1.0, 2.0, 3.0]) == pytest.approx(2 / np.sqrt(6), abs=1e-12)


def test_spearman_by_hand():
    ranks_true, ranks_pred = np.array([5, 4, 3, 2, 1]), np.array([3, 1, 2, 5, 4])
    expected = 1 - 6 * ((ranks_true - ranks_pred) ** 2).sum() / (5 * 24)
    assert spearman(true=TRUE, pred=PRED) == pytest.approx(expected, abs=1e-12)


def test_n_at_k_and_its_swap_differ():
    assert [n_at_k(true=TRUE, pred=PRED, k=k) for k in (1, 2, 3, 5)] == [4, 4, 1, 1]
    assert [n_at_k(true=PRED, pred=TRUE, k=k) for k in (1, 2, 3, 5)] == [3, 3, 3, 1]
    assert n_at_k(true=TRUE, pred=PRED, k=1, relative=True) == 4 / 5


def test_regret_and_its_swap_differ():
    assert regret_at_k(true=TRUE, pred=PRED, k=1) == pytest.approx(0.3)
    assert regret_at_k(true=TRUE, pred=PRED, k=3) == 0
    assert regret_at_k(true=PRED, pred=TRUE, k=1) == pytest.approx(2.0)


def test_precision_at_top_and_bottom():
    # top 40 %: {0, 1} against {3, 4}; top 60 %: {0, 1, 2} against {3, 4, 0}
    assert precision_at_top(true=TRUE, pred=PRED, percent=40.0) == 0
    assert precision_at_top(true=TRUE, pred=PRED, percent=60.0) == pytest.approx(1 / 3)
    # bottom 40 %: {3, 4} against {1, 2}; bottom 60 %: {2, 3, 4} against {0, 1, 2}
    assert precision_at_bottom(true=TRUE, pred=PRED, percent=40.0) == 0
    assert precision_at_bottom(true=TRUE, pred=PRED, percent=60.0) == pytest.approx(1 / 3)


def test_kendall_tau_in_top_looks_at_the_predicted_top_only():
    # predicted top 60 %: 3, 4, 0 with true .6, .5, .9 and pred 5, 4, 3: one pair of three agrees
    assert kendall_tau_in_top(true=TRUE, pred=PRED, percent=60.0) == pytest.approx(-1 / 3)
    assert np.isnan(kendall_tau_in_top(true=TRUE, pred=PRED, percent=1.0))


@pytest.mark.parametrize(
    ("size", "percent", "count"),
    [
        (7813, 0.1, 7),
        (7813, 1.0, 78),
        (100, 0.5, 1),
        (100, 29.0, 29),
        (10, 100.0, 10),
        (3, 1.0, 1),
        (1000, 0.7, 7),
    ],
)
def test_top_count_is_the_floor_and_at_least_one(size: int, percent: float, count: int):
    assert top_count(size, percent) == count


def test_arguments_are_keyword_only():
    for function in (kendall_tau, spearman):
        with pytest.raises(TypeError):
            function(TRUE, PRED)  # pyright: ignore


@pytest.mark.parametrize("function", [kendall_tau, spearman])
def test_a_constant_prediction_scores_zero(function):
    assert function(true=TRUE, pred=[1.0] * 5) == 0


@pytest.mark.parametrize(
    ("true", "pred", "words"),
    [
        ([1.0, np.nan], [1.0, 2.0], "true holds 1 NaN"),
        ([1.0, 2.0], [np.nan, np.nan], "pred holds 2 NaN"),
        ([1.0, 2.0], [1.0, 2.0, 3.0], "2 values and pred 3"),
        ([1.0, 1.0], [1.0, 2.0], "all equal"),
        ([1.0], [1.0], "all equal"),
        ([[1.0, 2.0]], [[1.0, 2.0]], "shape"),
    ],
)
@pytest.mark.parametrize("name", DEFAULT_METRICS)
def test_bad_input_is_refused(name: str, true, pred, words: str):
    with pytest.raises(InvalidArgument, match=words):
        metric(name)(true=true, pred=pred)


@pytest.mark.parametrize("k", [0, -1, 6])
def test_k_outside_the_test_set_is_refused(k: int):
    with pytest.raises(InvalidArgument, match=f"k={k}.*1 to .*5"):
        n_at_k(true=TRUE, pred=PRED, k=k)
    with pytest.raises(InvalidArgument, match=f"k={k}"):
        regret_at_k(true=TRUE, pred=PRED, k=k)


@pytest.mark.parametrize("percent", [0.0, -1.0, 100.1])
def test_percent_outside_its_range_is_refused(percent: float):
    with pytest.raises(InvalidArgument, match="percent"):
        precision_at_top(true=TRUE, pred=PRED, percent=percent)


def test_ties_are_shuffled_by_the_seed_not_by_position():
    true, pred = np.arange(50.0), np.zeros(50)
    found = {n_at_k(true=true, pred=pred, k=1, seed=seed) for seed in range(40)}
    assert len(found) > 15  # a stable order without shuffle would always give one
    assert n_at_k(true=true, pred=pred, k=1, seed=3) == n_at_k(true=true, pred=pred, k=1, seed=3)
    mean = np.mean([regret_at_k(true=true, pred=pred, k=1, seed=seed) for seed in range(400)])
    assert mean == pytest.approx(24.5, abs=3)  # a random architecture


values = st.lists(st.integers(-5, 5), min_size=2, max_size=25).filter(lambda listed: len(set(listed)) > 1)


@given(values, st.integers(0, 99))
def test_against_naive_twins(listed: list[int], seed: int):
    true = np.array(listed, dtype=float)
    pred = np.random.default_rng(seed).permutation(true)
    pairs = [(i, j) for i in range(len(true)) for j in range(i)]
    signs = [(np.sign(true[i] - true[j]), np.sign(pred[i] - pred[j])) for i, j in pairs]
    above = sum(a * b for a, b in signs)
    below = np.sqrt(sum(a * a for a, _ in signs) * sum(b * b for _, b in signs))
    assert kendall_tau(true=true, pred=pred) == pytest.approx(above / below, abs=1e-12)
    for k in (1, len(true)):
        top = max(true[sorted(range(len(true)), key=lambda i: -pred[i])[:k]])
        if len(set(listed)) == len(listed):
            assert n_at_k(true=true, pred=pred, k=k) == 1 + sum(true > top)
            assert regret_at_k(true=true, pred=pred, k=k) == max(true) - top
    assert regret_at_k(true=true, pred=pred, k=len(true)) == 0
    assert n_at_k(true=true, pred=pred, k=len(true)) == 1


@given(values)
def test_a_perfect_prediction_is_perfect_also_under_ties(listed: list[int]):
    true = np.array(listed, dtype=float)
    pred = np.exp(true)
    assert kendall_tau(true=true, pred=pred) == pytest.approx(1)
    assert n_at_k(true=true, pred=pred, k=1) == 1
    assert precision_at_top(true=true, pred=pred, percent=10.0) == 1
    assert regret_at_k(true=true, pred=pred, k=1) == 0


def test_names_resolve_to_functions_with_their_number():
    assert metric("n_at_3")(true=TRUE, pred=PRED) == 1
    assert metric("n_at_relative_1")(true=TRUE, pred=PRED) == 4 / 5
    assert metric("precision_at_top_60")(true=TRUE, pred=PRED) == pytest.approx(1 / 3)
    assert metric("precision_at_top_0.5")(true=TRUE, pred=TRUE) == 1
    assert metric("regret_at_1")(true=TRUE, pred=PRED) == pytest.approx(0.3)


@pytest.mark.parametrize("name", ["tau", "n_at", "n_at_0", "n_at_1.5", "kendall_tau_3", "", "regret_at_x"])
def test_unknown_names_list_the_legal_ones(name: str):
    with pytest.raises(UnknownName, match=r"kendall_tau.*n_at_K"):
        metric(name)


def test_percentages_are_checked_when_a_name_is_resolved():
    with pytest.raises(InvalidArgument, match="percent"):
        metric("precision_at_top_101")


def test_directions():
    assert [name for name in DEFAULT_METRICS if not higher_is_better(name)] == [
        "n_at_1", "n_at_10", "regret_at_1", "regret_at_10",
    ]  # fmt: skip
    with pytest.raises(UnknownName):
        higher_is_better("accuracy")
