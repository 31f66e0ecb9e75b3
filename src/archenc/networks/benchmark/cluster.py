"""The same shards on a Ray cluster, through the same function."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from archenc.errors import require
from archenc.networks.benchmark.plan import Plan, Shard
from archenc.networks.benchmark.shard import train_shard


def on_cluster(plan: Plan, shards: Sequence[Shard], address: str | None = None) -> Iterator[dict[str, Any]]:
    """Train shards as Ray tasks of one CPU each and yield results as they come.

    address: of a running cluster, "auto" for the one this machine is part of; None starts Ray here. The
    machines need archenc with its extra torch. The same kind of processor gives the same bytes as processes
    on one machine. For `build_benchmark(..., mapper=...)`. Raises MissingExtra.
    """
    ray: Any = require("ray", "ray")
    if not ray.is_initialized():
        ray.init(address=address)
    shared = ray.put(plan)  # the images travel once a machine
    task = ray.remote(num_cpus=1)(train_shard)
    waiting: Iterable[Any] = [task.remote(shared, shard) for shard in shards]
    while waiting:
        done, waiting = ray.wait(list(waiting), num_returns=1)
        yield from ray.get(done)
