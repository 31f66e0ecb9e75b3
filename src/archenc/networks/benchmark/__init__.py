"""A benchmark of one's own: a plan of trainings, done shard by shard, and the table they give."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archenc.lazy import lazy

if TYPE_CHECKING:
    from archenc.networks.benchmark.building import build_benchmark as build_benchmark
    from archenc.networks.benchmark.cluster import on_cluster as on_cluster
    from archenc.networks.benchmark.plan import Plan as Plan
    from archenc.networks.benchmark.plan import Shard as Shard
    from archenc.networks.benchmark.selection import distinct as distinct
    from archenc.networks.benchmark.selection import sample as sample
    from archenc.networks.benchmark.shard import train_shard as train_shard
    from archenc.networks.benchmark.table import table_of as table_of

_HOMES = {
    "Plan": "plan",
    "Shard": "plan",
    "build_benchmark": "building",
    "distinct": "selection",
    "on_cluster": "cluster",
    "sample": "selection",
    "table_of": "table",
    "train_shard": "shard",
}

__all__ = [
    "Plan",
    "Shard",
    "build_benchmark",
    "distinct",
    "on_cluster",
    "sample",
    "table_of",
    "train_shard",
]

__getattr__, __dir__ = lazy(__name__, _HOMES)
