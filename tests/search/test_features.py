"""Codes of a domain: made once for all searches that share an encoding, and gone with the domain."""

from __future__ import annotations

import gc
import weakref

import numpy as np
import pytest

from archenc.encoders import Adjacency
from archenc.search.domain import Domain
from archenc.search.pool import Pool
from archenc.search.simulation import Method
from archenc.search.strategies import as_features
from archenc.search.study import Task, run_study
from archenc.search.surrogates import features
from archenc.search.surrogates.features import Features
from archenc.search.whole_space import WholeSpace
from archenc.spaces import space
from archenc.tables import BenchmarkTable, Metric

NB201 = space("nasbench201")


def test_rows_come_in_the_order_asked_for_known_before_or_not():
    domain = WholeSpace("nasbench301")
    rng = np.random.default_rng(0)
    numbers = np.array(list(dict.fromkeys(domain.sample(rng) for _ in range(30))))
    at_once = Features(Adjacency()).of(domain, numbers)
    one = Features(Adjacency())
    one.of(domain, numbers[[3, 7]])
    met = np.array([domain.sample(rng) for _ in range(1100)])  # beyond those that the scales are fitted on
    some = np.array([*numbers[[9, 3]], met[-1], numbers[0], met[-1]])
    np.testing.assert_array_equal(one.of(domain, some)[[0, 1, 3]], at_once[[9, 3, 0]])
    np.testing.assert_array_equal(one.of(domain, some)[2], Features(Adjacency()).of(domain, met)[-1])


def test_a_domain_goes_although_its_features_stay():
    kept = as_features("adjacency", "")
    domain = Pool(NB201.sample(20, 0))
    kept.of(domain, np.arange(len(domain)))
    watched = weakref.ref(domain)
    del domain
    gc.collect()
    assert watched() is None
    assert as_features(None, "adjacency") is kept


def test_a_study_encodes_a_table_once_for_all_methods_and_seeds(monkeypatch: pytest.MonkeyPatch):
    archs = list({NB201.format(arch): arch for arch in NB201.sample(60, 1)}.values())
    values = np.arange(len(archs), dtype=float)
    table = BenchmarkTable.from_columns(
        "nasbench201", archs, {"gain": values}, [Metric("gain", "x", "gain", direction="max")]
    )
    made: list[Domain] = []
    original = features._Codes.__init__

    def counted(self: features._Codes, domain: Domain, encoders: tuple) -> None:
        made.append(domain)
        original(self, domain, encoders)

    monkeypatch.setattr(features._Codes, "__init__", counted)
    methods = [Method("gaussian_process", "path"), Method("gaussian_process:acquisition=ucb", "path")]
    found = run_study(Task(table, "gain"), methods, budget=13, seeds=2, together=1)
    assert made == [found.problem.domain]
