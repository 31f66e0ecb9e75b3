"""Bayesian linear regression: the golden case, the slope of the evidence, and limits."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import check_grad

from archenc.search.surrogates.bayesian_linear import BayesianLinear, Evidence, fit, log_evidence

RNG = np.random.default_rng(0)
F, Y = RNG.normal(size=(12, 5)), RNG.normal(size=12)


def test_the_golden_case():
    ones, y = np.ones((2, 1)), np.array([1.0, 3.0])
    model = BayesianLinear.of(ones, y, 1.0, 1.0)
    one = np.ones((1, 1))
    assert model.mean(one)[0] == pytest.approx(4 / 3)
    assert model.variance(one)[0] == pytest.approx(1 / 3)
    assert log_evidence(ones, y, 1.0, 1.0) == pytest.approx(-4.720516544, abs=1e-9)


@pytest.mark.parametrize("shape", [(12, 5), (4, 9)])
def test_the_evidence_of_one_decomposition_is_the_definition(shape):
    features, y = RNG.normal(size=shape), RNG.normal(size=shape[0])
    evidence = Evidence(features, y)
    for a, b in [(1.0, 1.0), (0.2, 7.0), (30.0, 0.1)]:
        assert evidence(np.log([a, b]))[0] == pytest.approx(log_evidence(features, y, a, b), abs=1e-9)


def test_the_slope_of_the_evidence_is_that_of_differences():
    evidence = Evidence(F, Y)
    for at in ([0.0, 0.0], [1.0, -2.0], [-3.0, 2.0]):
        assert check_grad(lambda x: evidence(x)[0], lambda x: evidence(x)[1], np.array(at)) < 1e-5


def test_a_repeated_row_makes_its_variance_smaller():
    once, twice = BayesianLinear.of(F, Y, 1.0, 4.0), None
    twice = BayesianLinear.of(np.vstack([F, F[:1]]), np.append(Y, Y[0]), 1.0, 4.0)
    assert twice.variance(F[:1])[0] < once.variance(F[:1])[0]


def test_without_noise_it_goes_through_what_it_can():
    model = BayesianLinear.of(F[:5], Y[:5], 1e-9, 1e9)
    assert np.allclose(model.mean(F[:5]), Y[:5], atol=1e-5)


def test_the_order_of_rows_does_not_matter():
    order = RNG.permutation(12)
    one, other = fit(F, Y), fit(F[order], Y[order])
    assert np.allclose(one.mean(F), other.mean(F), atol=1e-4)


def test_the_fit_is_where_the_evidence_is_flat_or_at_its_bounds():
    signal = fit(F, F @ np.array([1.0, -2, 0.5, 0, 3]) + 0.1 * RNG.normal(size=12))
    slope = Evidence(F, F @ np.zeros(5) + Y)(np.log([signal.a, signal.b]))[1]
    assert np.isfinite(slope).all()
    assert 10 < signal.b < 1e5
