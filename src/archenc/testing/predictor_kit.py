"""What every predictor must do, as a test class to inherit; needs pytest.

    class TestMine(PredictorKit):
        def make_predictor(self, seed=0): return Mine(seed=seed)
        def data(self): return architectures, labels

Graph predictors inherit PredictorKit; those on features [n, d] inherit TabularPredictorKit, which asks more
and brings data of its own.
"""

from __future__ import annotations

import copy
from abc import ABC
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import kendalltau
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.metrics import make_scorer
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import Pipeline

from archenc.errors import InvalidArgument
from archenc.testing.predictor_saving import SavingKit

__all__ = ["PredictorKit", "TabularPredictorKit"]

_STRICT: Any = {"error_score": "raise"}  # a failing fit fails the test, where scikit-learn would score it NaN


def _tau(true: Any, scores: Any) -> float:
    result: Any = kendalltau(true, scores)
    return float(result.statistic)


class PredictorKit(SavingKit, ABC):
    """Abstract: the contract of `archenc.predictors.Predictor` as tests; settings: see PredictorMaterial."""

    # --- scikit-learn's contract --------------------------------------------------------------------------

    def test_fit_returns_self(self) -> None:
        predictor = self.make_predictor()
        assert predictor.fit(*self.train(self.n_few)) is predictor

    def test_clone_has_the_parameters_and_nothing_learned(self) -> None:
        twin: Any = clone(self.fitted())
        assert repr(twin.get_params()) == repr(self.fitted().get_params())
        with pytest.raises(NotFittedError):
            twin.predict(self.held_out()[0])

    def test_init_only_stores_its_arguments(self) -> None:
        predictor = self.make_predictor()
        stored = vars(predictor)
        assert set(stored) == set(predictor.get_params(deep=False))

    def test_predict_before_fit_raises(self, tmp_path: Path) -> None:
        with pytest.raises(NotFittedError):
            self.make_predictor().predict(self.held_out()[0])
        with pytest.raises(NotFittedError):
            self.make_predictor().save(tmp_path / "model")

    def test_works_in_a_pipeline(self) -> None:
        X, y = self.train()
        pipeline = Pipeline([("step", self.step()), ("predictor", self.make_predictor())]).fit(X, y)
        scores = pipeline.predict(self.held_out()[0])
        assert scores.shape == self.held_out()[1].shape
        assert np.isfinite(scores).all()

    def test_works_in_cross_validation(self) -> None:
        X, y = self.train(2 * self.n_few)
        scorer = make_scorer(_tau)
        taus = cross_val_score(self.make_predictor(), X, y, cv=2, scoring=scorer, **_STRICT)
        assert taus.shape == (2,)
        assert np.isfinite(taus).all()

    def test_works_in_a_grid_search(self) -> None:
        X, y = self.train(2 * self.n_few)
        search = GridSearchCV(
            self.make_predictor(), self.grid(), cv=2, scoring=make_scorer(_tau), **_STRICT
        ).fit(X, y)
        assert search.best_params_.keys() == self.grid().keys()
        assert search.predict(X).shape == y.shape

    # --- learning -----------------------------------------------------------------------------------------

    def test_learns_what_can_be_learned(self) -> None:
        X, y = self.held_out()
        tau = _tau(y, self.fitted().predict(X))
        assert tau > self.min_tau, (
            f"Kendall tau {tau:.3f} on rows held out; expected more than {self.min_tau}"
        )

    def test_higher_scores_are_better_labels(self) -> None:
        X, y = self.train()
        flipped = self.make_predictor().fit(X, -y)
        assert _tau(-self.held_out()[1], flipped.predict(self.held_out()[0])) > 0

    def test_same_seed_same_scores(self) -> None:
        X = self.held_out()[0]
        once, again = (self.make_predictor(seed=3).fit(*self.train(self.n_few)).predict(X) for _ in range(2))
        np.testing.assert_array_equal(once, again)

    def test_another_seed_is_another_predictor_of_the_same_kind(self) -> None:
        X, _ = self.held_out()
        scores = self.make_predictor(seed=4).fit(*self.train(self.n_few)).predict(X)
        assert np.isfinite(scores).all()

    def test_fitting_again_forgets(self) -> None:
        X = self.held_out()[0]
        used = self.make_predictor().fit(*self.train(self.n_few + 3)).fit(*self.train(self.n_few))
        fresh = self.make_predictor().fit(*self.train(self.n_few))
        np.testing.assert_array_equal(used.predict(X), fresh.predict(X))

    def test_global_random_state_is_left_alone(self) -> None:
        before = repr(np.random.get_state())  # noqa: NPY002 (reading it is the point)
        self.make_predictor().fit(*self.train(self.n_few))
        assert repr(np.random.get_state()) == before  # noqa: NPY002

    def test_inputs_are_not_changed(self) -> None:
        X, y = self.train(self.n_few)
        X_before, y_before = copy.deepcopy(X), y.copy()
        predictor = self.make_predictor().fit(X, y)
        predictor.predict(X)
        np.testing.assert_array_equal(y, y_before)
        if isinstance(X, np.ndarray):
            np.testing.assert_array_equal(X, X_before)
        else:
            assert list(X) == list(X_before)

    # --- scores -------------------------------------------------------------------------------------------

    def test_scores_are_finite_float64(self) -> None:
        X, y = self.held_out()
        scores = self.fitted().predict(X)
        assert scores.dtype == np.float64
        assert scores.shape == y.shape
        assert np.isfinite(scores).all()

    def test_a_score_does_not_depend_on_its_company(self) -> None:
        X, y = self.held_out()
        scores = self.fitted().predict(X)
        self.assert_same(self.fitted().predict(self.take(X, range(5))), scores[:5])
        self.assert_same(self.fitted().predict(self.take(X, [7])), scores[[7]])
        order = np.random.default_rng(0).permutation(len(y))
        self.assert_same(self.fitted().predict(self.take(X, order)), scores[order])

    def test_deviations(self) -> None:
        X, y = self.held_out()
        if not self.has_std:
            with pytest.raises(InvalidArgument, match="return_std"):
                self.fitted().predict(X, return_std=True)
            return
        scores, std = self.fitted().predict(X, return_std=True)
        self.assert_same(scores, self.fitted().predict(X))
        assert std.shape == y.shape
        assert np.isfinite(std).all()
        assert (std >= 0).all()
        assert std.max() > 0

    # --- bad input ----------------------------------------------------------------------------------------

    @pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
    def test_refuses_labels_that_are_missing_or_infinite(self, value: float) -> None:
        X, y = self.train(self.n_few)
        y = y.copy()
        y[3] = value
        with pytest.raises(InvalidArgument, match=rf"y\[3\]={value}"):
            self.make_predictor().fit(X, y)

    def test_refuses_constant_labels(self) -> None:
        X, y = self.train(self.n_few)
        with pytest.raises(InvalidArgument, match="distinct"):
            self.make_predictor().fit(X, np.full(len(y), 0.9))

    def test_refuses_too_few_rows(self) -> None:
        X, y = self.train(self.n_few)
        for n in (0, 1):
            with pytest.raises(InvalidArgument):
                self.make_predictor().fit(self.take(X, range(n)), y[:n])

    def test_two_rows_are_enough(self) -> None:
        X, y = self.train(self.n_few)
        scores = self.make_predictor().fit(self.take(X, range(2)), y[:2]).predict(X)
        assert np.isfinite(scores).all()

    def test_refuses_labels_of_another_length(self) -> None:
        X, y = self.train(self.n_few)
        with pytest.raises(InvalidArgument, match=str(len(y) - 1)):
            self.make_predictor().fit(X, y[:-1])


