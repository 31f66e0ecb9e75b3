"""Scores of many architectures of a space, as a table; a killed run goes on where it was."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from archenc.graph import Architecture
from archenc.proxies.base import Proxy, chosen
from archenc.proxies.inputs import Inputs
from archenc.proxies.space_run import Run, run
from archenc.spaces import SearchSpace
from archenc.suite_zero import PROXIES
from archenc.tables import BenchmarkTable, Metric
from archenc.tables.content import InMemory
from archenc.tables.header import Header
from archenc.tables.importing import Listing

SCORES = "scores.parquet"


def score_space(
    space_name: str | SearchSpace,
    archs: Iterable[Architecture | str],
    task: str | None,
    inputs: Inputs,
    names: Sequence[str] = PROXIES,
    *,
    out: str | Path,
    seed: int = 0,
    jobs: int = 1,
    device: str | None = None,
    progress: bool = False,
    skeleton: Mapping[str, Any] | None = None,
    dataset: str | None = None,
) -> BenchmarkTable:
    """Score architectures of a space and return the table, which `out` keeps as scores.parquet.

    archs: architectures, or any spelling; those of one key (`space.key`) get one row, that of the first.
    task, skeleton: of `networks.build`. names: registered proxies. seed: the weights of an architecture
    follow from it and from its key, so its scores do not depend on what else is scored. jobs: processes, one
    thread each. device: "cuda", say; the scores are those of the machine they are computed on.
    dataset: what the networks are meant for, where it is not the task; the columns are then
    `{dataset}_zc{batch}_{proxy}`, else `{task}_{name of the inputs}{batch}_{proxy}`. What is undefined is
    NaN, and `table.missing` counts the reasons. How the scores came about is `table.provenance`.
    A run that was killed goes on from the journal in `out` and ends with the same bytes in scores.parquet;
    times, which differ, are in seconds.json.
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
        dataset=dataset,
    )
    table = _table(done, inputs, chosen(names))
    table.save(done.folder / SCORES)
    return table


def _table(done: Run, inputs: Inputs, members: Sequence[Proxy]) -> BenchmarkTable:
    recipe, records = done.recipe, done.records
    metrics, columns, missing = {}, {}, {}
    dataset = recipe.get("dataset", recipe["task"])
    kind = "zc" if "dataset" in recipe else inputs.name
    for proxy in members:
        own = f"{dataset}_{kind}{len(inputs.x)}_{proxy.name}"
        values = [record["scores"][proxy.name] for record in records]
        columns[own] = np.array([math.nan if value is None else value for value in values], dtype=np.float64)
        reasons = Counter(
            record["reasons"][proxy.name] for record in records if proxy.name in record["reasons"]
        )
        if reasons:
            missing[own] = dict(sorted(reasons.items()))
        metrics[own] = Metric(
            own,
            dataset=dataset,
            quantity=proxy.name,
            unit=proxy.unit,
            direction=proxy.direction,
            runs="one initialisation",
            source="computed by archenc",
            note=f"{proxy.formula} ({proxy.paper}); batch of {len(inputs.x)} {inputs.name}",
        )
    spellings, keys = [row.spelling for row in done.rows], [row.key for row in done.rows]
    header = Header(
        space=done.space,
        rows=len(keys),
        metrics=metrics,
        missing=missing,
        provenance={"scores": dict(recipe)},
    )
    return BenchmarkTable(InMemory(header, Listing(spellings, keys), columns))
