from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from archenc.encoders.scaling import (
    PROXIES,
    fit_scale,
    paper_rule,
    proxy_of,
    standard_rule,
    without_sentinels,
)
from archenc.errors import InvalidArgument

from . import naive

# few different values, so that ties are common
COLUMNS = arrays(np.float64, st.integers(2, 12), elements=st.sampled_from([-3.0, -0.5, 0.0, 0.25, 2.0, 7.0]))
VALUES = arrays(np.float64, 6, elements=st.floats(-5, 9))


def test_what_is_no_score_is_missing():
    values = np.array([[1.0, -1e8, np.nan, np.inf, 1e7, 9.9e6, -np.inf]])
    names = [f"score{k}" for k in range(7)]
    assert np.isnan(without_sentinels(values, names)).tolist() == [
        [False, True, True, True, True, False, True]
    ]


def test_a_large_count_is_no_sentinel_but_a_negative_one_is():
    values = np.array([[5e7, 2e9, 5e7, -1e8, np.nan]])
    names = ["cifar10_params", "cifar10_flops", "cifar10_snip", "params", "flops"]
    assert np.isnan(without_sentinels(values, names)).tolist() == [[False, False, True, True, True]]


@given(COLUMNS, VALUES)
def test_ranks_equal_the_twin(train: np.ndarray, values: np.ndarray):
    expected = [naive.ranks(train.tolist(), float(value)) for value in values]
    np.testing.assert_allclose(fit_scale(train, "rank")(values), expected, atol=1e-12)


def test_ranks_by_hand():
    scale = fit_scale(np.array([10.0, 30.0, 20.0, 20.0, np.nan]), "rank")
    values = scale(np.array([-5.0, 10.0, 15.0, 20.0, 25.0, 30.0, 99.0, np.nan]))
    np.testing.assert_array_equal(values, [0, 0, 0.25, 0.5, 0.75, 1, 1, np.nan])


@given(COLUMNS, st.sampled_from(["rank", "minmax", "zscore"]))
def test_scales_keep_the_order(train: np.ndarray, rule: str):
    scaled = fit_scale(train, rule)(np.sort(train))
    assert (np.diff(scaled) >= 0).all()


@pytest.mark.parametrize("rule", ["rank", "minmax", "zscore"])
def test_a_constant_column_is_zero(rule: str):
    scale = fit_scale(np.full(5, 3.0), rule)
    np.testing.assert_array_equal(scale(np.array([3.0, 8.0, np.nan])), [0, 0, np.nan])
    np.testing.assert_array_equal(fit_scale(np.array([3.0]), rule)(np.array([2.0])), [0])


def test_lines():
    train = np.array([1.0, 3.0])
    np.testing.assert_allclose(fit_scale(train, "minmax")(np.array([1.0, 2.0, 5.0])), [0, 0.5, 2])
    np.testing.assert_allclose(fit_scale(train, "zscore")(np.array([1.0, 2.0, 5.0])), [-1, 0, 3])
    np.testing.assert_allclose(fit_scale(train, "zscore", clip=2.5)(np.array([-50.0, 50.0])), [-2.5, 2.5])


def test_warps():
    train = np.array([-np.expm1(2.0), 0.0, np.expm1(2.0)])
    np.testing.assert_allclose(fit_scale(train, "minmax", "signed_log1p")(train), [0, 0.5, 1])
    np.testing.assert_allclose(
        fit_scale(np.expm1([0.0, 1.0, 4.0]), "minmax", "log1p")(np.expm1([1.0])), [0.25]
    )
    log10 = fit_scale(np.array([0.0, 1.0, 100.0]), "minmax", "log10")  # 0 counts as 0.01
    np.testing.assert_allclose(log10(np.array([0.0, 1.0, 100.0])), [0, 0.5, 1])


@pytest.mark.parametrize("proxy", PROXIES)
def test_a_column_is_known_by_the_end_of_its_name(proxy: str):
    assert proxy_of(proxy) == proxy_of(f"cifar10_zc64_{proxy}") == proxy
    assert proxy_of(f"{proxy}_seconds") is None


def test_lookalikes_are_no_proxies():
    assert proxy_of("cifar10_naswot") is None
    assert proxy_of("nasi") is None


def test_standard_takes_the_logarithm_of_scores_of_wide_range():
    logged = {proxy for proxy in PROXIES if standard_rule(proxy) == ("zscore", "signed_log1p", 5.0)}
    assert logged == {"fisher", "grad_norm", "snip", "grasp", "plain", "flops", "params"}
    assert standard_rule("zc_synflow") == standard_rule("latency_raspi4") == ("zscore", "identity", 5.0)


def test_the_published_recipes():
    rules = {proxy: paper_rule("nasbench201", proxy)[:2] for proxy in PROXIES}
    assert {p for p, rule in rules.items() if rule == ("minmax", "log1p")} == {
        "fisher",
        "flops",
        "grad_norm",
        "params",
        "snip",
        "synflow",
    }
    assert {p for p, rule in rules.items() if rule == ("zscore", "identity")} == {"grasp"}
    assert rules == {proxy: paper_rule("nasbench101", proxy)[:2] for proxy in PROXIES}
    micro = {proxy: paper_rule("transnasbench101", proxy)[:2] for proxy in PROXIES}
    assert micro.pop("synflow") == ("minmax", "log10")
    assert set(micro.values()) == {("minmax", "identity")}
    for name in ("atlantis", "nasbench301"):  # FLAN had no scores for NAS-Bench-301
        with pytest.raises(InvalidArgument, match=f"nothing is published for '{name}'; legal spaces: nasb"):
            paper_rule(name, "snip")
    with pytest.raises(InvalidArgument, match="'cifar10_ntk' does not end"):
        paper_rule("nasbench201", "cifar10_ntk")
