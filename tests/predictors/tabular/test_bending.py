"""Bent labels: what they keep, and that the evidence finds the unit in which a function is simple."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import check_grad

from archenc.errors import InvalidArgument
from archenc.evaluation.metrics import kendall_tau
from archenc.predictors import GaussianProcess, Ridge
from archenc.predictors.tabular.bending import BentEvidence, bent, robust
from archenc.predictors.tabular.kernels import Evidence, split


@given(st.integers(3, 40), st.integers(0, 1000), st.floats(-1.5, 1.5))
def test_bent_labels_are_standardised_and_keep_their_order(n: int, seed: int, bend: float) -> None:
    u = np.random.default_rng(seed).normal(size=n)
    labels = bent(u, bend)
    np.testing.assert_array_equal(np.argsort(labels), np.argsort(u))
    assert abs(labels.mean()) < 1e-9
    assert labels.std() == pytest.approx(1)


def test_the_formula_by_hand_and_no_step_where_it_is_straight() -> None:
    u = np.array([-1.0, 0.0, 2.0])
    raw = np.array([1 - np.exp(-1.0), 0.0, np.exp(2.0) - 1]) * [-1, 1, 1]
    np.testing.assert_allclose(bent(u, 1.0), (raw - raw.mean()) / raw.std())
    np.testing.assert_allclose(bent(u, 0.0), (u - u.mean()) / u.std())
    np.testing.assert_allclose(bent(u, 2e-6), bent(u, 5e-7), atol=1e-5)


def test_one_failed_network_leaves_the_others_apart() -> None:
    y = np.array([10.0, 90, 91, 92, 93, 94])
    assert robust(y)[0] == -6
    assert np.ptp(robust(y)[1:]) > 1.5
    np.testing.assert_allclose(robust(np.array([1.0, 1, 1, 5])), [0, 0, 0, 1 / 1.4826])


@pytest.mark.parametrize("bend", [-0.7, 0.0, 0.4])
@pytest.mark.parametrize("noise", [None, 0.04])
def test_the_slope_of_the_evidence_is_its_slope(bend: float, noise: float | None) -> None:
    rng = np.random.default_rng(2)
    evidence = BentEvidence(
        Evidence(split(rng.normal(size=(25, 6)), [2, 4]), rng.normal(size=25), "rbf", True)
    )
    theta = np.append(rng.normal(size=5 + (noise is None)) * 0.5, bend)
    off = check_grad(lambda t: evidence(t, noise)[0], lambda t: evidence(t, noise)[1], theta)
    assert off < 1e-4


def test_its_density_is_that_of_the_labels_before_they_are_bent() -> None:
    """A change of unit brings the product of its slopes along: the naive twin, by finite differences."""
    rng = np.random.default_rng(3)
    u = rng.normal(size=12)
    plain = Evidence(split(rng.normal(size=(12, 2)), [2]), u, "rbf", False)
    theta, bend, step = np.array([0.1, 0.2, -1.0]), 0.6, 1e-6
    raw = np.expm1(bend * u) / bend  # the scale of the bent labels is fixed by all of them

    def at(x: np.ndarray) -> np.ndarray:
        return (np.expm1(bend * x) / bend - raw.mean()) / raw.std()

    slopes = (at(u + step) - at(u - step)) / (2 * step)
    expected = plain.of(bent(u, bend), theta)[0] + np.log(slopes).sum()
    assert BentEvidence(plain)(np.append(theta, bend))[0] == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("sign", [1, -1])
def test_it_finds_that_costs_multiply(sign: int) -> None:
    rng = np.random.default_rng(4)
    X = rng.normal(size=(240, 4))
    y = sign * np.exp(X @ [0.8, 0.5, -0.4, 0.6] + 0.02 * rng.normal(size=240))
    models = [GaussianProcess(linear=True, target=target) for target in ("bent", "raw")]
    found, plain = (
        kendall_tau(true=y[40:], pred=model.fit(X[:40], y[:40]).predict(X[40:])) for model in models
    )
    assert sign * models[0].bend_ < -0.2
    assert 1 - found < (1 - plain) / 2


def test_scores_are_in_the_unit_of_bent_labels(tmp_path) -> None:
    rng = np.random.default_rng(5)
    X = rng.normal(size=(60, 3))
    y = np.exp(X[:, 0])
    model = GaussianProcess(linear=True, target="bent").fit(X, y)
    np.testing.assert_allclose(model.predict(X), bent(robust(y), model.bend_), atol=0.1)
    model.save(tmp_path)
    np.testing.assert_array_equal(GaussianProcess.load(tmp_path).predict(X), model.predict(X))


def test_only_a_process_bends_labels() -> None:
    X, y = np.eye(4), np.arange(4.0)
    with pytest.raises(InvalidArgument, match="target='bent': expected one of 'raw', 'rank'"):
        Ridge(target="bent").fit(X, y)
    with pytest.raises(InvalidArgument, match="target='log': expected one of 'raw', 'rank', 'bent'"):
        GaussianProcess(target="log").fit(X, y)


def test_where_most_labels_are_equal_the_others_keep_their_order() -> None:
    graded = np.linspace(11, 15, 15)
    outlier = robust(np.concatenate([np.full(24, 10.0), graded, [1e9]]))
    assert len(np.unique(outlier)) == 17
    assert outlier.max() <= 6
    rounded = robust(np.concatenate([np.full(20, 0.3), np.full(20, 0.1 + 0.2), np.linspace(0.4, 0.9, 20)]))
    assert len(np.unique(np.round(rounded, 9))) == 21
