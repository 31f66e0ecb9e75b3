"""Work in processes: everything is done once, errors and a stop end the processes, nothing is begun late."""

import multiprocessing
import operator
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from archenc.errors import ArchencError
from archenc.processes import in_processes

WORK = """
import os, time
from pathlib import Path

def fails(shared, item):
    raise ValueError(f"{item} is not wanted")

def dies(shared, item):
    os._exit(3)

def leaves_a_trace(folder, item):
    (Path(folder) / str(item)).touch()
    time.sleep(0.05)
    return item
"""


@pytest.fixture
def work(importable: Callable[[str, str], ModuleType]) -> ModuleType:
    return importable("work_of_a_test", WORK)


@pytest.fixture
def traces(tmp_path: Path) -> Path:
    folder = tmp_path / "traces"
    folder.mkdir()
    return folder


def test_every_item_is_worked_on_once_in_processes_of_their_own():
    found = list(in_processes(operator.mul, 3, range(7), 2, kept="all"))
    assert sorted(found) == [0, 3, 6, 9, 12, 15, 18]
    assert list(in_processes(operator.mul, 3, [], 2, kept="all")) == []


def test_an_error_in_the_work_is_raised_and_leaves_no_process(work: ModuleType):
    before = set(multiprocessing.active_children())
    with pytest.raises(ValueError, match="is not wanted"):
        list(in_processes(work.fails, None, [1, 2], 2, kept="all"))
    _end(before)


def test_a_dead_process_says_what_is_kept(work: ModuleType):
    with pytest.raises(ArchencError, match=r"jobs=2; every score is kept"):
        list(in_processes(work.dies, None, [1, 2, 3], 2, kept="every score"))


def test_closing_ends_the_processes(work: ModuleType, traces: Path):
    before = set(multiprocessing.active_children())
    results = in_processes(work.leaves_a_trace, str(traces), range(1000), 2, kept="all")
    next(results)
    results.close()
    _end(before)
    assert len(list(traces.iterdir())) < 1000


def test_nothing_is_begun_after_the_end(work: ModuleType, traces: Path):
    assert list(in_processes(operator.mul, 3, range(5), 2, kept="all", end=time.monotonic() - 1)) == []
    results = list(
        in_processes(work.leaves_a_trace, str(traces), range(10_000), 2, kept="all", end=time.monotonic() + 6)
    )
    assert sorted(int(path.name) for path in traces.iterdir()) == sorted(results)
    assert len(results) < 10_000


def _end(before: set) -> None:
    limit = time.monotonic() + 20
    while set(multiprocessing.active_children()) - before:
        assert time.monotonic() < limit, "a process is left"
        time.sleep(0.05)
