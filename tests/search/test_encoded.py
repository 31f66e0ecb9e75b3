"""Subroutines in an encoding: what is drawn, what a small change is, and that a search takes either."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from sklearn.base import BaseEstimator
from sklearn.decomposition import PCA
from sklearn.pipeline import make_pipeline

from archenc.encoders import Adjacency
from archenc.encoders import Path as PathEncoder
from archenc.errors import InvalidArgument, UnknownName
from archenc.search import LocalSearch, Pool, WholeSpace, make, search
from archenc.search.encoded import ChangedInCode, DrawnBySpace, DrawnInCode
from archenc.search.strategies import as_perturb, as_sample
from archenc.search.studies import subroutines
from archenc.spaces import space
from archenc.testing.unchecked import unchecked

TNB = WholeSpace("transnasbench101", identity="key")
NB301 = WholeSpace("nasbench301")


class Line(BaseEstimator):
    """A code of one number: the position of an architecture in a list."""

    def __init__(self, places: dict[str, float]) -> None:
        self.places = places

    def fit(self, X, y=None):
        return self

    def transform(self, X):
        return np.array([[self.places[arch.id()]] for arch in X])


@pytest.fixture(scope="module")
def line() -> tuple[Pool, Line]:
    archs = list({arch.id(): arch for arch in space("nasbench201").sample(30, 0)}.values())[:21]
    return Pool(archs), Line({arch.id(): 1.5 * place for place, arch in enumerate(archs)})


def test_every_code_is_as_likely_and_every_architecture_of_a_code():
    archs = TNB.archs(range(len(TNB)))
    codes = PathEncoder(truncate=4).fit(archs).transform(archs)
    _, group, sizes = np.unique(codes, axis=0, return_inverse=True, return_counts=True)
    draw, rng = DrawnInCode(PathEncoder(truncate=4)), np.random.default_rng(0)
    drawn = np.array([draw(TNB, rng) for _ in range(8000)])
    counts = np.bincount(group[drawn], minlength=len(sizes))
    expected = len(drawn) / len(sizes)
    chi = ((counts - expected) ** 2 / expected).sum()
    assert chi < len(sizes) + 5 * (2 * len(sizes)) ** 0.5
    largest = drawn[group[drawn] == sizes.argmax()]
    assert len(set(largest)) > 0.5 * min(len(largest), sizes.max())


def test_codes_of_real_numbers_are_drawn_around_their_mean(line):
    pool, encoder = line
    draw, rng = DrawnInCode(encoder), np.random.default_rng(0)
    drawn = np.array([draw(pool, rng) for _ in range(3000)])
    counts = np.bincount(drawn, minlength=21)
    assert 8 < drawn.mean() < 12
    assert counts[8:13].mean() > 1.5 * counts[1:4].mean()


def test_a_change_in_one_hot_codes_is_one_change():
    near = ChangedInCode(Adjacency(), 18)
    for number in (0, 77, 4095):
        assert set(near.neighbours(TNB, number)) == set(TNB.neighbours(number))
    assert near(TNB, 5, np.random.default_rng(0)) in TNB.neighbours(5)


def test_a_change_leads_to_another_code_and_the_nearest():
    archs = TNB.archs(range(len(TNB)))
    codes = PathEncoder().fit(archs).transform(archs)
    near = ChangedInCode(PathEncoder(), 10)
    for number in (3, 1000):
        apart = ((codes - codes[number]) ** 2).sum(axis=1)
        found = near.neighbours(TNB, number)
        assert len(found) >= 10
        assert apart[found].min() > 0
        rest = np.setdiff1d(np.flatnonzero(apart > 0), found)
        assert apart[rest].min() > apart[found].max()


def test_local_search_in_an_encoding_looks_at_what_is_near(line):
    pool, encoder = line
    searcher = LocalSearch(
        pool, initial=pool.archs([10]), perturb=ChangedInCode(encoder, nearest=2), move="steepest", seed=0
    )
    history = search(searcher, lambda archs: [-encoder.places[arch.id()] for arch in archs], 12)
    seen = [encoder.places[arch.id()] / 1.5 for arch in history.archs]
    best = np.minimum.accumulate(seen)
    assert all(before - after <= 1 for before, after in pairwise(best))
    assert min(seen) <= 5


@pytest.mark.parametrize("method", subroutines(["path", "graph_features"]), ids=str)
def test_a_search_takes_an_encoding_in_each_subroutine(method):
    def flops(archs):
        return [float(sum(edge.op.parametrised for edge in arch.cells[0].edges)) for arch in archs]

    first, again = (search(method.begin()(TNB, seed=1), flops, 20) for _ in range(2))
    assert [a.id() for a in first.archs] == [a.id() for a in again.archs]
    assert len({TNB.number(arch) for arch in first.archs}) == 20


def test_a_sample_that_never_leaves_a_corner_still_exhausts_the_domain(line):
    pool, _ = line
    searcher = make("random", pool, sample=lambda domain, rng: int(rng.integers(3)), seed=0)
    assert len(search(searcher, lambda archs: [0.0] * len(archs), 100)) == len(pool)


def test_the_space_draws_in_its_own_ways():
    cells = space("nasbench101").sample(300, 0, by="spec", replace=True)
    pool = Pool(cells, identity="key")
    draw, rng = DrawnBySpace(by="spec"), np.random.default_rng(0)
    far = Pool(space("nasbench101").sample(3, 5), identity="key")
    with pytest.raises(InvalidArgument, match="1000 draws of nasbench101 outside the domain"):
        draw(far, rng)
    assert as_sample("spec") is as_sample("spec")
    assert pool.holds(cells[5])
    assert not far.holds(cells[5])


@unchecked()
def test_what_is_no_encoding_is_refused():
    with pytest.raises(UnknownName, match="no 'paths'"):
        make("random", TNB, sample="paths")
    with pytest.raises(InvalidArgument, match="name one"):
        as_perturb("path+adjacency", None)
    with pytest.raises(InvalidArgument, match="sample=3"):
        as_sample(3)
    with pytest.raises(InvalidArgument, match="perturb=3"):
        as_perturb(3, None)
    with pytest.raises(InvalidArgument, match="needs a listed domain"):
        make("random", NB301, sample="path").ask(2)
    with pytest.raises(InvalidArgument, match="no other code"):
        ChangedInCode(Line(dict.fromkeys((a.id() for a in TNB.archs(range(4096))), 1.0)))(
            TNB, 0, np.random.default_rng(0)
        )
    assert as_perturb(make_pipeline(Adjacency(), PCA(2)), None).nearest == 24
