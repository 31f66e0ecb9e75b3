"""Evaluators: what fails, hangs or is missing costs its evaluation, and says why."""

from __future__ import annotations

import math
import multiprocessing

import numpy as np
import pytest

from archenc.errors import InvalidArgument, UnknownName
from archenc.search import Pool, make, search
from archenc.search.evaluators import FromFunction, FromTable
from archenc.search.running import Here
from archenc.spaces import space
from archenc.store import Journal
from archenc.tables import BenchmarkTable, Metric
from archenc.testing.unchecked import unchecked

NB201 = space("nasbench201")
ARCHS = list({arch.id(): arch for arch in NB201.sample(40, 0)}.values())[:30]


@pytest.fixture(scope="module")
def table() -> BenchmarkTable:
    loss = np.arange(30.0)
    gaps = np.where(loss < 3, np.nan, -loss)
    columns = {"loss": loss, "gaps": gaps, "hours": 10 * loss, "score": loss, "score_seconds": np.ones(30)}
    metrics = [Metric("loss", "x", "loss", direction="min"), Metric("gaps", "x", "gain", direction="max")]
    return BenchmarkTable.from_columns("nasbench201", ARCHS, columns, metrics)


def test_a_table_answers_and_counts_what_it_would_have_cost(table):
    evaluate = FromTable(table, "loss", seconds="hours", scores=["score"])
    assert evaluate(ARCHS[4:6]) == [-4.0, -5.0]
    assert (evaluate.cost.evaluations, evaluate.cost.seconds) == (2, 90.0)
    assert evaluate.cost.score_seconds == 30.0
    assert math.isnan(FromTable(table, "loss", scores=["loss"]).cost.score_seconds)


def test_several_metrics_are_several_objectives(table):
    assert FromTable(table, ["loss", "gaps"])(ARCHS[4:5]) == [(-4.0, -4.0)]


def test_a_gap_in_the_table_is_a_failure(table):
    evaluate = FromTable(table, "gaps")
    history = search(make("evolution", Pool(ARCHS), seed=0), evaluate, 30)
    assert len(history) == 30
    assert np.isnan(history.values).sum() == 3
    outside = next(arch for arch in NB201.enumerate() if arch.id() not in {one.id() for one in ARCHS})
    assert math.isnan(evaluate([outside])[0])
    assert len(evaluate.cost.failures) == 4  # the three gaps say so too
    assert "no value of gaps" in evaluate.cost.failures[0]
    assert "not among the 30 rows" in evaluate.cost.failures[3]


def test_a_metric_must_have_a_direction(table):
    with pytest.raises(InvalidArgument, match="give direction"):
        FromTable(table, "hours")
    assert FromTable(table, "hours", direction="min")(ARCHS[1:2]) == [-10.0]
    with pytest.raises(UnknownName):
        FromTable(table, "lost")
    with pytest.raises(UnknownName):
        FromTable(table, "loss", scores=["scores"])
    with pytest.raises(InvalidArgument, match="direction='up'; legal: max, min"):
        FromTable(table, "loss", direction="up")
    with pytest.raises(InvalidArgument, match="expected one at least"):
        FromTable(table, [])


def troublesome(arch):
    """Fail in each of the ways there are, by the place in the list."""
    place = [one.id() for one in ARCHS].index(arch.id())
    if place % 5 == 1:
        raise ValueError("no such layer")
    if place % 5 == 2:
        return math.inf
    if place % 5 == 3:
        return None
    return float(place)


def test_every_way_to_fail_is_a_failure_with_a_reason():
    evaluate = FromFunction(troublesome)
    history = search(make("local", Pool(ARCHS), initial=3, seed=0), evaluate, 30)
    assert len(history) == evaluate.cost.evaluations == 30
    assert np.isnan(history.values).sum() == len(evaluate.cost.failures) == 18
    assert sum("ValueError: no such layer" in reason for reason in evaluate.cost.failures) == 6
    assert sum("returned inf" in reason for reason in evaluate.cost.failures) == 6
    assert sum("returned None; expected a finite number" in reason for reason in evaluate.cost.failures) == 6
    assert evaluate.why(ARCHS[1]) == "ValueError: no such layer"
    assert evaluate.why(ARCHS[0]) == ""


@pytest.mark.parametrize(
    ("given", "value"),
    [
        (np.array([1.0, 2.0]), (1.0, 2.0)),
        ([1, np.float32(2)], (1.0, 2.0)),
        (np.float64(3), None),
        ("12", None),
        ([[1.0], [2.0]], None),
        ([1.0, math.nan], None),
    ],
)
def test_arrays_are_numbers_and_texts_are_none(given, value):
    evaluate = FromFunction(lambda arch: given, objectives=2)
    found = evaluate(ARCHS[:1])
    assert found == [value] if value else "returned" in evaluate.cost.failures[0]


