"""A benchmark of one's own: train architectures, keep every shard, write a table."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from archenc.errors import DataError, InvalidArgument
from archenc.networks.benchmark.extending import shards_from
from archenc.networks.benchmark.plan import Plan, Shard
from archenc.networks.benchmark.table import table_of
from archenc.networks.benchmark.workers import in_processes
from archenc.store import Journal, write_json
from archenc.tables import BenchmarkTable

Progress = Callable[[int, int], None]
"""Called with the trainings done and those planned."""

Mapper = Callable[[Plan, Sequence[Shard]], Iterable[dict[str, Any]]]
"""Trains shards somewhere and yields what `train_shard` returns, in any order."""


def build_benchmark(
    plan: Plan,
    out: str | Path,
    *,
    jobs: int = 1,
    minutes: float | None = None,
    progress: Progress | None = None,
    mapper: Mapper | None = None,
    reuse: str | Path | None = None,
) -> BenchmarkTable:
    """Do the trainings of a plan and return them as a table, `out/table.parquet`.

    out: folder; one with shards of the same plan is continued. Killed at any moment, the build ends with the
    same bytes as without. It holds plan.json, shards.jsonl (what was measured), seconds.jsonl (wall-clock
    times, different on every run) and table.parquet. jobs: processes, a thread each. minutes: begin no shard
    after so long; what is missing is missing in the table. mapper: trains shards elsewhere, such as
    `on_cluster`. reuse: folder of the same build with fewer seeds or repeated rows, whose shards are taken
    over.
    Raises InvalidArgument, DataError: `out` belongs to another plan, or is damaged; `reuse` does not fit.
    """
    if jobs < 1:
        raise InvalidArgument(f"jobs={jobs}: expected at least 1")
    out = Path(out)
    known = [] if reuse is None else list(shards_from(plan, reuse))
    _claim(plan, out)
    journal, times = Journal(out / "shards.jsonl"), Journal(out / "seconds.jsonl")
    done = {record["shard"] for record in journal}
    known = [record for record in known if record["shard"] not in done]
    journal.extend(known)
    done |= {record["shard"] for record in known}
    open_shards = [shard for shard in plan.shards if shard.number not in done]
    size = [len(shard.rows) for shard in plan.shards]
    finished = sum(size[number] for number in done)
    end = None if minutes is None else time.monotonic() + 60 * minutes
    train_them = mapper or (lambda plan, shards: in_processes(plan, shards, jobs, end))
    if progress:
        progress(finished, sum(size))
    for result in train_them(plan, open_shards):
        seconds = result.pop("seconds")
        times.append({"shard": result["shard"], "seconds_a_cell": round(seconds, 4)})
        journal.append(result)
        finished += size[result["shard"]]
        if progress:
            progress(finished, sum(size))
    table = table_of(plan, journal.records())
    table.save(out / "table.parquet")
    return table


def _claim(plan: Plan, out: Path) -> None:
    """Write what the folder is for, or see that it is for this plan."""
    path = out / "plan.json"
    if not path.exists():
        write_json(path, {"key": plan.key, **plan.description})
        return
    try:
        known = json.loads(path.read_text())["key"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(f"{path}: damaged ({error}); remove the folder to start again") from error
    if known != plan.key:
        raise DataError(
            f"{out}: holds shards of another plan (see {path.name} there); continue that one with its own "
            f"options, or give another folder"
        )
