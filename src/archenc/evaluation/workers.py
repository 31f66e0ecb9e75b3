"""The same trials in several processes; an interrupt or an error ends them all."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import resource_tracker

from threadpoolctl import threadpool_limits

from archenc.errors import ArchencError
from archenc.evaluation.trials import Cell, Outcome, Plan, run

_PLAN: list[Plan] = []


def run_in_processes(plan: Plan, groups: Sequence[tuple[Cell, ...]], jobs: int) -> Generator[Outcome]:
    """Run groups of cells in `jobs` fresh processes and yield outcomes as they come.

    The plan travels once a process and must pickle. Closing the iterator ends the processes: nothing goes on
    working after an interrupt.
    """
    before = set(multiprocessing.active_children())
    context = multiprocessing.get_context("spawn")  # forking a process that runs threads can deadlock
    threads = max(1, (os.cpu_count() or 1) // jobs)
    executor = ProcessPoolExecutor(jobs, mp_context=context, initializer=_begin, initargs=(plan, threads))
    finished = False
    try:
        with _deaf_children():  # every process starts while the groups are handed in
            waiting: set[Future[list[Outcome]]] = {executor.submit(_run, cells) for cells in groups}
        while waiting:
            done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
            for future in done:
                yield from future.result()
        finished = True
    except BrokenProcessPool as error:
        raise ArchencError(
            f"a worker process died, perhaps for lack of memory with jobs={jobs}; every finished trial is "
            f"kept: run again, with fewer jobs"
        ) from error
    finally:
        executor.shutdown(wait=finished, cancel_futures=True)
        if not finished:
            for child in set(multiprocessing.active_children()) - before:
                child.terminate()


@contextmanager
def _deaf_children() -> Iterator[None]:
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


def _begin(plan: Plan, threads: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # where it was not blocked: the parent decides what it means
    threadpool_limits(threads)
    _PLAN[:] = [plan]


def _run(cells: tuple[Cell, ...]) -> list[Outcome]:
    return list(run(_PLAN[0], cells))
