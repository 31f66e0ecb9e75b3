"""The predictor of candidates: what it is told is used, intervals hold what they promise."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import kendalltau

from archenc.errors import InvalidArgument
from archenc.pipelines.candidates.predicting import PRIOR, PRIOR_WITHOUT_STEPS, predict, standardised

NAMES = ("log_params", "score_jacov", "a", "b", "c")


def networks(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Features of n networks, and labels that two of them explain, with noise."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, len(NAMES)))
    return X, 80 + 5 * np.tanh(X[:, 0] + X[:, 2]) + rng.normal(0, 0.5, n)


def test_it_learns_what_the_prior_does_not_know() -> None:
    X, y = networks(80, 0)
    rows = np.arange(20)
    found = predict(X, NAMES, rows, y[rows])
    rest = np.arange(20, 80)
    assert kendalltau(found.score[rest], y[rest]).statistic > 0.6 > kendalltau(X[rest, 0], y[rest]).statistic
    assert np.abs(found.mean[rest] - y[rest]).mean() < 3
    assert (np.argsort(found.mean) == np.argsort(found.score)).all()


def test_with_four_labels_it_leans_on_the_prior() -> None:
    X, y = networks(60, 1)
    y = y - 5 * np.tanh(X[:, 0] + X[:, 2]) + 5 * X[:, :2].mean(1)
    found = predict(X, NAMES, np.arange(4), y[:4])
    assert set(PRIOR_WITHOUT_STEPS) <= set(NAMES)
    assert kendalltau(found.score[4:], y[4:]).statistic > 0.3


def test_the_first_steps_of_a_training_are_believed_before_all_else() -> None:
    X, _ = networks(60, 3)
    steps = np.random.default_rng(3).normal(size=60)
    y = 80 + 5 * steps
    rest, names = np.arange(4, 60), (*NAMES, *PRIOR)
    known = predict(np.column_stack([X, steps]), names, np.arange(4), y[:4])
    unknown = predict(np.column_stack([X, np.full(60, np.nan)]), names, np.arange(4), y[:4])
    without = predict(X, NAMES, np.arange(4), y[:4])
    assert kendalltau(known.score[rest], y[rest]).statistic > 0.6
    assert np.array_equal(unknown.score, without.score)


def test_intervals_hold_the_share_that_they_promise() -> None:
    for measured, coverage in ((10, 0.8), (16, 0.5), (16, 0.95)):
        inside = []
        for seed in range(20):
            X, y = networks(60, seed)
            found = predict(X, NAMES, np.arange(measured), y[:measured], coverage=coverage)
            inside.append(((found.low <= y) & (y <= found.high))[measured:].mean())
            assert (found.low < found.mean).all()
            assert (found.mean < found.high).all()
        assert abs(np.mean(inside) - coverage) < 0.12


def test_deviations_grow_with_the_errors_of_what_was_left_out() -> None:
    """Labels that nothing explains make predictions as wide as the labels are."""
    X, y = networks(60, 0)
    noise = np.random.default_rng(0).permutation(y)
    found, lost = (predict(X, NAMES, np.arange(20), labels[:20]) for labels in (y, noise))
    assert np.median(lost.std) > 1.3 * np.median(found.std)
    assert np.median(lost.std) > 0.8


def test_a_larger_coverage_is_wider_and_has_ends_with_few_labels() -> None:
    X, y = networks(20, 0)
    half, most = (predict(X, NAMES, np.arange(5), y[:5], coverage=share) for share in (0.5, 0.95))
    assert np.isfinite([most.low, most.high]).all()
    assert (most.low < half.low).all()
    assert (most.high > half.high).all()


def test_labels_of_which_all_but_one_are_equal_are_enough() -> None:
    X, _ = networks(12, 0)
    found = predict(X, NAMES, np.arange(5), np.array([1.0, 1.0, 1.0, 1.0, 2.0]), expects_large=False)
    assert np.isfinite([found.low, found.mean, found.high]).all()


def test_the_unit_of_labels_changes_nothing_but_the_unit() -> None:
    X, y = networks(30, 2)
    one, two = (predict(X, NAMES, np.arange(10), labels[:10]) for labels in (y, 0.01 * y - 3))
    assert np.allclose(one.score, two.score)
    assert np.allclose(0.01 * one.mean - 3, two.mean)
    assert np.allclose(0.01 * one.low - 3, two.low)


def test_standardised_features_have_no_gaps() -> None:
    X = np.array([[1.0, 5.0, np.nan], [2.0, 5.0, np.nan], [3.0, 5.0, 7.0], [4.0, 5.0, 9.0]])
    found = standardised(X)
    assert found.shape == (4, 3)  # the constant column is gone, one says what is missing
    assert np.isfinite(found).all()
    assert np.allclose(found[:2, 1], 0)
    assert np.allclose(found[:, 2], [1, 1, -1, -1])
    assert standardised(np.full((3, 2), np.nan)).shape == (3, 0)


def test_what_cannot_be_learned_from_is_refused() -> None:
    X, y = networks(10, 0)
    with pytest.raises(InvalidArgument, match="3 networks; a prediction needs at least 4"):
        predict(X, NAMES, np.arange(3), y[:3])
    with pytest.raises(InvalidArgument, match=r"coverage=1\.0: expected a share"):
        predict(X, NAMES, np.arange(5), y[:5], coverage=1.0)
    with pytest.raises(InvalidArgument, match="candidates: all 10 networks have the same features"):
        predict(np.ones_like(X), NAMES, np.arange(5), y[:5])
    with pytest.raises(InvalidArgument, match="measured: all 5 values are equal"):
        predict(X, NAMES, np.arange(5), np.ones(5))
