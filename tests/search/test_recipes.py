"""Algorithms that lean on scores, on another table, on BoTorch."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from archenc.encoders import Adjacency, ZeroCost
from archenc.errors import InvalidArgument, MissingExtra
from archenc.predictors import FLAN
from archenc.search import Pool, WholeSpace, make, search
from archenc.search.surrogates.base import Lesson
from archenc.search.surrogates.features import Features
from archenc.search.surrogates.process import Process
from archenc.search.surrogates.scored import ScorePrior
from archenc.search.transferred import Source
from archenc.spaces import space
from archenc.tables import BenchmarkTable, Metric
from archenc.testing.unchecked import unchecked

NB201 = space("nasbench201")
ARCHS = list({arch.id(): arch for arch in NB201.sample(90, 0)}.values())[:60]
VALUES = np.array([float(NB201.code(arch).count(3)) for arch in ARCHS]) + 0.01 * np.arange(60)
POOL = Pool(ARCHS, identity="key")
NAMES = ("synflow",)
SCORES = {NB201.format(arch): [float(value)] for arch, value in zip(ARCHS, VALUES, strict=True)}


def quality(archs):
    return [float(VALUES[POOL.number(arch)]) for arch in archs]


def test_scores_that_know_lead_from_the_second_evaluation():
    scores = ZeroCost(SCORES, NAMES)
    history = search(make("score_prior", POOL, encoder=scores, weight=2.0, initial=3, seed=0), quality, 8)
    assert history.best is not None
    assert history.best[1] == VALUES.max()
    misled = ZeroCost({name: [-value[0]] for name, value in SCORES.items()}, NAMES)
    other = search(make("score_prior", POOL, encoder=misled, weight=2.0, initial=3, seed=0), quality, 60)
    assert len(other) == 60  # wrong scores cost evaluations, and are overruled
    assert other.best is not None
    assert other.best[1] == VALUES.max()


def test_a_weight_of_nothing_is_the_surrogate_itself():
    features = Features(Adjacency())
    lesson = Lesson(np.arange(20), VALUES[:20], 0)
    plain = Process(features, target="raw").fit_together(POOL, [lesson])[0](np.arange(60))
    scored = ScorePrior(Process(features, target="raw"), ZeroCost(SCORES, NAMES), weight=0.0)
    same = scored.fit_together(POOL, [lesson])[0](np.arange(60))
    assert np.allclose(plain.mean, same.mean)
    assert np.allclose(plain.deviation(), same.deviation())


@pytest.fixture(scope="module")
def source() -> BenchmarkTable:
    metrics = [Metric("gain", "x", "gain", direction="max")]
    return BenchmarkTable.from_columns("nasbench201", ARCHS, {"gain": VALUES}, metrics)


def test_rounds_with_a_source_begin_with_what_it_ranks_first(source, tmp_path):
    source.save(tmp_path / "t.parquet")
    small = FLAN(epochs=40, seed=0)
    begun = make(
        "flan_transfer", POOL, source=str(tmp_path / "t.parquet"), metric="gain", predictor=small, labels=40,
        sizes=(4, 4, 6), epochs=1, seed=0,
    )  # fmt: skip
    first = quality(begun.ask(4))
    assert np.mean(first) > VALUES.mean()
    begun.tell(begun.pending, first)
    history = search(begun, quality, 14)
    assert len({arch.id() for arch in history.archs}) == len(history) == 14


@pytest.mark.slow
def test_botorch_searches_and_repeats():
    pytest.importorskip("botorch", reason="needs the extra botorch")
    first, again = (search(make("botorch_process", POOL, initial=5, seed=1), quality, 9) for _ in range(2))
    assert [a.id() for a in first.archs] == [a.id() for a in again.archs]
    drawn = search(make("random", POOL, seed=1), quality, 9)
    assert np.mean(first.values[5:]) > np.mean(drawn.values)


def test_without_botorch_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "botorch.models", None)
    searcher = make("botorch_process", POOL, initial=2, seed=1)
    with pytest.raises(MissingExtra, match=r"archenc\[botorch\]"):
        search(searcher, quality, 5)


@unchecked()
def test_what_is_lacking_is_refused(source):
    with pytest.raises(InvalidArgument, match="needs the encoder of the scores"):
        make("score_prior", POOL)
    with pytest.raises(InvalidArgument, match="weight=nan"):
        make("score_prior", POOL, encoder=ZeroCost(SCORES, NAMES), weight=float("nan"))
    with pytest.raises(InvalidArgument, match="source, metric: needed"):
        make("flan_transfer", POOL, source="digits201")
    with pytest.raises(InvalidArgument, match="labels=600: the source has 60 values"):
        Source.of_table(source, "gain", FLAN(), 600, 0)
    with pytest.raises(InvalidArgument, match="the domain must be listed"):
        make("flan_transfer", WholeSpace("nasbench301"), source=Source(None))
