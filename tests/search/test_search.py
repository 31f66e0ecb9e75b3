"""Searchers: exact budgets, states that go on exactly, failures that cost one evaluation."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from sklearn.base import BaseEstimator

from archenc.errors import DataError, InvalidArgument, UnknownName
from archenc.search import Pool, RandomSearch, WholeSpace, ask_together, make, search, searchers, start
from archenc.spaces import space
from archenc.testing.unchecked import unchecked

NB201 = space("nasbench201")
POOL = NB201.sample(120, 0)
QUALITY = {arch.id(): float(row) for row, arch in enumerate({a.id(): a for a in POOL}.values())}
DISTINCT = len(QUALITY)
DOMAIN = Pool(POOL)
SHORT = {"hidden": (8,), "epochs": 3}


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


OPTIONS = {
    "predictor_guided": {"predictor": "ridge", "encoder": "adjacency", "size": 4},
    "flan_rounds": {"predictor": "ridge", "encoder": "adjacency"},
    "bananas": {"members": 2},
    "weaknas": {"top": 20},
}
QUICK = ["random", "evolution", "local", "predictor_guided", "flan_rounds", "gaussian_process", "recommended"]
NETWORKS = ["bananas", "bananas:preset=cole", "weaknas", "dngo", "cate_local", "greedy:epochs=2"]
ELSEWHERE = ["botorch_process", "flan_transfer", "score_prior"]  # test_recipes


def begin(name, domain=DOMAIN, seed=0, **more):
    return make(name, domain, seed=seed, **{**OPTIONS.get(name.partition(":")[0], {}), **more})


@pytest.fixture(autouse=True)
def short_training(monkeypatch):
    """Networks learn next to nothing here: how a search behaves does not depend on it."""
    from archenc.search.recipes import networks
    from archenc.search.surrogates import ensemble

    for recipe in ("naszilla", "cole"):
        monkeypatch.setitem(ensemble.RECIPES, recipe, SHORT)
    monkeypatch.setattr(networks, "_WEAK", SHORT)


def test_every_registered_algorithm_is_tested():
    assert sorted({name.partition(":")[0] for name in QUICK + NETWORKS + ELSEWHERE}) == searchers()


@pytest.mark.parametrize("name", QUICK + NETWORKS)
@pytest.mark.parametrize("budget", [1, 7, 10, 16, 60])
def test_exactly_so_many_are_evaluated(name, budget):
    searcher = begin(name)
    history = search(searcher, quality, budget)
    assert len(history) == budget
    if not searcher.charge_duplicates:
        assert len({arch.id() for arch in history.archs}) == budget


@pytest.mark.parametrize("name", QUICK)
@pytest.mark.parametrize("batch", [1, 8])
def test_a_budget_beyond_the_domain_ends_with_the_domain(name, batch):
    small = Pool(POOL[:25])
    history = search(begin(name, small), quality, 10_000, batch=batch)
    assert len({arch.id() for arch in history.archs}) == len(history) == len(small)


@pytest.mark.parametrize("name", QUICK + NETWORKS)
@pytest.mark.parametrize("stop", [3, 17, 26])
def test_a_saved_state_goes_on_exactly(name, stop):
    first = begin(name, seed=3)
    search(first, quality, stop, batch=1)
    first.ask(1)  # what is under way belongs to the state
    state = json.loads(json.dumps(first.state_dict()))
    later = begin(name, seed=99)
    later.load_state_dict(state)
    assert [a.id() for a in later.pending] == [a.id() for a in first.pending]
    for searcher in (first, later):
        searcher.tell(searcher.pending, quality(searcher.pending))
    one, other = (search(s, quality, 40, batch=1) for s in (first, later))
    assert [a.id() for a in one.archs] == [a.id() for a in other.archs]
    assert len(one) == 40


@pytest.mark.parametrize("name", QUICK + NETWORKS)
def test_one_seed_one_history_and_another_another(name):
    histories = [
        [arch.id() for arch in search(begin(name, seed=seed), quality, 20).archs] for seed in (1, 1, 2)
    ]
    assert histories[0] == histories[1] != histories[2]


def test_algorithms_of_one_seed_begin_with_the_same_architectures():
    designs = [
        begin(name, seed=5).ask(4) for name in ("evolution", "local", "bananas", "dngo", "flan_rounds")
    ]
    assert all(design == designs[0] for design in designs)
    assert begin("evolution", seed=6).ask(4) != designs[0]


@pytest.mark.parametrize("name", ["evolution", "local", "gaussian_process"])
def test_a_space_that_is_not_listed_is_searched_too(name):
    nb301 = WholeSpace("nasbench301")
    assert not nb301.listed
    searcher = make(name, nb301, seed=0, initial=4)

    def shallow(archs):
        return [float(sum(edge.source for cell in arch.cells for edge in cell.edges)) for arch in archs]

    search(searcher, shallow, 7)
    state = json.loads(json.dumps(searcher.state_dict()))
    later = make(name, WholeSpace("nasbench301"), seed=1)
    later.load_state_dict(state)
    one, other = (search(s, shallow, 11) for s in (searcher, later))
    assert [a.id() for a in one.archs] == [a.id() for a in other.archs]


def test_seeds_that_learn_together_find_what_they_find_alone():
    begin_one = start("gaussian_process")
    alone = [[a.id() for a in search(begin_one(DOMAIN, seed=s), quality, 20).archs] for s in range(3)]
    together = [begin_one(DOMAIN, seed=s) for s in range(3)]
    while len(together[0].told) < 20:
        for searcher, archs in zip(together, ask_together(together, 1), strict=True):
            searcher.tell(archs, quality(archs))
    assert [[a.id() for a, _ in s.told] for s in together] == alone


def test_networks_that_learn_together_learn_what_they_learn_alone():
    from archenc.encoders import Adjacency
    from archenc.search.surrogates.base import Lesson
    from archenc.search.surrogates.ensemble import Ensemble
    from archenc.search.surrogates.features import Features

    surrogate = Ensemble(Features(Adjacency()), members=2, recipe={"hidden": (8, 8), "epochs": 5})
    values = np.arange(12.0)
    lessons = [
        Lesson(np.arange(12), values, 0),
        Lesson(np.arange(20, 32), values[::-1].copy(), 1),
        Lesson(np.arange(11), values[:11], 2),
    ]
    everything = np.arange(len(DOMAIN))
    for one, lesson in zip(surrogate.fit_together(DOMAIN, lessons), lessons, strict=True):
        alone = surrogate.fit_together(DOMAIN, [lesson])[0](everything).mean
        assert np.allclose(one(everything).mean, alone, atol=1e-4)


def test_a_state_of_something_else_is_refused():
    state = RandomSearch(POOL[:10]).state_dict()
    with pytest.raises(DataError, match="domain is '10 architectures"):
        RandomSearch(POOL).load_state_dict(state)
    with pytest.raises(DataError, match="algorithm is 'RandomSearch'"):
        begin("evolution", POOL[:10]).load_state_dict(state)
    with pytest.raises(DataError, match="damaged"):
        RandomSearch(POOL[:10]).load_state_dict(state | {"entries": [["x", 1.0]]})


def test_random_search_draws_uniformly():
    """The mean of the best of n draws from 0 ... N-1 without repeats is n (N + 1) / (n + 1) - 1."""
    n, runs = 9, 200
    best = [search(RandomSearch(DOMAIN, seed=seed), quality, n).best_so_far[-1] for seed in range(runs)]
    expected = n * (DISTINCT + 1) / (n + 1) - 1
    assert abs(np.mean(best) - expected) < 4 * np.std(best) / math.sqrt(runs)


def test_a_predictor_that_knows_finds_the_best_in_its_first_round():
    oracle = make("predictor_guided", DOMAIN, predictor=Oracle(), initial=8, explore=0.0, seed=1)
    history = search(oracle, quality, 16)
    assert history.best is not None
    assert history.best[1] == DISTINCT - 1


def test_a_batch_explores_with_its_share_and_no_more():
    searcher = make("predictor_guided", DOMAIN, predictor=Oracle(), initial=8, explore=0.25, seed=1)
    search(searcher, quality, 8)
    free = sorted(set(QUALITY.values()) - {value for _, value in searcher.told}, reverse=True)
    asked = quality(searcher.ask(8))
    assert asked[:6] == free[:6]
    assert set(asked[6:]) <= set(free[6 : len(free) // 2])


@pytest.mark.parametrize("name", QUICK + NETWORKS)
def test_failures_cost_their_evaluation_and_nothing_else(name):
    def sometimes(archs):
        return [math.nan if QUALITY[arch.id()] % 2 else QUALITY[arch.id()] for arch in archs]

    history = search(begin(name), sometimes, 40)
    assert len(history) == 40
    assert history.best is not None
    assert history.best[1] % 2 == 0
    assert np.isnan(history.values).any()
    nothing = search(begin(name), lambda archs: [math.nan] * len(archs), 30)
    assert len(nothing) == 30
    assert nothing.best is None


@pytest.mark.parametrize("name", QUICK)
def test_asking_before_telling_never_repeats(name):
    searcher = begin(name, seed=0)
    asked = [arch for _ in range(6) for arch in searcher.ask(3)]
    assert len({arch.id() for arch in asked}) == len(asked) > 3
    assert [a.id() for a in searcher.pending] == [a.id() for a in asked]


def test_charging_duplicates_changes_how_long_a_history_is_and_no_value():
    charged = begin("evolution", Pool(POOL[:12]), charge_duplicates=True)
    history = search(charged, quality, 60)
    assert len(history) == 60 > len({arch.id() for arch in history.archs})
    assert history.values == quality(history.archs)
    assert len(search(begin("evolution", Pool(POOL[:12])), quality, 60)) == 12


def test_several_objectives_are_searched_for_their_front():
    def both(archs):
        return [(value, -((value - 30) ** 2)) for value in quality(archs)]

    searcher = begin("evolution", objectives=2)
    history = search(searcher, both, 60)
    assert len(history) == 60
    assert all(len(value) == 2 for value in history.values)
    with pytest.raises(InvalidArgument, match="expected 2 objectives"):
        searcher.tell(POOL[:1], [1.0])


def test_isomorphic_duplicates_are_one_or_not():
    both = [
        NB201.parse("|none~0|+|none~0|none~1|+|skip_connect~0|none~1|none~2|"),
        NB201.parse("|none~0|+|none~0|skip_connect~1|+|skip_connect~0|none~1|none~2|"),
    ]
    assert len(RandomSearch([*both, *POOL[:3]]).ask(10)) == 4
    assert len(RandomSearch(Pool([*both, *POOL[:3]], identity="key")).ask(10)) == 5


def test_bad_values_are_refused_and_nothing_is_taken_in():
    searcher = RandomSearch(POOL[:10])
    one, two = searcher.ask(2)
    outside = next(arch for arch in POOL[10:] if arch.id() not in {a.id() for a in POOL[:10]})
    for archs, values, why in [
        ([one], [1.0, 2.0], "1 archs and 2 values"),
        ([one, outside], [1.0, 2.0], "not in the domain"),
        ([one, two], [1.0, math.inf], "finite"),
    ]:
        with pytest.raises(InvalidArgument, match=why):
            searcher.tell(archs, values)
    assert searcher.told == []
    with pytest.raises(InvalidArgument, match="pool: empty"):
        RandomSearch([])
    with pytest.raises(InvalidArgument, match="budget=0"):
        search(searcher, quality, 0)


@unchecked()
def test_bad_names_and_options_are_refused():
    with pytest.raises(UnknownName, match="did you mean bananas"):
        make("banana", POOL)
    with pytest.raises(InvalidArgument, match="'local' has no population; it has initial, move"):
        make("local:population=3", POOL)
    for name, why in [
        ("local:move=up", "move='up'; legal: first, steepest"),
        ("bananas:preset=big", "preset='big'; legal: naszilla, cole"),
        ("bananas:candidates=all", "candidates='all'; legal"),
        ("evolution:population=0", "population=0"),
        ("gaussian_process:target=log", "target='log'; legal"),
    ]:
        with pytest.raises(InvalidArgument, match=why):
            make(name, POOL)
    with pytest.raises(UnknownName, match="acquisition: no 'best'"):
        make("gaussian_process", POOL, acquisition="best")
    with pytest.raises(InvalidArgument, match="no deviation; use 'mean'"):
        search(make("predictor_guided", DOMAIN, predictor=Oracle(), acquisition="ucb"), quality, 30)
