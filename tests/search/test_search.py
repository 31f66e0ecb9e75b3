"""Searchers: exact budgets, states that go on exactly, failures that cost one evaluation."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from sklearn.base import BaseEstimator

from archenc.errors import DataError, InvalidArgument
from archenc.search import PredictorGuided, RandomSearch, search
from archenc.spaces import space

NB201 = space("nasbench201")
POOL = NB201.sample(120, 0)
QUALITY = {arch.id(): float(row) for row, arch in enumerate({a.id(): a for a in POOL}.values())}
DISTINCT = len(QUALITY)


def quality(archs):
    return [QUALITY[arch.id()] for arch in archs]


class Oracle(BaseEstimator):
    """Knows the values; or, with `constant`, knows nothing."""

    def __init__(self, constant: bool = False) -> None:
        self.constant = constant

    def fit(self, X, y):
        return self

    def predict(self, X):
        return np.zeros(len(X)) if self.constant else np.array(quality(X))


def searchers(seed: int = 0):
    return [RandomSearch(POOL, seed=seed), PredictorGuided(POOL, Oracle(), initial=4, seed=seed)]


@pytest.mark.parametrize("kind", [0, 1])
@pytest.mark.parametrize("budget", [1, 7, 10, 16, 90, 10_000])
def test_exactly_so_many_different_architectures_are_evaluated(kind, budget):
    history = search(searchers()[kind], quality, budget)
    assert len(history) == min(budget, DISTINCT)
    assert len({arch.id() for arch in history.archs}) == len(history)


@pytest.mark.parametrize("kind", [0, 1])
def test_a_saved_state_goes_on_exactly(kind):
    whole = search(searchers(3)[kind], quality, 40)
    first = searchers(3)[kind]
    search(first, quality, 17, batch=1)
    state = json.loads(json.dumps(first.state_dict()))
    later = searchers(99)[kind]
    later.load_state_dict(state)
    one, other = (search(s, quality, 40, batch=1) for s in (first, later))
    assert [a.id() for a in one.archs] == [a.id() for a in other.archs]
    assert len(one) == 40
    again = search(searchers(3)[kind], quality, 40)
    assert [a.id() for a in whole.archs] == [a.id() for a in again.archs]


def test_a_state_of_another_pool_is_refused():
    state = RandomSearch(POOL[:10]).state_dict()
    with pytest.raises(DataError, match="10 architectures"):
        RandomSearch(POOL).load_state_dict(state)


def test_random_search_draws_uniformly():
    """The mean of the best of n draws from 0 ... N-1 without repeats is n (N + 1) / (n + 1) - 1."""
    n, runs = 9, 200
    best = [search(RandomSearch(POOL, seed=seed), quality, n).best_so_far[-1] for seed in range(runs)]
    expected = n * (DISTINCT + 1) / (n + 1) - 1
    assert abs(np.mean(best) - expected) < 4 * np.std(best) / math.sqrt(runs)


def test_a_predictor_that_knows_finds_the_best_in_its_first_round():
    history = search(PredictorGuided(POOL, Oracle(), initial=8, seed=1), quality, 16, batch=8)
    assert history.best is not None
    assert history.best[1] == DISTINCT - 1


def test_a_batch_explores_with_its_share_and_no_more():
    searcher = PredictorGuided(POOL, Oracle(), initial=8, explore=0.25, seed=1)
    search(searcher, quality, 8)
    free = sorted(set(QUALITY.values()) - {value for _, value in searcher.told}, reverse=True)
    asked = quality(searcher.ask(8))
    assert asked[:6] == free[:6]
    assert set(asked[6:]) <= set(free[6 : len(free) // 2])


def test_failures_cost_their_evaluation_and_nothing_else():
    def sometimes(archs):
        return [math.nan if QUALITY[arch.id()] % 2 else QUALITY[arch.id()] for arch in archs]

    history = search(PredictorGuided(POOL, Oracle(), initial=4, seed=0), sometimes, 40)
    assert len(history) == 40
    assert history.best is not None
    assert history.best[1] % 2 == 0
    assert np.isnan(history.values).any()


def test_asking_twice_never_repeats():
    searcher = RandomSearch(POOL, seed=0)
    asked = searcher.ask(5) + searcher.ask(5)
    assert len({arch.id() for arch in asked}) == 10


def test_isomorphic_duplicates_are_one():
    both = [NB201.parse("|none~0|+|none~0|none~1|+|skip_connect~0|none~1|none~2|")] * 2
    assert len(RandomSearch([*both, *POOL[:3]]).ask(10)) == 4


def test_bad_values_are_refused_and_nothing_is_taken_in():
    searcher = RandomSearch(POOL[:10])
    one, two = searcher.ask(2)
    outside = next(arch for arch in POOL[10:] if arch.id() not in {a.id() for a in POOL[:10]})
    for archs, values, why in [
        ([one], [1.0, 2.0], "1 archs and 2 values"),
        ([one, outside], [1.0, 2.0], "not in the pool"),
        ([one, two], [1.0, math.inf], "finite"),
    ]:
        with pytest.raises(InvalidArgument, match=why):
            searcher.tell(archs, values)
    assert searcher.told == []
    with pytest.raises(InvalidArgument, match="pool: empty"):
        RandomSearch([])
    with pytest.raises(InvalidArgument, match="budget=0"):
        search(searcher, quality, 0)
