"""Ray: evaluations as tasks, and a searcher for Ray Tune. Against a stand-in, and Ray itself where it is."""

from __future__ import annotations

import json
import math
import sys
from importlib import import_module
from types import ModuleType, SimpleNamespace

import pytest

from archenc.errors import InvalidArgument, MissingExtra
from archenc.search import Pool, make
from archenc.search.evaluators import FromFunction
from archenc.search.ray_cluster import OnRay
from archenc.spaces import space
from archenc.testing.unchecked import unchecked

NB201 = space("nasbench201")
ARCHS = list({arch.id(): arch for arch in NB201.sample(12, 0)}.values())[:8]


def value(arch):
    place = [one.id() for one in ARCHS].index(arch.id())
    if place == 2:
        raise ValueError("no such layer")
    return float(place)


class Task:
    """A task of the stand-in: done when it is asked for, unless it hangs."""

    def __init__(self, function):
        self.function = function

    def remote(self, *arguments):
        return (self.function, arguments)


@pytest.fixture
def ray(monkeypatch):
    """A stand-in that finishes tasks in reverse; the task of architecture 5 hangs, that of 6 dies."""
    started, cancelled = [], []

    def wait(waiting, num_returns, timeout):
        done = [one for one in waiting if not hangs(one)][-num_returns:]
        return done, [one for one in waiting if one not in done]

    def hangs(one):
        return one[1][1].id() == ARCHS[5].id()

    def get(one):
        if one[1][1].id() == ARCHS[6].id():
            raise RuntimeError("the worker died\nand a long story")
        return one[0](*one[1])

    stand_in = SimpleNamespace(
        is_initialized=lambda: bool(started),
        init=lambda address: started.append(address),
        put=lambda thing: thing,
        remote=lambda **options: Task,
        cluster_resources=lambda: {"CPU": 3.0},
        wait=wait,
        get=get,
        cancel=lambda one, force: cancelled.append((one, force)),
    )
    monkeypatch.setitem(sys.modules, "ray", stand_in)
    return SimpleNamespace(started=started, cancelled=cancelled)


def test_tasks_give_what_processes_give_and_every_failure_costs_itself(ray):
    evaluate = FromFunction(value, runner=OnRay("auto", timeout=0.2))
    values = evaluate(ARCHS)
    assert [v for v in values if not math.isnan(v)] == [0.0, 1.0, 3.0, 4.0, 7.0]
    assert [math.isnan(values[place]) for place in (2, 5, 6)] == [True] * 3
    reasons = {reason.partition(": ")[2] for reason in evaluate.cost.failures}
    assert reasons == {
        "ValueError: no such layer",
        "it took longer than 0.2 seconds",
        "RuntimeError: the worker died",
    }
    assert ray.started == ["auto"]
    assert [force for _, force in ray.cancelled] == [True]


@pytest.mark.slow
def test_ray_itself_evaluates_the_same():
    """With the extra `ray`: two tasks on a cluster that Ray starts here."""
    itself = pytest.importorskip("ray", reason="needs the extra ray")
    itself.init(num_cpus=2, include_dashboard=False)
    try:
        found = FromFunction(len_of_key, runner=OnRay(timeout=300))(ARCHS[:3])
    finally:
        itself.shutdown()
    assert found == [len_of_key(arch) for arch in ARCHS[:3]]


def len_of_key(arch):
    return float(len(arch.id()))


def test_without_ray_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(MissingExtra, match=r"archenc\[ray\]"):
        FromFunction(value, runner=OnRay())(ARCHS[:1])


@unchecked()
def test_options_that_cannot_be_are_refused():
    with pytest.raises(InvalidArgument, match="jobs=0"):
        OnRay(jobs=0)
    with pytest.raises(InvalidArgument, match="timeout=0"):
        OnRay(timeout=0)


@pytest.fixture
def tune(monkeypatch):
    """Our searcher for Ray Tune, over a stand-in of the class that it derives from."""

    class Searcher:
        FINISHED = "FINISHED"

        def __init__(self, metric, mode):
            self.metric, self.mode = metric, mode

    module = ModuleType("ray.tune.search")
    module.Searcher = Searcher  # type: ignore[attr-defined]
    for name in ("ray", "ray.tune"):
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
    monkeypatch.setitem(sys.modules, "ray.tune.search", module)
    monkeypatch.delitem(sys.modules, "archenc.search.ray_tune", raising=False)
    yield import_module("archenc.search.ray_tune")
    sys.modules.pop("archenc.search.ray_tune", None)


def test_ray_tune_gets_architectures_and_says_what_they_are_worth(tune, tmp_path):
    searcher = make("evolution", Pool(ARCHS), initial=3, seed=0)
    for_tune = tune.TuneSearcher(searcher, "loss", "min")
    configs = {name: for_tune.suggest(name) for name in "abcd"}
    archs = {name: NB201.parse(config["architecture"]) for name, config in configs.items()}
    for_tune.on_trial_complete("a", {"loss": 2.0})
    for_tune.on_trial_complete("b", error=True)
    for_tune.on_trial_complete("c", {"accuracy": 1.0})
    for_tune.on_trial_complete("unknown", {"loss": 1.0})
    told = {arch.id(): worth for arch, worth in searcher.told}
    assert told[archs["a"].id()] == -2.0
    assert math.isnan(told[archs["b"].id()])
    assert math.isnan(told[archs["c"].id()])
    for_tune.save(str(tmp_path / "state.json"))
    json.loads((tmp_path / "state.json").read_text())
    later = tune.TuneSearcher(make("evolution", Pool(ARCHS), initial=3, seed=9), "loss", "min")
    later.restore(str(tmp_path / "state.json"))
    assert later.searcher.evaluations == 4
    assert later.searcher.pending == []


def test_ray_tune_is_told_where_the_domain_ends(tune):
    for_tune = tune.TuneSearcher(make("random", Pool(ARCHS[:2])), "accuracy")
    assert all(for_tune.suggest(name)["architecture"] for name in "ab")
    assert for_tune.suggest("c") is None
    for name in "ab":
        for_tune.on_trial_complete(name, {"accuracy": 1.0})
    assert for_tune.suggest("c") == "FINISHED"
    with pytest.raises(InvalidArgument, match="mode='up'; legal: max, min"):
        tune.TuneSearcher(make("random", Pool(ARCHS)), "accuracy", "up")
    with pytest.raises(InvalidArgument, match="2 objectives"):
        tune.TuneSearcher(make("random", Pool(ARCHS), objectives=2), "accuracy")
