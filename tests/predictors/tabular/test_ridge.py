from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import BayesianRidge, RidgeCV
from sklearn.linear_model import Ridge as ReferenceRidge
from sklearn.preprocessing import StandardScaler

from archenc.errors import InvalidArgument
from archenc.predictors import Ridge
from archenc.testing.predictor_kit import TabularPredictorKit


class TestConformance(TabularPredictorKit):
    min_tau = 0.75

    def make_predictor(self, seed: int = 0) -> Ridge:
        return Ridge()


def _data(n: int, d: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng([n, d])
    X = rng.normal(loc=3, scale=rng.uniform(0.1, 10, size=d), size=(n + 50, d))
    y = 0.9 + 0.01 * (X @ rng.normal(size=d) / d + rng.normal(size=n + 50))
    return X[:n], y[:n], X[n:]


@pytest.mark.parametrize(("n", "d"), [(30, 5), (30, 60), (7, 3)])
def test_equals_scikit_learn_with_the_penalty_chosen_by_leaving_one_out(n: int, d: int) -> None:
    X, y, new = _data(n, d)
    ours = Ridge().fit(X, y)
    scaler = StandardScaler().fit(X)
    theirs = RidgeCV(alphas=ours.alphas).fit(scaler.transform(X), y)
    assert ours.alpha_ == pytest.approx(theirs.alpha_)
    np.testing.assert_allclose(ours.predict(new), theirs.predict(scaler.transform(new)), atol=1e-9)
    assert ours.loo_error_ == pytest.approx(-theirs.best_score_)


def test_the_error_of_leaving_one_out_is_that_of_fitting_again() -> None:
    X, y, _ = _data(20, 6)
    ours = Ridge(alphas=[3.0]).fit(X, y)
    Z = (X - X.mean(axis=0)) / X.std(axis=0)
    errors = []
    for row in range(len(y)):
        kept = np.arange(len(y)) != row
        # the penalty is on the sum over rows, so fitting on the others is the same problem without the row
        again = ReferenceRidge(alpha=3.0).fit(Z[kept], y[kept])
        errors.append((y[row] - again.predict(Z[[row]])[0]) ** 2)
    assert ours.loo_error_ == pytest.approx(np.mean(errors), rel=1e-9)


@pytest.mark.parametrize(("n", "d"), [(40, 5), (12, 30)])
def test_the_deviation_is_the_bayesian_one(n: int, d: int) -> None:
    X, y, new = _data(n, d)
    ours = Ridge(alphas=[2.5]).fit(X, y)
    Z, fresh = ((part - X.mean(axis=0)) / X.std(axis=0) for part in (X, new))
    covariance = np.linalg.inv(Z.T @ Z + 2.5 * np.eye(d))
    expected = ours.noise_ * np.sqrt(1 + 1 / n + np.einsum("ij,jk,ik->i", fresh, covariance, fresh))
    np.testing.assert_allclose(ours.predict(new, return_std=True)[1], expected, rtol=1e-9)


def test_the_deviation_is_of_the_size_of_the_error() -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(1000, 10))
    y = X @ rng.normal(size=10) + 0.5 * rng.normal(size=1000)
    scores, std = Ridge().fit(X[:60], y[:60]).predict(X[60:], return_std=True)
    assert 0.8 < np.std((y[60:] - scores) / std) < 1.2
    assert BayesianRidge().fit(X[:60], y[:60]).alpha_ ** -0.5 == pytest.approx(std.mean(), rel=0.25)


@pytest.mark.parametrize("alphas", [[], [0.0], [-1.0], [1.0, np.inf]])
def test_refuses_illegal_penalties(alphas: list[float]) -> None:
    X, y, _ = _data(10, 2)
    with pytest.raises(InvalidArgument, match="alphas"):
        Ridge(alphas=alphas).fit(X, y)


def test_a_common_scale_leaves_the_units_of_all_features_to_the_penalty() -> None:
    X, y, new = _data(30, 60)
    ours = Ridge(scaling="common", alphas=[0.7]).fit(X, y)
    scale = np.sqrt(X.var(axis=0).mean())
    theirs = ReferenceRidge(alpha=0.7).fit(X / scale, y)
    np.testing.assert_allclose(ours.predict(new), theirs.predict(new / scale), atol=1e-9)
    turned = np.linalg.qr(np.random.default_rng(0).normal(size=(60, 60)))[0]  # no axis is preferred
    again = Ridge(scaling="common", alphas=[0.7]).fit(X @ turned, y)
    np.testing.assert_allclose(ours.predict(new), again.predict(new @ turned), atol=1e-9)


def test_refuses_an_unknown_scaling() -> None:
    X, y, _ = _data(10, 2)
    with pytest.raises(InvalidArgument, match="scaling='none': expected one of 'columns', 'common'"):
        Ridge(scaling="none").fit(X, y)
