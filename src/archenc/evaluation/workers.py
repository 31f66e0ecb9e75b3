"""The same trials in several processes; an interrupt or an error ends them all."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Generator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool

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


def _begin(plan: Plan, threads: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides what an interrupt means
    threadpool_limits(threads)
    _PLAN[:] = [plan]


def _run(cells: tuple[Cell, ...]) -> list[Outcome]:
    return list(run(_PLAN[0], cells))
