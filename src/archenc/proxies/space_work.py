"""The scoring of architectures by one process or several, one thread each."""

from __future__ import annotations

import multiprocessing
import multiprocessing.connection
import os
import signal
import threading
from collections.abc import Generator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch

from archenc.errors import ArchencError, InvalidArgument
from archenc.graph import Architecture
from archenc.networks import build
from archenc.networks.threads import single_thread
from archenc.proxies.inputs import Inputs
from archenc.proxies.scoring import score
from archenc.proxies.seeding import weight_seed
from archenc.spaces import space

Record = dict[str, Any]
_PLAN: list[Plan] = []


@dataclass(frozen=True, slots=True)
class Plan:
    """What is the same for every architecture of a run; it travels once a process."""

    space: str
    task: str
    inputs: Inputs
    names: tuple[str, ...]
    seed: int
    device: str | None
    skeleton: Mapping[str, Any]


class Row(NamedTuple):
    """One architecture, the text by which a table finds it, and its native spelling."""

    key: str
    spelling: str
    arch: Architecture


def compute(plan: Plan, rows: Sequence[Row], jobs: int) -> Generator[Record]:
    """Yield the record of each architecture, in their order with one job, else as they come.

    Closing the iterator ends the processes. Raises ArchencError if one dies.
    """
    if jobs < 1:
        raise InvalidArgument(f"jobs={jobs}: expected an integer >= 1")
    if jobs == 1 or len(rows) < 2:
        with single_thread():
            yield from (score_one(plan, row.key, row.arch) for row in rows)
        return
    context = multiprocessing.get_context("spawn")  # forking a process that runs threads can deadlock
    executor = ProcessPoolExecutor(
        min(jobs, len(rows)), mp_context=context, initializer=_begin, initargs=(plan,)
    )
    finished = False
    try:
        waiting = {executor.submit(_work, row.key, row.spelling) for row in rows}
        while waiting:
            done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
            for future in done:
                yield future.result()
        finished = True
    except BrokenProcessPool as error:
        raise ArchencError(
            f"a worker process died, perhaps for lack of memory with jobs={jobs}; every score that was "
            "finished is kept: run again, with fewer jobs"
        ) from error
    finally:
        executor.shutdown(wait=finished, cancel_futures=True)


def score_one(plan: Plan, key: str, arch: Architecture) -> Record:
    """Return the record of one architecture: plain values; its weights follow from seed and key."""
    seed = weight_seed(plan.seed, key)
    network = build(arch, plan.task, seed=seed, **plan.skeleton)
    found = score(network, plan.inputs, plan.names, seed=seed, device=plan.device)
    return {
        "key": key,
        "scores": {name: value if name not in found.reasons else None for name, value in found.items()},
        "reasons": found.reasons,
        "seconds": found.seconds,
    }


def _begin(plan: Plan) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides what an interrupt means
    threading.Thread(target=_end_with_parent, daemon=True).start()
    torch.set_num_threads(1)
    _PLAN[:] = [plan]


def _end_with_parent() -> None:
    """A worker of a killed run would wait for work for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        multiprocessing.connection.wait([parent.sentinel])
        os._exit(1)


def _work(key: str, spelling: str) -> Record:
    plan = _PLAN[0]
    return score_one(plan, key, space(plan.space).parse(spelling))
