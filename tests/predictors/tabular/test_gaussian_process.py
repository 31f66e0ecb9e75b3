from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import check_grad
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, DotProduct, Matern, WhiteKernel

from archenc.errors import InvalidArgument
from archenc.predictors import GaussianProcess
from archenc.predictors.tabular.kernels import Evidence, Scales, covariance, split
from archenc.testing.predictor_kit import TabularPredictorKit


class TestConformance(TabularPredictorKit):
    min_tau = 0.8

    def make_predictor(self, seed: int = 0) -> GaussianProcess:
        return GaussianProcess(n_restarts=1, groups=[3, 5], seed=seed)


def _data(n: int = 60, d: int = 5) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(11)
    X = rng.normal(loc=2, scale=3, size=(n + 200, d))
    y = 0.8 + 0.1 * np.sin(X[:, 0] / 3) + 0.02 * X[:, 1] + 0.005 * rng.normal(size=n + 200)
    return X[:n], y[:n], X[n:], y[n:]


def _reference(model: GaussianProcess, kernel: str, d: int) -> GaussianProcessRegressor:
    """Build scikit-learn's process with the scales that ours found, its optimiser off."""
    # our distances are means over the features of a group, theirs are sums
    length = model.lengths_[0] * np.sqrt(d)
    part = RBF(length) if kernel == "rbf" else Matern(length, nu=2.5)
    total = ConstantKernel(model.signal_) * part + WhiteKernel(model.noise_)
    if len(model.linear_):
        total += ConstantKernel(model.linear_[0] / d) * DotProduct(sigma_0=0, sigma_0_bounds="fixed")
    return GaussianProcessRegressor(total, optimizer=None, alpha=0)


@pytest.mark.parametrize("kernel", ["rbf", "matern52"])
@pytest.mark.parametrize("linear", [True, False])
def test_equals_scikit_learn_at_the_same_scales(kernel: str, linear: bool) -> None:
    X, y, new, _ = _data()
    model = GaussianProcess(kernel=kernel, linear=linear).fit(X, y)
    (Z, fresh), t = ((part - X.mean(axis=0)) / X.std(axis=0) for part in (X, new)), (y - y.mean()) / y.std()
    theirs = _reference(model, kernel, X.shape[1]).fit(Z, t)
    mean, std = theirs.predict(fresh, return_std=True)
    scores, deviations = model.predict(new, return_std=True)
    np.testing.assert_allclose(scores, y.mean() + y.std() * mean, atol=1e-8)
    np.testing.assert_allclose(deviations, y.std() * std, atol=1e-8)
    assert model.log_likelihood_ == pytest.approx(theirs.log_marginal_likelihood_value_, abs=1e-6)


def test_finds_as_likely_scales_as_scikit_learn() -> None:
    X, y, _, _ = _data()
    ours = GaussianProcess(kernel="rbf", linear=False, prior=0).fit(X, y)
    Z, t = (X - X.mean(axis=0)) / X.std(axis=0), (y - y.mean()) / y.std()
    kernel = ConstantKernel() * RBF(length_scale_bounds=(1e-2, 1e3)) + WhiteKernel()
    theirs = GaussianProcessRegressor(kernel, n_restarts_optimizer=3, random_state=0, alpha=0).fit(Z, t)
    assert ours.log_likelihood_ >= theirs.log_marginal_likelihood_value_ - 1e-3


@pytest.mark.parametrize("kernel", ["rbf", "matern52"])
@pytest.mark.parametrize("linear", [True, False])
@pytest.mark.parametrize("noise", [None, 0.04])
def test_the_slope_of_the_evidence_is_its_slope(kernel: str, linear: bool, noise: float | None) -> None:
    rng = np.random.default_rng(2)
    evidence = Evidence(split(rng.normal(size=(25, 6)), [2, 4]), rng.normal(size=25), kernel, linear)
    theta = rng.normal(size=1 + 2 + 2 * linear + (noise is None)) * 0.5
    off = check_grad(lambda t: evidence(t, noise)[0], lambda t: evidence(t, noise)[1], theta)
    assert off < 1e-4


def test_the_covariance_is_what_its_definition_says() -> None:
    rng = np.random.default_rng(3)
    X, groups = rng.normal(size=(4, 5)), [2, 3]
    scales = Scales(1.7, np.array([0.8, 2.0]), np.array([0.3, 0.1]), 0.2)
    K = covariance(split(X, groups), split(X, groups), "rbf", scales)
    for i in range(4):
        for j in range(4):
            difference = X[i] - X[j]
            square = np.mean(difference[:2] ** 2) / 0.8**2 + np.mean(difference[2:] ** 2) / 2.0**2
            linear = 0.3 * np.mean(X[i, :2] * X[j, :2]) + 0.1 * np.mean(X[i, 2:] * X[j, 2:])
            assert K[i, j] == pytest.approx(1.7 * np.exp(-square / 2) + linear)


