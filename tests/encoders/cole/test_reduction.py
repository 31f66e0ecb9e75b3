"""Reductions equal their formulas, and see the training rows only."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.decomposition import PCA
from sklearn.exceptions import NotFittedError

from archenc.encoders.cole.reduction import KINDS, Reduction, fit_projection
from archenc.errors import InvalidArgument


def rows(n: int = 60, d: int = 12, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, d)) * np.linspace(3, 0.1, d) @ rng.normal(size=(d, d)) + rng.normal(size=d)


def test_pca_is_that_of_scikit_learn_but_for_signs() -> None:
    X, new = rows(), rows(seed=0)[::-1] * 1.5
    twin = PCA(5).fit(X)
    mine = Reduction("pca", 5).fit(X)
    np.testing.assert_allclose(np.abs(mine.transform(new)), np.abs(twin.transform(new)), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("eps", [0.1, 2.0])
def test_soft_pca_divides_by_the_root_of_variance_and_eps(eps: float) -> None:
    X = rows()
    plain, soft = (Reduction(kind, 6, eps).fit_transform(X) for kind in ("pca", "soft_pca"))
    variance = plain.astype(np.float64).var(axis=0, ddof=1)
    np.testing.assert_allclose(soft, plain / np.sqrt(variance + eps), rtol=1e-5)


def test_whitened_components_have_variance_one() -> None:
    code = Reduction("pca_whiten", 6).fit_transform(rows())
    np.testing.assert_allclose(np.cov(code.T), np.eye(6), atol=1e-5)


def test_zca_is_the_inverse_root_of_the_covariance() -> None:
    X = rows()
    centred, covariance = X - X.mean(axis=0), np.cov(X.T)
    values, vectors = np.linalg.eigh(covariance)
    for kind, eps in (("zca", 0.0), ("soft_zca", 0.5)):
        expected = centred @ (vectors / np.sqrt(values + eps)) @ vectors.T
        np.testing.assert_allclose(
            Reduction(kind, eps=eps or 1.0).fit_transform(X), expected, rtol=1e-4, atol=1e-5
        )


def test_zca_leaves_alone_what_no_training_row_has() -> None:
    X = rows(5, 12)
    mine = Reduction("soft_zca", eps=0.5).fit(X)
    _, _, directions = np.linalg.svd(X - X.mean(axis=0))
    off = directions[8]  # orthogonal to all five rows
    moved = mine.transform((X[0] + 2 * off)[None])[0] - mine.transform(X[:1])[0]
    np.testing.assert_allclose(moved, 2 * off, atol=1e-5)


@pytest.mark.parametrize(
    ("n", "components", "width"), [(14, 128, 12), (8, 128, 7), (60, 5, 5), (60, None, 12), (1, 3, 1)]
)
def test_there_are_never_more_components_than_the_rows_span(
    n: int, components: int | None, width: int
) -> None:
    code = Reduction("pca", components).fit_transform(rows(n))
    assert code.shape == (n, width)
    assert Reduction("none").fit_transform(rows(n)).shape == (n, 12)


@given(st.sampled_from(KINDS), st.integers(2, 20), st.integers(0, 50))
def test_directions_without_variance_give_nothing(kind: str, n: int, seed: int) -> None:
    """Equal rows: what is left of the missing directions is rounding, which a division would amplify."""
    X = np.repeat(rows(3, 12, seed), n, axis=0).astype(np.float32)
    fitted = Reduction(kind).fit(X)
    assert np.isfinite(fitted.transform(X)).all()
    if "pca" in kind:
        assert fitted.components_ == 2
        assert not fitted.transform(X)[:, 2:].any()


@pytest.mark.parametrize("kind", KINDS)
def test_other_rows_change_nothing(kind: str) -> None:
    train, test = rows(), rows(40, seed=1)
    fitted = Reduction(kind, 6).fit(train)
    before = fitted.transform(train)
    np.testing.assert_array_equal(before, Reduction(kind, 6).fit_transform(train))
    fitted.transform(test * 100)
    np.testing.assert_array_equal(fitted.transform(train), before)
    np.testing.assert_array_equal(fitted.transform(np.concatenate([test, train]))[40:], before)
    np.testing.assert_array_equal(fitted.transform(train[7:8]), before[7:8])
    assert len(fitted.get_feature_names_out()) == before.shape[1]


def test_the_contract_of_scikit_learn() -> None:
    reduction = Reduction("soft_pca", 4, 2.0)
    assert clone(reduction).get_params() == {"kind": "soft_pca", "components": 4, "eps": 2.0}
    with pytest.raises(NotFittedError):
        reduction.transform(rows())


def test_bad_arguments_are_refused() -> None:
    for kind, arguments, match in (
        ("median", {}, "reduction='median'"),
        ("pca", {"components": 0}, "components=0"),
        ("pca", {"eps": 0.0}, "eps=0"),
        ("pca", {"eps": float("nan")}, "eps=nan"),
    ):
        with pytest.raises(InvalidArgument, match=match):
            fit_projection(rows(), kind, **arguments)
    for X in (rows()[0], rows()[:0], rows() * np.nan):
        with pytest.raises(InvalidArgument, match="X has shape"):
            Reduction().fit(X)
    with pytest.raises(InvalidArgument, match="X has 3 features: expected 12"):
        Reduction().fit(rows()).transform(rows()[:, :3])
