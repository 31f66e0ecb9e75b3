"""Ranking candidates: order, intervals, advice, and what is refused."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import kendalltau

from archenc.errors import InvalidArgument, UnknownName
from archenc.pipelines.candidates.describing import Description
from archenc.search.ranking import rank


def candidates(n: int = 30, seed: int = 0) -> tuple[dict[str, Description], dict[str, float]]:
    """Networks whose label grows with two features, and the labels of all."""
    rng = np.random.default_rng(seed)
    found, labels = {}, {}
    for number in range(n):
        size, skill = rng.normal(size=2)
        features = {"log_params": size, "score_jacov": rng.normal(), "skill": skill, "score_zen": math.nan}
        found[f"net_{number}"] = Description(features, "")
        labels[f"net_{number}"] = 90 + 3 * math.tanh(size + skill)
    return found, labels


def test_the_ranking_goes_from_the_best_to_the_worst() -> None:
    found, labels = candidates()
    known = {name: labels[name] for name in list(labels)[:12]}
    result = rank(found, known)
    assert [one.candidate for one in result] != list(found)
    assert {one.candidate for one in result} == set(found)
    assert [one.predicted for one in result] == sorted((one.predicted for one in result), reverse=True)
    for one in result:
        assert one.low <= one.predicted <= one.high
        if one.candidate in known:
            assert one.measured == one.low == one.high == known[one.candidate]
            assert (one.next, one.chance) == (0, 0.0)
        else:
            assert one.measured is None
            assert 0 <= one.chance <= 1
    rest = [one for one in result if one.measured is None]
    order = np.corrcoef([one.predicted for one in rest], [labels[one.candidate] for one in rest])[0, 1]
    assert order > 0.5


def test_advice_names_what_may_be_better() -> None:
    found, labels = candidates()
    known = {name: labels[name] for name in list(labels)[:12]}
    result = rank(found, known, advised=3)
    advice = {one.next: one for one in result if one.next}
    assert sorted(advice) == [1, 2, 3]
    others = [one.chance for one in result if not one.next and one.measured is None]
    assert advice[1].chance >= np.median(others)
    assert not any(one.next for one in rank(found, known, advised=0))
    assert sum(one.next > 0 for one in rank(found, known, advised=99)) == 18


def test_less_may_be_better() -> None:
    found, labels = candidates()
    known = {name: -value for name, value in list(labels.items())[:12]}
    down = rank(found, known, maximise=False, expects_large=True)
    up = rank(found, {n: -v for n, v in known.items()})
    assert [one.candidate for one in down] == [one.candidate for one in up]
    assert down[0].predicted == pytest.approx(-up[0].predicted)
    assert (down[0].low, down[0].high) == pytest.approx((-up[0].high, -up[0].low))


def test_small_networks_may_be_expected_to_be_as_good_as_large_ones() -> None:
    """Of few latencies a network's size says the opposite of what it says of accuracies."""
    taus = {True: [], False: [], None: []}
    for seed in range(20):
        found, _ = candidates(40, seed)
        latency = {name: 5 + one.features["log_params"] for name, one in found.items()}
        known = dict(list(latency.items())[:5])
        for large, values in taus.items():
            rest = [
                one for one in rank(found, known, maximise=False, expects_large=large) if not one.measured
            ]
            order = [latency[one.candidate] for one in rest]
            values.append(kendalltau(order, range(len(order))).statistic)
    assert taus[None] == taus[False]
    assert np.mean(taus[False]) > np.mean(taus[True]) + 0.2
    with_prior, without = (rank(found, known, expects_large=large) for large in (None, False))
    assert with_prior == rank(found, known, expects_large=True) != without


def test_bounds_end_the_intervals() -> None:
    found, labels = candidates()
    known = {name: labels[name] for name in list(labels)[:6]}
    low, high = min(labels.values()) - 0.5, max(labels.values()) + 0.5
    result = rank(found, known, coverage=0.99, bounds=(low, high))
    assert all(low <= one.low <= one.predicted <= one.high <= high for one in result)
    assert any(one.high == high for one in result)
    assert any(one.low == low for one in result)


def test_labels_beyond_the_bounds_are_refused() -> None:
    """Bounds of shares for labels in percent would make all predictions the upper bound."""
    found, labels = candidates(8)
    with pytest.raises(InvalidArgument, match=r"'net_0' has the value .*within bounds=\(0, 1\)"):
        rank(found, labels, bounds=(0, 1))
    with pytest.raises(InvalidArgument, match="the lower one first"):
        rank(found, labels, bounds=(100, 0))
    for value in (math.nan, math.inf):
        with pytest.raises(InvalidArgument, match=r"'net_1' has the value .*expected a finite number"):
            rank(found, {**labels, "net_1": value})


def test_what_cannot_be_ranked_is_refused() -> None:
    found, labels = candidates(8)
    with pytest.raises(UnknownName, match=r"'net_10' is no candidate \(did you mean net_1.*\), 'x' is no"):
        rank(found, {**labels, "net_10": 1.0, "x": 1.0})
    with pytest.raises(InvalidArgument, match="there are no labels"):
        rank(found, {})
    with pytest.raises(InvalidArgument, match="advised=-1"):
        rank(found, labels, advised=-1)
