from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from archenc.errors import InvalidArgument
from archenc.predictors.tabular.targets import onto_labels, transform_targets

LABELS = arrays(np.float64, st.integers(2, 30), elements=st.floats(-1e3, 1e3))


def test_raw_labels_stay() -> None:
    y = np.array([0.9, 0.1])
    np.testing.assert_array_equal(transform_targets(y, "raw"), y)


def test_normal_scores_by_hand() -> None:
    # Blom's scores of 3 ranks: the normal quantiles of 0.625 / 3.25, 1 / 2, 2.625 / 3.25
    np.testing.assert_allclose(
        transform_targets(np.array([5.0, -1.0, 2.0]), "rank"), [0.869423, -0.869423, 0], atol=1e-6
    )


@given(LABELS)
def test_normal_scores_keep_order_and_ties_and_are_centred(y: np.ndarray) -> None:
    scores = transform_targets(y, "rank")
    np.testing.assert_array_equal(np.sign(y[:, None] - y), np.sign(scores[:, None] - scores))
    if len(np.unique(y)) == len(y):
        assert abs(scores.mean()) < 1e-12


def test_refuses_another_name() -> None:
    with pytest.raises(InvalidArgument, match="target='log'"):
        transform_targets(np.array([1.0, 2.0]), "log")


@given(st.integers(2, 30), st.integers(0, 1000))
def test_scores_are_brought_to_the_scale_of_the_labels(n: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    scores, y = 50 + 7 * rng.normal(size=n), rng.normal(size=n)
    factor, offset = onto_labels(scores, y)
    assert factor > 0
    assert np.mean(factor * scores + offset) == pytest.approx(y.mean(), abs=1e-9)
    assert np.std(factor * scores + offset) == pytest.approx(y.std())


def test_constant_scores_become_the_mean_label() -> None:
    assert onto_labels(np.full(3, 4.0), np.array([1.0, 2.0, 6.0])) == (0.0, 3.0)
