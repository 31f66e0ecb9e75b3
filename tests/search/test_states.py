"""States and values of searchers: what is plain, what is refused whole, what counts as a failure."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from archenc.errors import DataError, InvalidArgument
from archenc.search import Pool, make, search
from archenc.search.surrogates import ensemble
from archenc.spaces import space
from archenc.testing.unchecked import unchecked

NB201 = space("nasbench201")
POOL = Pool(NB201.sample(80, 0))
VALUES = {POOL.arch(number).id(): (7 * number) % len(POOL) for number in range(len(POOL))}


def quality(archs):
    return [float(VALUES[arch.id()]) for arch in archs]


def ids(archs):
    return [arch.id() for arch in archs]


@pytest.mark.parametrize("kind", ["MT19937", "Philox", "SFC64", "PCG64DXSM"])
def test_a_state_is_plain_whatever_generator_draws(kind):
    first, later = (
        make("evolution", POOL, seed=np.random.Generator(getattr(np.random, kind)(seed))) for seed in (1, 2)
    )
    search(first, quality, 13)
    later.load_state_dict(json.loads(json.dumps(first.state_dict())))
    one, other = (search(searcher, quality, 30) for searcher in (first, later))
    assert ids(one.archs) == ids(other.archs)


@pytest.mark.parametrize("name", ["evolution", "local", "gaussian_process"])
@pytest.mark.parametrize("lost", ["own", "random", "design", "entries"])
def test_a_damaged_state_leaves_the_searcher_as_it_was(name, lost):
    searcher, other = make(name, POOL, seed=4), make(name, POOL, seed=5)
    search(searcher, quality, 12)
    search(other, quality, 20)
    kept, state = searcher.state_dict(), other.state_dict()
    state[lost] = "gone"
    with pytest.raises(DataError, match="damaged"):
        searcher.load_state_dict(state)
    assert searcher.state_dict() == kept


@unchecked()
def test_a_state_that_is_none_is_refused():
    wrong: object = [1, 2]
    with pytest.raises(DataError, match=r"state: \[1, 2\]; expected what `state_dict` returned"):
        make("random", POOL).load_state_dict(wrong)  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize("name", ["random", "evolution", "local", "gaussian_process"])
def test_nan_alone_is_a_failure_of_all_objectives(name):
    def some(archs):
        return [math.nan if value % 3 == 0 else (value, -value) for value in quality(archs)]

    history = search(make(name, POOL, objectives=2, seed=0), some, 30)
    assert len(history) == 30
    failed = [value for value in history.values if math.isnan(value[0])]
    assert len(failed) > 2
    assert all(len(value) == 2 for value in history.values)


def test_several_objectives_have_a_front_and_no_best():
    points = [(1.0, 5.0), (2.0, 4.0), (1.5, 3.0), (math.nan, 9.0), (2.0, 4.0)]
    given = iter(points)
    history = search(make("random", POOL, objectives=2), lambda archs: [next(given) for _ in archs], 5)
    assert [value for _, value in history.front] == [(1.0, 5.0), (2.0, 4.0), (2.0, 4.0)]
    assert history.front[1][0] == history.archs[1]
    with pytest.raises(InvalidArgument, match="best: this history has 2 objectives; take `front`"):
        history.best  # noqa: B018
    with pytest.raises(InvalidArgument, match="best_so_far: this history has 2 objectives"):
        history.best_so_far  # noqa: B018
    one = search(make("random", POOL), quality, 9)
    assert one.front == [one.best]


ALGORITHMS = {
    "random": {"charge_duplicates": True},
    "evolution": {},
    "local": {"move": "steepest", "stuck": "continue"},
    "bananas": {"preset": "cole"},
    "weaknas": {"width": 4},
    "dngo": {"epochs": 1},
    "cate_local": {"epochs": 1, "patience": 1, "initial": 6},
    "gaussian_process": {"candidates": "mutations"},
    "recommended": {},
    "predictor_guided": {"predictor": "ridge", "encoder": "adjacency", "size": 4},
    "flan_rounds": {"predictor": "ridge", "encoder": "adjacency"},
}


@pytest.mark.parametrize("objectives", [1, 2])
@pytest.mark.parametrize("name", ALGORITHMS)
def test_a_state_in_the_middle_of_a_round_goes_on_exactly(name, objectives, monkeypatch):
    """Values come late, out of order and not at all; every second time the state goes through JSON."""
    for recipe in ("naszilla", "cole"):
        monkeypatch.setitem(ensemble.RECIPES, recipe, {"hidden": (4,), "epochs": 1})

    def answers(archs):
        several = objectives > 1
        return [math.nan if v % 7 == 0 else (v, -abs(v - 30)) if several else v for v in quality(archs)]

    def history(again):
        begun = {"objectives": objectives, **ALGORITHMS[name]}
        searcher, rng = make(name, POOL, seed=3, **begun), np.random.default_rng(1)
        for step in range(24):
            searcher.ask(3)
            held = searcher.pending
            some = rng.permutation(len(held))[: max(1, len(held) // 2)].tolist()
            searcher.tell([held[i] for i in some], answers([held[i] for i in some]))
            if again and step % 2:
                state = json.loads(json.dumps(searcher.state_dict()))
                searcher = make(name, POOL, seed=99, **begun)
                searcher.load_state_dict(state)
        return [(arch.id(), str(value)) for arch, value in searcher.told]

    found = history(again=True)
    assert len(found) > 20
    assert found == history(again=False)
