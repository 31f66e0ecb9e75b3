"""Scores of many architectures of a space, as a table; a killed run goes on where it was."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from archenc.errors import InvalidArgument
from archenc.graph import Architecture
from archenc.networks import build
from archenc.proxies.base import Proxy, chosen
from archenc.proxies.inputs import Inputs
from archenc.proxies.space_work import Plan, Row, compute
from archenc.spaces import SearchSpace, space
from archenc.store import Journal, content_key, write_json
from archenc.suite_zero import PROXIES
from archenc.tables import BenchmarkTable, Metric
from archenc.tables.content import InMemory
from archenc.tables.header import Header
from archenc.tables.importing import Listing

SCORES = "scores.parquet"
SECONDS = "seconds.json"
_JOURNAL = "journal.jsonl"
_RECIPE = "recipe.json"


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
    member = space(space_name) if isinstance(space_name, str) else space_name
    chosen(names)
    rows = _distinct(member, archs)
    network = build(rows[0].arch, task, device="meta", **(skeleton or {}))
    options = dict(skeleton or {})
    folder = Path(out)
    recipe = _recipe(member.name, network.task, inputs, names, seed, device, options, dataset)
    _claim(folder, recipe)
    journal = Journal(folder / _JOURNAL)
    known = {record["key"]: record for record in journal.records()}
    left = [row for row in rows if row.key not in known]
    plan = Plan(member.name, network.task, inputs, tuple(names), seed, device, options)
    with _bar(progress, len(rows), len(rows) - len(left)) as advance:
        for record in compute(plan, left, jobs):
            journal.append(record)
            known[record["key"]] = record
            advance()
    records = [known[row.key] for row in rows]
    table = _table(member.name, rows, records, inputs, chosen(names), recipe)
    write_json(folder / SECONDS, {row.key: known[row.key]["seconds"] for row in rows})
    table.save(folder / SCORES)
    return table


def _distinct(member: SearchSpace, archs: Iterable[Architecture | str]) -> list[Row]:
    found: dict[str, Row] = {}
    for arch in archs:
        parsed = arch if isinstance(arch, Architecture) else member.parse(arch)
        if parsed.space != member.name:
            raise InvalidArgument(f"archs: one is of {parsed.space}, not of {member.name}")
        key = member.key(parsed)
        found.setdefault(key, Row(key, member.format(parsed), parsed))
    if not found:
        raise InvalidArgument("archs: none given")
    return list(found.values())


def _recipe(
    name: str,
    task: str,
    inputs: Inputs,
    names: Sequence[str],
    seed: int,
    device: str | None,
    skeleton: Mapping[str, Any],
    dataset: str | None,
) -> dict[str, Any]:
    given = {
        "what": "zero-cost proxies",
        "space": name,
        "task": task,
        "inputs": inputs.describe(),
        "proxies": list(names),
        "seed": seed,
        "device": "cpu" if device is None else device,
        "skeleton": dict(skeleton),
    } | ({} if dataset is None else {"dataset": dataset})
    return json.loads(json.dumps(given)) | {"key": content_key(given)}


def _claim(folder: Path, recipe: Mapping[str, Any]) -> None:
    """Write the recipe of a new run, or hold it against the one that is there."""
    path = folder / _RECIPE
    if not path.exists():
        write_json(path, recipe)
        return
    there = json.loads(path.read_text())
    if there != recipe:
        differing = [part for part in recipe if part != "key" and there.get(part) != recipe[part]]
        raise InvalidArgument(
            f"out={str(folder)!r} holds a run with other {', '.join(differing) or 'settings'}; take another "
            "folder, or remove this one"
        )


@contextmanager
def _bar(shown: bool, total: int, done: int) -> Iterator[Callable[[], None]]:
    """Yield what counts one more architecture; a bar on standard error, with the time left, or nothing."""
    if not shown:
        yield lambda: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeElapsedColumn, TimeRemainingColumn

    columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    with Progress("architectures", *columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("", total=total, completed=done)
        yield lambda: bar.advance(task)


def _table(
    name: str,
    rows: Sequence[Row],
    records: Sequence[Mapping[str, Any]],
    inputs: Inputs,
    members: Sequence[Proxy],
    recipe: Mapping[str, Any],
) -> BenchmarkTable:
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
    spellings, keys = [row.spelling for row in rows], [row.key for row in rows]
    header = Header(
        space=name, rows=len(rows), metrics=metrics, missing=missing, provenance={"scores": dict(recipe)}
    )
    return BenchmarkTable(InMemory(header, Listing(spellings, keys), columns))
