"""Two predictors as one: the share is measured, drawn towards a prior, and blind to the scale of scores."""

from __future__ import annotations

import numpy as np
import pytest

from archenc.pipelines.blending import FOLDS, Blend, blend, folds


@pytest.mark.parametrize("n", [12, 48, 73, 74, 75])
def test_folds_are_disjoint_of_one_size_and_train_on_the_rest(n: int) -> None:
    parts = folds(n, 0)
    held = np.concatenate([rows for _, rows in parts])
    assert len(parts) == FOLDS
    assert len(np.unique(held)) == len(held) == FOLDS * (n // FOLDS)
    assert {len(rows) for rows, _ in parts} == {(FOLDS - 1) * (n // FOLDS)}
    for train, out in parts:
        assert not set(train) & set(out)
        assert set(train) <= set(range(n))


def test_folds_depend_on_the_seed_alone() -> None:
    first, again, other = (np.concatenate([rows for _, rows in folds(60, seed)]) for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def _parts(n: int, noise: tuple[float, float]) -> tuple[list[np.ndarray], list[np.ndarray], list[np.ndarray]]:
    rng = np.random.default_rng(0)
    y = [rng.normal(size=n // 3) for _ in range(3)]
    first, second = ([truth + rng.normal(scale=s, size=len(truth)) for truth in y] for s in noise)
    return y, first, second


@pytest.mark.parametrize(("noise", "low", "high"), [((0.1, 5.0), 0.0, 0.1), ((5.0, 0.1), 0.75, 1.0)])
def test_the_better_predictor_says_more(noise: tuple[float, float], low: float, high: float) -> None:
    assert low <= blend(*_parts(600, noise)).share <= high


def test_equally_good_predictors_share_and_the_blend_ranks_better_than_either() -> None:
    from scipy.stats import kendalltau

    y, first, second = _parts(3000, (1.0, 1.0))
    found = blend(y, first, second)
    assert 0.3 < found.share < 0.7
    taus = [kendalltau(y[0], s)[0] for s in (first[0], second[0], found.mean(first[0], second[0]))]
    assert taus[2] > max(taus[:2])


def test_few_labels_are_trusted_little() -> None:
    few, many = (blend(*_parts(n, (5.0, 0.01))).share for n in (12, 1200))
    assert few < 0.5 < many


def test_the_scale_of_the_second_scores_does_not_matter() -> None:
    y, first, second = _parts(90, (1.0, 1.0))
    plain, scaled = blend(y, first, second), blend(y, first, [1000 * s for s in second])
    assert plain.share == pytest.approx(scaled.share)
    np.testing.assert_allclose(plain.mean(first[0], second[0]), scaled.mean(first[0], 1000 * second[0]))


def test_constant_scores_order_nothing_and_break_nothing() -> None:
    y, first, second = _parts(90, (1.0, 1.0))
    found = blend(y, first, [np.zeros_like(s) for s in second])
    assert np.isfinite(found.mean(first[0], second[0])).all()


def test_where_the_two_disagree_the_variance_is_larger() -> None:
    both = Blend(0.5, (1.0, 1.0))
    first, second = np.array([0.0, 0.0]), np.array([0.0, 2.0])
    np.testing.assert_allclose(both.variance(first, second, np.array([1.0, 1.0])), [1.0, 2.0])


def test_an_offset_of_the_second_scores_changes_neither_score_nor_variance() -> None:
    y, first, second = _parts(90, (1.0, 1.0))
    plain, moved = blend(y, first, second), blend(y, first, [s + 100 for s in second])
    np.testing.assert_allclose(plain.mean(first[0], second[0]), moved.mean(first[0], second[0] + 100))
    ones = np.ones(30)
    np.testing.assert_allclose(
        plain.variance(first[0], second[0], ones), moved.variance(first[0], second[0] + 100, ones)
    )


def test_without_a_fold_the_prior_speaks() -> None:
    assert blend([], [], []).share == pytest.approx(0.25)
