"""Shards in this process or in several."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import Any

from archenc import processes
from archenc.networks.benchmark.plan import Plan, Shard
from archenc.networks.benchmark.shard import train_shard


def in_processes(
    plan: Plan, shards: Sequence[Shard], jobs: int, end: float | None = None
) -> Iterator[dict[str, Any]]:
    """Train shards in `jobs` processes (one: in this one) and yield results as they come.

    end: time of the monotonic clock after which no shard is begun. Closing the iterator ends the processes.
    """
    if jobs > 1 and len(shards) > 1:
        yield from processes.in_processes(
            train_shard, plan, shards, jobs, kept="every finished shard", end=end
        )
        return
    for shard in shards:
        if end is not None and time.monotonic() > end:
            return
        yield train_shard(plan, shard)
