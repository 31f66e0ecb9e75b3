from __future__ import annotations

import numpy as np
import pytest
import xgboost
from scipy.stats import kendalltau

from archenc.errors import InvalidArgument
from archenc.predictors import XGBoost
from archenc.testing.predictor_kit import TabularPredictorKit


class TestConformance(TabularPredictorKit):
    min_tau = 0.6

    def make_predictor(self, seed: int = 0) -> XGBoost:
        return XGBoost(n_estimators=60, lr=0.1, members=3, seed=seed)


class TestConformanceOfRanking(TabularPredictorKit):
    min_tau = 0.6
    has_std = False

    def make_predictor(self, seed: int = 0) -> XGBoost:
        return XGBoost(objective="rank:pairwise", n_estimators=60, lr=0.1, seed=seed)


def _data() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(7)
    X = rng.normal(size=(600, 6))
    y = 0.9 + 0.05 * np.tanh(X[:, 0] + X[:, 1] ** 2) + 0.001 * rng.normal(size=600)
    return X[:100], y[:100], X[100:], y[100:]


def test_one_member_is_the_library_on_all_rows() -> None:
    X, y, new, _ = _data()
    ours = XGBoost(n_estimators=30, subsample=1.0, colsample=1.0).fit(X, y)
    theirs = xgboost.XGBRegressor(
        n_estimators=30, learning_rate=0.05, max_depth=3, tree_method="hist", n_jobs=1
    ).fit(X, y)
    np.testing.assert_allclose(ours.predict(new), theirs.predict(new), atol=1e-6)


def test_ranking_scores_are_on_the_scale_of_the_labels() -> None:
    X, y, new, true = _data()
    model = XGBoost(objective="rank:pairwise", n_estimators=100).fit(X, y)
    scores = model.predict(X)
    assert scores.mean() == pytest.approx(y.mean())
    assert scores.std() == pytest.approx(y.std())
    assert kendalltau(true, model.predict(new)).statistic > 0.5


def test_ranking_learns_from_order_alone() -> None:
    X, y, new, _ = _data()
    plain, bent = (
        XGBoost(objective="rank:pairwise", n_estimators=40).fit(X, labels).predict(new)
        for labels in (y, np.exp(20 * y))
    )
    assert kendalltau(plain, bent).statistic == pytest.approx(1)


def test_members_differ_and_their_mean_is_the_score() -> None:
    X, y, new, true = _data()
    one = XGBoost(n_estimators=40, members=1).fit(X, y)
    many = XGBoost(n_estimators=40, members=8).fit(X, y)
    scores, std = many.predict(new, return_std=True)
    assert std.min() > 0
    assert np.abs(scores - one.predict(new)).mean() < y.std()
    with pytest.raises(InvalidArgument, match="members"):
        one.predict(new, return_std=True)
    assert kendalltau(true, scores).statistic > 0.5


def test_the_result_does_not_depend_on_the_number_of_jobs() -> None:
    X, y, new, _ = _data()
    one, two = (XGBoost(n_estimators=30, n_jobs=jobs).fit(X, y).predict(new) for jobs in (1, 2))
    np.testing.assert_allclose(one, two, atol=1e-7)


@pytest.mark.parametrize("options", [{"objective": "rank:ndcg"}, {"n_estimators": 0}, {"members": 0}])
def test_refuses_illegal_options(options: dict) -> None:
    X, y, _, _ = _data()
    with pytest.raises(InvalidArgument, match=next(iter(options))):
        XGBoost(**options).fit(X, y)
