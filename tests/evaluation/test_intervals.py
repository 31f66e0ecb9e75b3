"""Summaries and intervals: golden values and coverage."""

import numpy as np
import pytest

from archenc.errors import InvalidArgument
from archenc.evaluation.intervals import interval_of_mean, summarise


def test_golden_values():
    summary = summarise([1.0, 2.0, 3.0, 6.0])
    assert (summary.mean, summary.median, summary.n_trials) == (3, 2.5, 4)
    assert summary.std == pytest.approx(np.sqrt(14 / 3))  # n - 1
    half = 3.182446 * np.sqrt(14 / 3) / 2  # Student's t, 3 degrees of freedom, 97.5 %
    assert (summary.ci_low, summary.ci_high) == (
        pytest.approx(3 - half, abs=1e-5),
        pytest.approx(3 + half, abs=1e-5),
    )


def test_one_trial_has_a_mean_and_no_interval():
    summary = summarise([0.7])
    assert (summary.mean, summary.median, summary.n_trials) == (0.7, 0.7, 1)
    assert np.isnan([summary.std, summary.ci_low, summary.ci_high]).all()


@pytest.mark.parametrize("interval", ["t", "bootstrap"])
def test_intervals_cover_the_mean_about_as_often_as_they_say(interval):
    rng = np.random.default_rng(0)
    hits = 0
    for _ in range(300):
        low, high = interval_of_mean(rng.normal(5, 2, size=20), interval=interval, resamples=500)
        hits += low < 5 < high
    assert 0.88 < hits / 300 < 0.99


def test_the_bootstrap_is_seeded_and_stays_within_the_data():
    values = [0.1, 0.5, 0.9, 0.4]
    first = interval_of_mean(values, interval="bootstrap", seed=1)
    assert first == interval_of_mean(values, interval="bootstrap", seed=1)
    assert 0.1 <= first[0] < first[1] <= 0.9


def test_a_wider_confidence_is_a_wider_interval():
    values = [0.1, 0.5, 0.9, 0.4]
    for interval in ("t", "bootstrap"):
        narrow = interval_of_mean(values, interval=interval, confidence=0.5)
        wide = interval_of_mean(values, interval=interval, confidence=0.99)
        assert wide[0] < narrow[0] < narrow[1] < wide[1]


@pytest.mark.parametrize(
    ("values", "words"), [([], "at least one"), ([1.0, np.nan], "1 NaN of 2"), ([[1.0]], "shape")]
)
def test_bad_values_are_refused(values, words: str):
    with pytest.raises(InvalidArgument, match=words):
        summarise(values)


def test_bad_options_are_refused(as_users_call_it):
    with pytest.raises(InvalidArgument, match="confidence=95"):
        interval_of_mean([1.0, 2.0], confidence=95)
    with pytest.raises(InvalidArgument, match="interval='z'"):
        interval_of_mean([1.0, 2.0], interval="z")  # pyright: ignore
