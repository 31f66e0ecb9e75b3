"""Asking again before everything is told: what is under way is neither asked for twice nor forgotten."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from archenc.encoders import Adjacency
from archenc.errors import InvalidArgument
from archenc.search import ModelGuided, Pool, WholeSpace, make, search
from archenc.search.algorithms.model_guided import Liar
from archenc.search.surrogates.base import Lesson
from archenc.search.surrogates.ensemble import Ensemble
from archenc.search.surrogates.features import Features
from archenc.search.surrogates.process import process
from archenc.spaces import space
from archenc.testing.unchecked import unchecked

MEMBER: Any = space("nasbench201")
NB201 = WholeSpace(MEMBER, identity="key")
WEIGHTS = np.random.default_rng(5).permutation(30).reshape(6, 5).astype(float)


def hill(archs):
    return [float(WEIGHTS[np.arange(6), list(MEMBER.code(arch))].sum()) for arch in archs]


def guided(liar: Liar | None = "mean", seed=0):
    return ModelGuided(NB201, process(Adjacency()), liar=liar, seed=seed, initial=12)


def asked_at_once(searcher, n):
    searcher.tell(archs := searcher.ask(12), hill(archs))
    return [searcher.ask(1)[0] for _ in range(n)]


def apart(archs):
    codes = np.array([list(MEMBER.code(arch)) for arch in archs])
    return (codes[:, None] != codes).sum(axis=2).mean()


@pytest.mark.parametrize("liar", ["mean", "worst"])
def test_what_is_asked_for_in_parallel_differs_more_than_the_best_of_one_model(liar):
    seeds = range(4)
    lied = [asked_at_once(guided(liar, seed), 8) for seed in seeds]
    alike = [asked_at_once(guided(None, seed), 8) for seed in seeds]
    assert all(len(set(archs)) == 8 for archs in lied)
    assert [archs[0] for archs in lied] == [archs[0] for archs in alike]  # nothing is under way yet
    assert np.mean([apart(archs) for archs in lied]) > np.mean([apart(archs) for archs in alike]) + 0.3


def test_without_anything_under_way_nothing_is_made_up():
    assert search(guided("mean"), hill, 25).archs == search(guided(None), hill, 25).archs


def test_a_lie_is_forgotten_when_the_value_is_told():
    late, sequential = guided(), guided()
    for searcher in (late, sequential):
        searcher.tell(archs := searcher.ask(12), hill(archs))
    under_way = late.ask(1) + late.ask(1)
    late.tell(under_way, hill(under_way))
    sequential.tell(under_way, hill(under_way))
    assert {number for number, _ in late._entries} == {number for number, _ in sequential._entries}
    lessons = [searcher.lesson() for searcher in (late, sequential)]
    assert lessons[0] is not None
    assert lessons[1] is not None
    np.testing.assert_array_equal(lessons[0].values, lessons[1].values)


def test_what_is_to_be_improved_on_is_in_the_unit_of_what_was_learned():
    """Lies bring the values of a lesson together: the best is then further from their middle."""
    surrogate = Ensemble(Features(Adjacency()), members=2, recipe={"hidden": (4,), "epochs": 1})
    numbers, values = np.arange(20), np.array(hill(NB201.archs(range(20))))
    lied = np.concatenate([values, np.full(10, values.mean())])
    model = surrogate.fit_together(NB201, [Lesson(np.arange(30), lied, 0)])[0]
    assert model.best(numbers, values) == pytest.approx((values.max() - lied.mean()) / lied.std())


def test_the_state_keeps_what_is_under_way():
    first, second = guided(), guided()
    asked_at_once(first, 3)
    second.load_state_dict(first.state_dict())
    assert second.ask(1) == first.ask(1)


@pytest.mark.parametrize("name", ["recommended", "bananas", "evolution", "local", "dngo", "weaknas:width=8"])
def test_batches_spend_the_budget_once_on_different_architectures(name):
    pool = Pool(MEMBER.sample(60, 3), identity="key")
    history = search(make(name, pool, seed=0), hill, 30, batch=7)
    assert len({pool.number(arch) for arch in history.archs}) == 30


@unchecked()
def test_the_legal_lies_are_named():
    wrong: Any = "median"
    with pytest.raises(InvalidArgument, match="mean, worst, best"):
        guided(wrong)