def test_an_architecture_that_is_asked_for_twice_at_once_is_paid_once():
    calls = []
    evaluate = FromFunction(lambda arch: calls.append(arch) or float(len(calls)))
    assert evaluate([ARCHS[0], ARCHS[1], ARCHS[0]]) == [1.0, 2.0, 1.0]
    assert evaluate.cost.evaluations == 2


@pytest.fixture
def troubles(importable):
    """A module with a function that hangs for one architecture, and dies for another."""
    hangs, dies = (NB201.format(arch) for arch in ARCHS[:2])
    return importable(
        "troubles",
        "import os, time\n"
        "from archenc.spaces import space\n"
        "def worse(arch):\n"
        "    spelled = space('nasbench201').format(arch)\n"
        f"    if spelled == {hangs!r}: time.sleep(600)\n"
        f"    if spelled == {dies!r}: os._exit(3)\n"
        "    return float(os.getpid())\n",
    )


@pytest.mark.parametrize("jobs", [1, 2])
def test_what_hangs_or_dies_is_stopped_and_the_others_go_on(troubles, jobs):
    before = set(multiprocessing.active_children())
    evaluate = FromFunction(troubles.worse, timeout=2.0, jobs=jobs)
    values = evaluate(ARCHS[:5])
    assert [math.isnan(value) for value in values] == [True, True, False, False, False]
    assert len(set(values[2:])) <= jobs  # a process serves many calls
    assert {reason.partition(": ")[2] for reason in evaluate.cost.failures} == {
        "it took longer than 2 seconds",
        "it ended the process that ran it, with code 3",
    }
    if jobs == 1:
        assert evaluate(ARCHS[5:7]) == [values[-1]] * 2  # and lives on
    evaluate.runner.close()
    assert set(multiprocessing.active_children()) <= before


def test_what_was_finished_is_kept_and_nothing_is_paid_twice(tmp_path):
    calls = []

    def breaks(arch):
        calls.append(arch)
        if len(calls) == 4:
            raise KeyboardInterrupt
        return troublesome(arch)

    place = tmp_path / "kept.jsonl"
    first = FromFunction(breaks, keep=place, key="troublesome")
    with pytest.raises(KeyboardInterrupt):
        first(ARCHS[:6])
    again = FromFunction(troublesome, keep=place, key="troublesome")
    assert str(again(ARCHS[:6])) == str(FromFunction(troublesome)(ARCHS[:6]))
    assert again.cost.evaluations == 3
    assert FromFunction(troublesome, keep=place, key="another").__call__(ARCHS[:1]) == [0.0]
    assert len(Journal(place)) == 7


def test_a_function_may_have_several_objectives():
    evaluate = FromFunction(lambda arch: (1.0, 2.0), objectives=2)
    assert evaluate(ARCHS[:1]) == [(1.0, 2.0)]
    lacking = FromFunction(lambda arch: 1.0, objectives=2)
    assert str(lacking(ARCHS[:1])) == "[(nan, nan)]"
    assert "expected 2 objectives" in lacking.cost.failures[0]


def test_a_batch_is_filled_where_a_round_is_smaller():
    sizes = []

    def counted(archs):
        sizes.append(len(archs))
        return [float(len(arch.id())) + hash(arch.id()) % 7 for arch in archs]

    search(make("gaussian_process", Pool(ARCHS), initial=4, seed=0), counted, 14, batch=4)
    assert sizes == [4, 4, 4, 2]
    sizes.clear()
    search(make("gaussian_process", Pool(ARCHS), initial=4, seed=0), counted, 6)
    assert sizes == [1] * 6


@unchecked()
def test_what_is_no_function_is_refused():
    for timeout in (0, math.nan, "5", True):
        with pytest.raises(InvalidArgument, match=f"timeout={timeout!r}: expected seconds"):
            FromFunction(troublesome, timeout=timeout)
    with pytest.raises(InvalidArgument, match="jobs=0"):
        FromFunction(troublesome, jobs=0)
    with pytest.raises(InvalidArgument, match="runner: has jobs"):
        FromFunction(troublesome, jobs=2, runner=Here())
    with pytest.raises(InvalidArgument, match="it cannot travel to a process"):
        FromFunction(lambda arch: 1.0, jobs=2)(ARCHS[:1])