def test_a_group_that_says_nothing_is_given_a_long_scale() -> None:
    rng = np.random.default_rng(4)
    X = rng.normal(size=(120, 6))
    y = np.sin(2 * X[:, 0]) + X[:, 1]
    model = GaussianProcess(groups=[2, 4], linear=False).fit(X, y)
    assert model.lengths_[1] > 3 * model.lengths_[0]


def test_the_deviation_is_of_the_size_of_the_error_and_grows_away_from_the_data() -> None:
    X, y, new, true = _data(100)
    model = GaussianProcess().fit(X, y)
    scores, std = model.predict(new, return_std=True)
    assert 0.7 < np.std((true - scores) / std) < 1.4
    assert (model.predict(new + 100, return_std=True)[1] > std.max()).all()


def test_without_noise_it_passes_through_the_labels_also_where_rows_repeat() -> None:
    X, y, _, _ = _data(30)
    model = GaussianProcess(noise=0.0).fit(np.vstack([X, X[:3]]), np.concatenate([y, y[:3]]))
    np.testing.assert_allclose(model.predict(X), y, atol=1e-4)


def test_many_rows_are_searched_on_a_part_and_finished_on_all() -> None:
    X, y, new, true = _data(400, 3)
    model = GaussianProcess(n_restarts=0).fit(X, y)
    assert len(model.weights_) == 400
    assert np.abs(model.predict(new) - true).mean() < 0.01


def test_two_rows_fall_back_on_the_prior() -> None:
    X, y, new, _ = _data(2)
    scores, std = GaussianProcess().fit(X, y).predict(new, return_std=True)
    assert np.isfinite(scores).all()
    assert std.min() > 0


@pytest.mark.parametrize(
    "options",
    [
        {"kernel": "cubic"},
        {"groups": [2, 2]},
        {"groups": [5, 0]},
        {"noise": -0.1},
        {"prior": -1},
        {"n_restarts": -1},
        {"target": "log"},
    ],
)
def test_refuses_illegal_options(options: dict) -> None:
    X, y, _, _ = _data()
    with pytest.raises(InvalidArgument, match=next(iter(options))):
        GaussianProcess(**options).fit(X, y)


def test_a_common_scale_sees_no_axes() -> None:
    X, y, new, _ = _data(30)
    X, new = X * [1, 10, 0.1, 1, 3], new * [1, 10, 0.1, 1, 3]
    turned = np.linalg.qr(np.random.default_rng(0).normal(size=(5, 5)))[0]
    fitted = GaussianProcess(scaling="common", n_restarts=0).fit(X, y)
    again = GaussianProcess(scaling="common", n_restarts=0).fit(X @ turned, y)
    np.testing.assert_allclose(fitted.predict(new), again.predict(new @ turned), atol=1e-4)
    whitened = GaussianProcess(n_restarts=0).fit(X, y)
    assert np.abs(whitened.predict(new) - fitted.predict(new)).max() > 1e-3


@pytest.mark.parametrize("held", [[3], [0, 7, 21], list(range(20))])
def test_held_out_rows_are_predicted_as_if_they_had_never_been_there(held: list[int]) -> None:
    X, y, _, _ = _data(40)
    model = GaussianProcess(linear=True, groups=[2, 3]).fit(X, y)
    scales = Scales(model.signal_, model.lengths_, model.linear_, model.noise_)
    rows = split((X - model.mean_) / model.scale_, model.widths_)
    K = covariance(rows, rows, "matern52", scales)
    kept = np.setdiff1d(np.arange(40), held)
    t = (y - y.mean()) / y.std()
    among = K[np.ix_(kept, kept)] + scales.noise * np.eye(len(kept))
    expected = y.mean() + y.std() * K[np.ix_(held, kept)] @ np.linalg.solve(among, t[kept])
    np.testing.assert_allclose(model.held_out(np.array(held)), expected, atol=1e-8)


def test_linear_weights_are_believed_to_be_what_is_said() -> None:
    rng = np.random.default_rng(6)
    X = rng.normal(size=(300, 8))
    y = 4 * X[:, 0] + 4 * X[:, 4]  # as much of one group as of the other
    few = slice(0, 4)
    first, second = (
        GaussianProcess(groups=[4, 4], linear=weights).fit(X[few], y[few]).linear_
        for weights in ((10.0, 0.01), (0.01, 10.0))
    )
    assert first[0] > first[1]
    assert second[0] < second[1]
    plain, said = (GaussianProcess(groups=[4, 4], linear=weights).fit(X, y) for weights in (True, (0.1, 0.1)))
    np.testing.assert_array_equal(plain.predict(X), said.predict(X))


@pytest.mark.parametrize("weights", [[0.1], [0.1, 0.0], [0.1, float("nan")], [0.1, 1.0, 1.0]])
def test_refuses_weights_that_are_not_one_for_each_group(weights: list[float]) -> None:
    X, y, _, _ = _data(10)
    with pytest.raises(InvalidArgument, match=r"linear=.*for each of the 2 groups"):
        GaussianProcess(groups=[2, 3], linear=weights).fit(X, y)
