"""The scoring of architectures, or of their operations, by one process or several, one thread each."""

from __future__ import annotations

import time
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from archenc.errors import InvalidArgument
from archenc.graph import Architecture
from archenc.networks import build
from archenc.networks.threads import single_thread
from archenc.processes import in_processes
from archenc.proxies.inputs import Inputs
from archenc.proxies.scoring import op_scores, score
from archenc.proxies.seeding import weight_seed
from archenc.spaces import space

Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Plan:
    """What is the same for every architecture of a run; it travels once a process.

    operations: whether operations are scored, rather than networks.
    """

    space: str
    task: str
    inputs: Inputs
    names: tuple[str, ...]
    seed: int
    device: str | None
    skeleton: Mapping[str, Any]
    operations: bool = False


class Row(NamedTuple):
    """One architecture, the text by which a run finds it, and its native spelling."""

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
    yield from in_processes(
        _work, plan, [(row.key, row.spelling) for row in rows], jobs, kept="every score that was finished"
    )


def score_one(plan: Plan, key: str, arch: Architecture) -> Record:
    """Return the record of one architecture: plain values; its weights follow from seed and key."""
    seed = weight_seed(plan.seed, key)
    start = time.process_time()
    network = build(arch, plan.task, seed=seed, **plan.skeleton)
    if plan.operations:
        values = op_scores(network, plan.inputs, plan.names, seed=seed, device=plan.device)
        return {"key": key, "values": values.tolist(), "seconds": time.process_time() - start}
    found = score(network, plan.inputs, plan.names, seed=seed, device=plan.device)
    return {
        "key": key,
        "scores": {name: value if name not in found.reasons else None for name, value in found.items()},
        "reasons": found.reasons,
        "seconds": found.seconds,
    }


def _work(plan: Plan, row: tuple[str, str]) -> Record:
    key, spelling = row
    with single_thread():
        return score_one(plan, key, space(plan.space).parse(spelling))