class TabularPredictorKit(PredictorKit, ABC):
    """Abstract: PredictorKit, and what is asked of features [n, d]."""

    def data(self) -> tuple[Any, np.ndarray]:
        """Return 160 rows of 8 features, of which three carry an almost linear function."""
        rng = np.random.default_rng(20)
        X = rng.normal(size=(160, 8))
        return X, X[:, 0] - 0.5 * X[:, 1] + 0.3 * X[:, 2] + 0.2 * X[:, 0] * X[:, 1]

    @pytest.mark.parametrize("value", [np.nan, np.inf])
    def test_refuses_features_that_are_missing_or_infinite(self, value: float) -> None:
        X, y = self.train(self.n_few)
        X = X.copy()
        X[2, 1] = value
        with pytest.raises(InvalidArgument, match=rf"X\[2, 1\]={value}"):
            self.make_predictor().fit(X, y)
        with pytest.raises(InvalidArgument, match=rf"X\[2, 1\]={value}"):
            self.fitted().predict(X)

    def test_refuses_another_number_of_features(self) -> None:
        X = self.held_out()[0]
        assert vars(self.fitted())["n_features_in_"] == X.shape[1]
        with pytest.raises(InvalidArgument, match=f"{X.shape[1] - 1} features: expected {X.shape[1]}"):
            self.fitted().predict(X[:, :-1])

    def test_refuses_what_is_not_a_matrix(self) -> None:
        X, y = self.train(self.n_few)
        with pytest.raises(InvalidArgument, match="two dimensions"):
            self.make_predictor().fit(X[:, 0], y)
        with pytest.raises(InvalidArgument, match="array of numbers"):
            self.make_predictor().fit([["conv3x3"]] * len(y), y)

    def test_a_constant_feature_does_no_harm(self) -> None:
        X, y = self.train(self.n_few)
        still = X.copy()
        still[:, 1] = 0.1
        fitted = self.make_predictor().fit(still, y)
        assert np.isfinite(fitted.predict(still)).all()

    def test_float32_features_are_taken(self) -> None:
        X, y = self.train(self.n_few)
        scores = self.make_predictor().fit(X.astype(np.float32), y).predict(X.astype(np.float32))
        assert np.isfinite(scores).all()

    def test_ranks_as_targets_ignore_a_monotone_change(self) -> None:
        if "target" not in self.make_predictor().get_params():
            pytest.skip("has no parameter `target`")
        X, y = self.train(self.n_few)
        ranked = self.make_predictor().set_params(target="rank")
        plain = ranked.fit(X, y).predict(X)
        self.assert_same(ranked.fit(X, np.exp(2 * y)).predict(X), plain)
