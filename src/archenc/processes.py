"""Work in several processes: an interrupt or an error ends them all, and none outlives its parent."""

from __future__ import annotations

import multiprocessing
import multiprocessing.connection
import os
import signal
import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import resource_tracker
from typing import Any, TypeVar

from threadpoolctl import threadpool_limits

from archenc.errors import ArchencError

Shared = TypeVar("Shared")
Item = TypeVar("Item")
Result = TypeVar("Result")

_SHARED: list[Any] = []


def in_processes(
    work: Callable[[Shared, Item], Result],
    shared: Shared,
    items: Sequence[Item],
    jobs: int,
    *,
    kept: str,
    threads: int = 1,
    end: float | None = None,
) -> Generator[Result]:
    """Yield `work(shared, item)` of every item as they come, from at most `jobs` fresh processes.

    work: a function of a module. shared: travels once a process; it and the items must pickle. threads: of a
    process. end: time of the monotonic clock after which no item is begun. kept: what of the work is not lost
    when a process dies ("every finished trial"). Closing the iterator ends the processes.
    Raises ArchencError if one dies, and what `work` raises.
    """
    before = set(multiprocessing.active_children())
    context = multiprocessing.get_context("spawn")  # forking a process that runs threads can deadlock
    jobs = min(jobs, len(items))
    executor = ProcessPoolExecutor(
        max(1, jobs), mp_context=context, initializer=_begin, initargs=(shared, threads)
    )
    left = iter(items)
    waiting: set[Future[Result]] = set()

    def hand_in() -> None:
        while len(waiting) < jobs and not _late(end):
            for item in left:
                waiting.add(executor.submit(_work, work, item))
                break
            else:
                return

    finished = False
    try:
        with deaf_children():  # every process starts with the first items
            hand_in()
        while waiting:
            done, rest = wait(waiting, return_when=FIRST_COMPLETED)
            waiting.intersection_update(rest)
            hand_in()
            for future in done:
                yield future.result()
        finished = True
    except BrokenProcessPool as error:
        raise ArchencError(
            f"a worker process died, perhaps for lack of memory with jobs={jobs}; {kept} is kept: run again, "
            f"with fewer jobs"
        ) from error
    finally:
        executor.shutdown(wait=finished, cancel_futures=True)
        if not finished:
            for child in set(multiprocessing.active_children()) - before:
                child.terminate()


def _late(end: float | None) -> bool:
    return end is not None and time.monotonic() > end


@contextmanager
def deaf_children() -> Iterator[None]:
    """Start processes that no interrupt reaches: a terminal sends it to them too, while they still import.

    They inherit the blocked signal. Here it counts when the block ends, a second or two later: in the middle
    of a start it would leave a process behind that nobody knows.
    """
    if not hasattr(signal, "pthread_sigmask") or threading.current_thread() is not threading.main_thread():
        yield
        return
    resource_tracker.ensure_running()  # its own start would unblock the signal again
    caught: list[int] = []
    handler = signal.signal(signal.SIGINT, lambda number, _: caught.append(number))
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        signal.signal(signal.SIGINT, handler)
        if caught:
            signal.raise_signal(signal.SIGINT)


def become_worker(threads: int) -> None:
    """Leave interrupts to the parent, end when it ends, and compute with so many threads."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # where it was not blocked: the parent decides what it means
    threading.Thread(target=_end_with_parent, daemon=True).start()
    threadpool_limits(threads)


def _begin(shared: Any, threads: int) -> None:
    become_worker(threads)
    _SHARED[:] = [shared]


def _end_with_parent() -> None:
    """A killed parent cannot say that it is gone, and its processes would wait for work for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        multiprocessing.connection.wait([parent.sentinel])
        os._exit(1)


def _work(work: Callable[[Any, Item], Result], item: Item) -> Result:
    return work(_SHARED[0], item)
