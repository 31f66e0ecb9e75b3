"""Shards in several processes; when the parent dies, however, they do too."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from typing import Any

from archenc.errors import ArchencError
from archenc.networks.benchmark.plan import Plan, Shard
from archenc.networks.benchmark.shard import train_shard

_PLAN: list[Plan] = []


def in_processes(
    plan: Plan, shards: Sequence[Shard], jobs: int, end: float | None = None
) -> Iterator[dict[str, Any]]:
    """Train shards in `jobs` processes (one: in this one) and yield results as they come.

    end: time of the monotonic clock after which no shard is begun. Closing the iterator ends the processes.
    """
    if jobs == 1 or len(shards) < 2:
        for shard in shards:
            if _late(end):
                return
            yield train_shard(plan, shard)
        return
    context = multiprocessing.get_context("spawn")  # forking a process that runs threads can deadlock
    executor = ProcessPoolExecutor(
        min(jobs, len(shards)), mp_context=context, initializer=_begin, initargs=(plan, os.getpid())
    )
    left = iter(shards)
    waiting: set[Future[dict[str, Any]]] = set()
    finished = False
    try:
        while True:
            while len(waiting) < jobs and not _late(end) and (shard := next(left, None)) is not None:
                waiting.add(executor.submit(_train, shard))
            if not waiting:
                break
            done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
            for future in done:
                yield future.result()
        finished = True
    except BrokenProcessPool as error:
        raise ArchencError(
            f"a worker process died, perhaps for lack of memory with jobs={jobs}; every finished shard is "
            f"kept: run again, with fewer jobs"
        ) from error
    finally:
        processes = list((executor._processes or {}).values())
        executor.shutdown(wait=finished, cancel_futures=True)
        if not finished:
            for process in processes:
                process.terminate()


def _late(end: float | None) -> bool:
    return end is not None and time.monotonic() > end


def _begin(plan: Plan, parent: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides what an interrupt means
    _PLAN[:] = [plan]
    threading.Thread(target=_watch, args=(parent,), daemon=True).start()


def _watch(parent: int) -> None:
    """Leave when the parent is gone: a killed one cannot say so."""
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)


def _train(shard: Shard) -> dict[str, Any]:
    return train_shard(_PLAN[0], shard)
