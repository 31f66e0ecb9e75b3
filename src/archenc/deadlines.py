"""Work that may never end, in processes of its own: what takes too long, or dies, is ended and reported."""

from __future__ import annotations

import math
import multiprocessing
import multiprocessing.connection
import time
from collections import deque
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from multiprocessing.connection import Connection
from typing import Any, Generic, TypeVar, final

from archenc.processes import become_worker, deaf_children

Shared = TypeVar("Shared")
Item = TypeVar("Item")
Result = TypeVar("Result")

_BEGUN = "begun"
"""What a process says when it has imported all that it needs: from then on its items are timed."""
_IMPORTS = 600.0
"""Seconds after which a process that has not begun counts as too late."""


@final
@dataclass(frozen=True, slots=True)
class Outcome(Generic[Item, Result]):
    """What became of an item: a result, or why there is none, and after how many seconds."""

    item: Item
    result: Result | None
    failure: str = ""
    seconds: float = field(default=0.0, compare=False)


def in_time(
    work: Callable[[Shared, Item], Result],
    shared: Shared,
    items: deque[Item],
    seconds: float = math.inf,
    *,
    jobs: int = 1,
    threads: int = 1,
) -> Generator[Outcome[Item, Result]]:
    """Yield the outcome of `work(shared, item)` of every item as they come; none takes longer than `seconds`.

    An item that takes longer, or whose process dies, is a failure; its process is killed, and another goes
    on. work: a function of a module that raises nothing. shared, items: they must pickle; a process gets
    `shared` once, and one item after another. items: emptied; the caller may add more between two outcomes.
    jobs: processes, of so many threads. Closing the iterator kills the processes.
    """
    with closing(Workers(work, shared, seconds, jobs=jobs, threads=threads)) as workers:
        yield from workers.outcomes(items)


@final
class Workers(Generic[Item, Result]):
    """The processes of `in_time`, for those who have more items later: they live until `close`."""

    def __init__(
        self,
        work: Callable[[Shared, Item], Result],
        shared: Shared,
        seconds: float = math.inf,
        *,
        jobs: int = 1,
        threads: int = 1,
    ) -> None:
        self._start = partial(_Worker, work, shared, threads)
        self._seconds, self._jobs = seconds, jobs
        self._idle: list[_Worker] = []

    def outcomes(self, items: deque[Item]) -> Generator[Outcome[Item, Result]]:
        """Yield the outcome of every item as they come. Closing the iterator kills what is at work."""
        busy: dict[Connection, _Worker] = {}
        try:
            while items or busy:
                while items and len(busy) < self._jobs:
                    worker = self._idle.pop() if self._idle else self._start()
                    busy[worker.line] = worker
                    worker.take(items.popleft(), self._seconds)
                yield from _heard(busy, self._idle, self._seconds)
        finally:
            for worker in busy.values():
                worker.kill()

    def close(self) -> None:
        """Kill the processes."""
        while self._idle:
            self._idle.pop().kill()


def _heard(busy: dict[Connection, _Worker], idle: list[_Worker], seconds: float) -> list[Outcome[Any, Any]]:
    """Wait for a word or a deadline; return what that ended."""
    first = min(worker.end for worker in busy.values())
    patience = None if first == math.inf else max(0.0, first - time.monotonic())
    found: list[Outcome[Any, Any]] = []
    for line in multiprocessing.connection.wait(list(busy), patience):
        worker = busy[line]  # pyright: ignore[reportArgumentType] - what comes back are the lines given
        try:
            said = worker.line.recv()
        except (EOFError, OSError):
            del busy[worker.line]
            found.append(worker.outcome(None, worker.died()))
            continue
        if not worker.begun:
            worker.begin(seconds)
            continue
        idle.append(busy.pop(worker.line))
        found.append(worker.outcome(said))
    for worker in [worker for worker in busy.values() if worker.end <= time.monotonic()]:
        del busy[worker.line]
        worker.kill()
        found.append(worker.outcome(None, f"it took longer than {seconds:g} seconds"))
    return found


@final
class _Worker:
    """A process and the line to it. item: what it works on. end: when that is too late."""

    def __init__(self, work: Callable[[Any, Any], Any], shared: Any, threads: int) -> None:
        context = multiprocessing.get_context("spawn")  # forking a process that runs threads can deadlock
        self.line, other = context.Pipe()
        self.item: Any = None
        self.begun, self.since, self.end = False, math.inf, math.inf
        self.process = context.Process(target=_serve, args=(other, work, shared, threads), daemon=True)
        with deaf_children():
            self.process.start()
        other.close()  # or nobody would hear that the process has ended

    def take(self, item: Any, seconds: float) -> None:
        """Begin an item."""
        self.item, self.since = item, time.monotonic()
        self.end = self.since + (seconds if self.begun else _IMPORTS)
        try:
            self.line.send(item)
        except OSError:  # it has just died, which the line says next
            return

    def begin(self, seconds: float) -> None:
        """Start the clock of the item: the process has imported what it needs."""
        self.begun, self.since = True, time.monotonic()
        self.end = self.since + seconds

    def outcome(self, result: Any, failure: str = "") -> Outcome[Any, Any]:
        """Return what became of the item."""
        return Outcome(self.item, result, failure, time.monotonic() - self.since)

    def died(self) -> str:
        """Say how the process ended, after it closed its end of the line."""
        self.process.join(10.0)
        code = self.process.exitcode
        self.kill()
        if code is None or code < 0:
            return "its process was killed, perhaps for lack of memory"
        return f"it ended the process that ran it, with code {code}"

    def kill(self) -> None:
        """End the process, whatever it does."""
        self.process.kill()
        self.process.join()
        self.line.close()


def _serve(line: Connection, work: Callable[[Any, Any], Any], shared: Any, threads: int) -> None:
    become_worker(threads)
    line.send(_BEGUN)
    while True:
        try:
            item = line.recv()
        except EOFError:
            return
        line.send(work(shared, item))
