"""Work with a deadline: what is late or dies is reported, the rest goes on, nothing is left."""

import multiprocessing
import operator
from collections import deque
from collections.abc import Callable
from types import ModuleType

import pytest

from archenc.deadlines import Outcome, in_time

WORK = """
import os, time

def moody(shared, item):
    if item == "late":
        time.sleep(1000)
    if item == "dead":
        os._exit(7)
    if item == "killed":
        os.kill(os.getpid(), 9)
    if item == "wrong":
        raise ValueError("against the contract")
    return shared + item
"""


@pytest.fixture
def work(importable: Callable[[str, str], ModuleType]) -> ModuleType:
    return importable("moody_work", WORK)


def test_what_is_late_or_dies_is_reported_and_the_rest_goes_on(work: ModuleType):
    items = deque(["a", "late", "b", "dead", "killed", "wrong", "c"])
    found = list(in_time(work.moody, "x", items, 1.0))
    assert found == [
        Outcome("a", "xa"),
        Outcome("late", None, "it took longer than 1 seconds"),
        Outcome("b", "xb"),
        Outcome("dead", None, "it ended the process that ran it, with code 7"),
        Outcome("killed", None, "its process was killed, perhaps for lack of memory"),
        Outcome("wrong", None, "it ended the process that ran it, with code 1"),
        Outcome("c", "xc"),
    ]
    assert not items
    assert not multiprocessing.active_children()


def test_more_can_be_handed_in_and_several_processes_share():
    items = deque(range(3))
    found = []
    for outcome in in_time(operator.mul, 3, items, jobs=2):
        found.append(outcome.result)
        if outcome.item < 3:
            items.append(outcome.item + 10)
    assert sorted(found) == [0, 3, 6, 30, 33, 36]
    assert list(in_time(operator.mul, 3, deque())) == []


def test_closing_kills(work: ModuleType):
    outcomes = in_time(work.moody, "x", deque(["a", "late"]), jobs=2)
    assert next(outcomes).result == "xa"
    outcomes.close()
    assert not multiprocessing.active_children()
