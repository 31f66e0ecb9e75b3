from __future__ import annotations

import numpy as np

from archenc.predictors.tabular.scaling import fit_scaler


def test_features_get_mean_0_and_deviation_1() -> None:
    X = np.random.default_rng(0).normal(3, 5, size=(40, 3))
    mean, scale = fit_scaler(X)
    Z = (X - mean) / scale
    np.testing.assert_allclose(Z.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(Z.std(axis=0), 1)


def test_a_constant_feature_is_0_everywhere_although_its_mean_is_rounded() -> None:
    X = np.full((7, 2), [0.1, -1e12])  # the mean of seven times 0.1 is not 0.1
    mean, scale = fit_scaler(X)
    np.testing.assert_array_equal((np.array([[5.0, 3.0]]) - mean) / scale, 0)


def test_a_feature_that_hardly_varies_is_kept() -> None:
    X = np.array([[1.0], [1.0 + 1e-9]])
    assert np.isfinite(fit_scaler(X)[1]).all()


def test_a_common_scale_keeps_the_proportions_of_features() -> None:
    X = np.random.default_rng(0).normal(3, [1, 10, 0.1], size=(40, 3))
    mean, scale = fit_scaler(X, "common")
    Z = (X - mean) / scale
    np.testing.assert_allclose(Z.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(Z.std(axis=0) / Z.std(axis=0)[0], X.std(axis=0) / X.std(axis=0)[0])
    np.testing.assert_allclose(Z.var(axis=0).mean(), 1)


def test_a_constant_feature_has_no_part_in_a_common_scale() -> None:
    varied = np.random.default_rng(0).normal(size=(9, 2))
    _, scale = fit_scaler(np.column_stack([varied, np.ones(9)]), "common")
    np.testing.assert_allclose(scale[:2], fit_scaler(varied, "common")[1])
    assert np.isinf(scale[2])


def test_every_group_has_a_common_scale_of_its_own() -> None:
    X = np.random.default_rng(0).normal(0, [1, 2, 100, 200, 300], size=(20, 5))
    scale = fit_scaler(X, "common", [2, 3])[1]
    np.testing.assert_allclose(scale[:2], fit_scaler(X[:, :2], "common")[1])
    np.testing.assert_allclose(scale[2:], fit_scaler(X[:, 2:], "common")[1])
