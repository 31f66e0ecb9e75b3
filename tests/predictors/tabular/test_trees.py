from __future__ import annotations

import numpy as np
import pytest
from sklearn.ensemble import ExtraTreesRegressor
from sklearn.exceptions import NotFittedError

from archenc.errors import InvalidArgument
from archenc.predictors import ExtraTrees
from archenc.testing.predictor_kit import TabularPredictorKit


class TestConformance(TabularPredictorKit):
    min_tau = 0.6

    def make_predictor(self, seed: int = 0) -> ExtraTrees:
        return ExtraTrees(n_estimators=50, seed=seed)


def _data() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(7)
    # few distinct values, as in counts: thresholds and features meet within the rounding of float32
    X = np.round(rng.normal(size=(3000, 6)), 1) * np.array([1, 0.1, 1e3, 1, 1, 1 / 3])
    return X[:200], np.sin(X[:200, 0]) + X[:200, 1] + 0.1 * rng.normal(size=200), X[200:]


@pytest.mark.parametrize(
    "options", [{}, {"min_samples_leaf": 5, "max_features": 0.5}, {"max_features": "sqrt"}]
)
def test_equals_scikit_learn(options: dict) -> None:
    X, y, new = _data()
    ours = ExtraTrees(n_estimators=40, seed=3, **options).fit(X, y)
    theirs = ExtraTreesRegressor(n_estimators=40, random_state=3, **options).fit(X, y)
    scores, std = ours.predict(new, return_std=True)
    np.testing.assert_allclose(scores, theirs.predict(new), rtol=0, atol=1e-12)
    votes = np.stack([tree.predict(new) for tree in theirs.estimators_])
    np.testing.assert_allclose(std, votes.std(axis=0), atol=1e-12)


def test_training_rows_get_their_labels_back() -> None:
    X, y = _data()[0][:, :3], np.random.default_rng(1).normal(size=200)
    X = X + np.arange(200)[:, None]  # all rows distinct
    np.testing.assert_allclose(ExtraTrees(n_estimators=5).fit(X, y).predict(X), y, atol=1e-12)


def test_the_interval_holds_its_share_of_the_trees() -> None:
    X, y, new = _data()
    model = ExtraTrees(n_estimators=100).fit(X, y)
    lower, upper = model.predict_interval(new, coverage=0.8)
    scores, std = model.predict(new, return_std=True)
    assert (lower <= upper).all()
    inside = np.mean((lower <= scores) & (scores <= upper))
    assert inside > 0.9
    wide = model.predict_interval(new, coverage=0.99)
    assert (wide[0] <= lower).all()
    assert (wide[1] >= upper).all()
    assert np.corrcoef(upper - lower, std)[0, 1] > 0.5


def test_the_result_does_not_depend_on_the_number_of_jobs() -> None:
    X, y, new = _data()
    one, two = (ExtraTrees(n_estimators=10, n_jobs=jobs).fit(X, y).predict(new) for jobs in (1, 2))
    np.testing.assert_array_equal(one, two)


def test_another_seed_grows_other_trees() -> None:
    X, y, new = _data()
    one, other = (ExtraTrees(n_estimators=10, seed=seed).fit(X, y).predict(new) for seed in (0, 1))
    assert np.abs(one - other).max() > 0


def test_a_generator_as_seed_moves_on() -> None:
    X, y, new = _data()
    model = ExtraTrees(n_estimators=5, seed=np.random.default_rng(0))
    assert np.abs(model.fit(X, y).predict(new) - model.fit(X, y).predict(new)).max() > 0


@pytest.mark.parametrize("options", [{"n_estimators": 0}, {"min_samples_leaf": 0}, {"seed": -1}])
def test_refuses_illegal_options(options: dict) -> None:
    X, y, _ = _data()
    with pytest.raises(InvalidArgument, match=next(iter(options))):
        ExtraTrees(**options).fit(X, y)


def test_refuses_an_illegal_coverage_and_use_before_fit() -> None:
    X, y, new = _data()
    with pytest.raises(InvalidArgument, match="coverage"):
        ExtraTrees(n_estimators=5).fit(X, y).predict_interval(new, coverage=90)
    with pytest.raises(NotFittedError):
        ExtraTrees().predict_interval(new)
