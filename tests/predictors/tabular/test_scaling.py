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
