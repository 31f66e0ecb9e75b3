"""The same trials in several processes."""

from __future__ import annotations

import os
from collections.abc import Generator, Sequence

from archenc.evaluation.trials import Cell, Outcome, Plan, run
from archenc.processes import in_processes


def run_in_processes(plan: Plan, groups: Sequence[tuple[Cell, ...]], jobs: int) -> Generator[Outcome]:
    """Run groups of cells in `jobs` fresh processes and yield outcomes as they come."""
    threads = max(1, (os.cpu_count() or 1) // jobs)
    for outcomes in in_processes(_run, plan, groups, jobs, kept="every finished trial", threads=threads):
        yield from outcomes


def _run(plan: Plan, cells: tuple[Cell, ...]) -> list[Outcome]:
    return list(run(plan, cells))
