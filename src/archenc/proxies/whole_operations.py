"""Saliencies of the operations of many architectures; a killed run goes on where it was."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from archenc.graph import Architecture
from archenc.proxies.inputs import Inputs
from archenc.proxies.operation_table import OPERATIONS, OperationScores
from archenc.proxies.scoring import SALIENCIES
from archenc.proxies.space_run import run
from archenc.spaces import SearchSpace


def score_operations(
    space_name: str | SearchSpace,
    archs: Iterable[Architecture | str],
    task: str | None,
    inputs: Inputs,
    names: Sequence[str] = SALIENCIES,
    *,
    out: str | Path,
    seed: int = 0,
    jobs: int = 1,
    device: str | None = None,
    progress: bool = False,
    skeleton: Mapping[str, Any] | None = None,
) -> OperationScores:
    """Score every operation of architectures of a space; `out` keeps the result as operations.parquet.

    Each architecture is built and goes through one pass (`op_scores`), also one isomorphic to another: what a
    saliency is hangs on the initial weights and on the order of the operations. Architectures are told apart
    by their spelling. names: proxies that are sums over layers. All others: as in `score_space`, and as there
    a run that was killed ends with the same bytes. seconds.json says how many processor
    seconds each architecture took.
    Raises InvalidArgument if `out` holds a run of another recipe.
    """
    done = run(
        space_name,
        archs,
        task,
        inputs,
        names,
        out=out,
        seed=seed,
        jobs=jobs,
        device=device,
        progress=progress,
        skeleton=skeleton,
        operations=True,
    )
    counts = [len(record["values"]) for record in done.records]
    values = np.full((len(counts), max(counts), len(names)), np.nan)
    for row, record in enumerate(done.records):
        values[row, : counts[row]] = record["values"]
    found = OperationScores.of([row.arch for row in done.rows], values, names)
    found = replace(found, recipe=done.recipe)
    found.save(done.folder / OPERATIONS)
    return found
