"""Acquisition: golden values, identities, and what far candidates are worth."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import norm

from archenc.errors import InvalidArgument, UnknownName
from archenc.search import make
from archenc.search.acquisition import (
    Belief,
    acquisition,
    cate_published,
    expected_improvement,
    improvement,
    log_expected_improvement,
    log_improvement,
    log_probability_of_improvement,
)
from archenc.testing.unchecked import unchecked


@pytest.mark.parametrize(("z", "value"), [(0, 0.398942280401), (-0.5, 0.197796557401), (0.5, 0.697796557401)])
def test_golden_improvements(z, value):
    assert improvement(np.array([float(z)]))[0] == pytest.approx(value, abs=1e-12)
    assert log_improvement(np.array([float(z)]))[0] == pytest.approx(np.log(value), abs=1e-10)


@pytest.mark.parametrize(("z", "value"), [(-5, -16.7443011627), (-10, -55.5531220361), (-40, -808.298568357)])
def test_golden_logarithms(z, value):
    assert log_improvement(np.array([float(z)]))[0] == pytest.approx(value, rel=1e-11)


def test_the_branches_of_the_logarithm_meet():
    for edge in (-1.0, -100.0):
        around = log_improvement(np.array([edge - 1e-9, edge, edge + 1e-9]))
        assert np.ptp(around) < 1e-6
        assert (np.diff(around) > 0).all()


def test_improvement_of_opposites_differs_by_the_distance():
    z = np.linspace(-6, 6, 101)
    assert np.allclose(improvement(z) - improvement(-z), z, atol=1e-14)


def test_expected_improvement_has_the_unit_of_the_values():
    mean, std = np.array([0.3, -1.0]), np.array([0.5, 2.0])
    assert np.allclose(expected_improvement(3 * mean, 3 * std, 0.6), 3 * expected_improvement(mean, std, 0.2))


def test_far_candidates_are_still_ordered():
    mean = -np.linspace(0, 1000, 5001)[::-1]
    found = log_expected_improvement(mean, np.ones(len(mean)), 0.0)
    assert np.isfinite(found).all()
    assert (np.diff(found) > 0).all()
    chances = log_probability_of_improvement(mean, np.ones(len(mean)), 0.0)
    assert np.isfinite(chances).all()
    assert (np.diff(chances) > 0).all()


def test_independent_sampling_prefers_as_often_as_it_should():
    mean, std, draws = np.array([0.2, 0.0]), np.array([0.5, 1.0]), 100_000
    rng = np.random.default_rng(0)
    belief = Belief(np.tile(mean, draws), np.tile(std, draws))
    scores = acquisition("its")(belief, 0.0, rng, 1).reshape(draws, 2)
    wins = float((scores[:, 0] > scores[:, 1]).mean())
    expected = norm.cdf(0.2 / np.hypot(*std))
    assert abs(wins - expected) < 3 * np.sqrt(expected * (1 - expected) / draws)


def test_the_published_score_of_cate_is_the_variance_alone():
    for mean in (0.90, 0.94):
        score = cate_published(np.array([mean]), np.array([0.1]))[0]
        assert score == pytest.approx(0.01, abs=1e-4)
    right = expected_improvement(np.array([0.90, 0.94]), np.array([0.1, 0.1]), 1.0)
    assert right == pytest.approx([0.008332, 0.016867], abs=1e-6)


def test_an_ensemble_deviates_with_ddof_1_and_never_not_at_all():
    members = np.array([[1.0, 2.0], [3.0, 2.0]])
    belief = Belief.of_members(members)
    assert belief.mean.tolist() == [2.0, 2.0]
    assert belief.deviation().tolist() == [pytest.approx(2**0.5), 1e-9]
    drawn = acquisition("ts")(belief, 0.0, np.random.default_rng(0), 50)
    assert {tuple(row) for row in drawn.tolist()} == {(1.0, 2.0), (3.0, 2.0)}


BELIEFS = st.tuples(st.floats(-3, 3), st.floats(0.05, 3), st.floats(-3, 3))


@given(BELIEFS, st.floats(-1, 1))
def test_what_names_give_is_what_the_definitions_say(believed, option):
    """Expected improvement and its probability by integration of the density over better values."""
    mean, std, best = believed
    belief, rng = Belief(np.array([mean]), np.array([std])), np.random.default_rng(0)

    def scored(name, **options):
        return float(acquisition(name, **options)(belief, best, rng, 1)[0, 0])

    beyond = best + option
    gain, _ = quad(lambda y: (y - beyond) * norm.pdf(y, mean, std), beyond, max(beyond, mean) + 12 * std)
    assert np.exp(scored("ei", xi=option)) == pytest.approx(gain, rel=1e-6, abs=1e-12)
    assert np.exp(scored("pi", xi=option)) == pytest.approx(norm.sf(beyond, mean, std), rel=1e-9)
    assert scored("ucb", beta=option) == pytest.approx(mean + option * std)
    assert scored("ucb") == pytest.approx(mean + 0.5 * std)
    assert scored("mean") == mean


def test_draws_have_the_belief_s_mean_and_deviation_and_members_an_equal_chance():
    rng, draws = np.random.default_rng(1), 50_000
    belief = Belief(np.full(draws, 2.0), np.full(draws, 0.3))
    drawn = acquisition("its")(belief, 0.0, rng, 1)[0]
    assert drawn.mean() == pytest.approx(2.0, abs=4 * 0.3 / draws**0.5)
    assert drawn.std() == pytest.approx(0.3, rel=0.02)
    members = Belief.of_members(np.arange(5.0)[:, None] * np.ones((5, 3)))
    chosen = acquisition("ts")(members, 0.0, rng, draws)[:, 0]
    assert np.abs(np.bincount(chosen.astype(int), minlength=5) / draws - 0.2).max() < 4 * 0.4 / draws**0.5


def test_names_and_options():
    belief, rng = Belief(np.array([1.0, 2.0]), np.array([3.0, 0.0])), np.random.default_rng(0)
    assert acquisition("ucb", beta=2.0)(belief, 0.0, rng, 1).tolist() == [[7.0, pytest.approx(2.0)]]
    assert acquisition("mean")(belief, 0.0, rng, 1).tolist() == [[1.0, 2.0]]
    with pytest.raises(UnknownName, match="known: ei, pi, ucb"):
        acquisition("eli")
    with pytest.raises(InvalidArgument, match="'ucb' has no xi; legal: beta"):
        acquisition("ucb", xi=1.0)
    with pytest.raises(InvalidArgument, match="'mean' has no xi; it has no option"):
        acquisition("mean", xi=1.0)
    with pytest.raises(InvalidArgument, match="beta=nan: expected a finite number"):
        acquisition("ucb", beta=float("nan"))
    bold = acquisition("ucb", beta=3.0)
    assert acquisition(bold) is bold
    assert make("bananas", "nasbench201", acquisition=bold).acquisition is bold  # pyright: ignore
    with unchecked(), pytest.raises(InvalidArgument, match="acquisition=3: expected a name"):
        acquisition(3)  # pyright: ignore[reportArgumentType]
    with pytest.raises(InvalidArgument, match="needs the members"):
        acquisition("ts")(belief, 0.0, rng, 1)
