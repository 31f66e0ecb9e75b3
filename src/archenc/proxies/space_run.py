"""The scoring of many architectures in a folder: a journal, a recipe; a killed run goes on where it was."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from archenc.errors import InvalidArgument
from archenc.graph import Architecture
from archenc.networks import build
from archenc.progress import bar
from archenc.proxies.base import chosen
from archenc.proxies.inputs import Inputs
from archenc.proxies.scoring import additive
from archenc.proxies.space_work import Plan, Row, compute
from archenc.spaces import SearchSpace, space
from archenc.store import Journal, content_key, write_json

SECONDS = "seconds.json"
_JOURNAL = "journal.jsonl"
_RECIPE = "recipe.json"


@dataclass(frozen=True)
class Run:
    """A finished run: its architectures, the record of each, and how they came about."""

    folder: Path
    space: str
    rows: list[Row]
    records: list[dict[str, Any]]
    recipe: Mapping[str, Any]


def run(
    space_name: str | SearchSpace,
    archs: Iterable[Architecture | str],
    task: str | None,
    inputs: Inputs,
    names: Sequence[str],
    *,
    out: str | Path,
    seed: int = 0,
    jobs: int = 1,
    device: str | None = None,
    progress: bool = False,
    skeleton: Mapping[str, Any] | None = None,
    dataset: str | None = None,
    operations: bool = False,
) -> Run:
    """Score what the journal in `out` does not hold yet, and write seconds.json; see `score_space`.

    operations: score each operation, of every spelling, instead of each network, of every key. Raises
    InvalidArgument if `out` holds a run of another recipe, or a proxy gives no share to operations.
    """
    member = space(space_name) if isinstance(space_name, str) else space_name
    (additive if operations else chosen)(names)
    rows = _distinct(member, archs, operations)
    network = build(rows[0].arch, task, device="meta", **(skeleton or {}))
    options = dict(skeleton or {})
    folder = Path(out)
    what = "zero-cost proxies" + (" of operations" if operations else "")
    recipe = _recipe(what, member.name, network.task, inputs, names, seed, device, options, dataset)
    _claim(folder, recipe)
    journal = Journal(folder / _JOURNAL)
    known = {record["key"]: record for record in journal.records()}
    left = [row for row in rows if row.key not in known]
    plan = Plan(member.name, network.task, inputs, tuple(names), seed, device, options, operations)
    with bar("architectures", progress, total=len(rows), done=len(rows) - len(left)) as shown:
        for record in compute(plan, left, jobs):
            journal.append(record)
            known[record["key"]] = record
            shown.advance()
    write_json(folder / SECONDS, {row.key: known[row.key]["seconds"] for row in rows})
    return Run(folder, member.name, rows, [known[row.key] for row in rows], recipe)


def _distinct(member: SearchSpace, archs: Iterable[Architecture | str], spelled: bool) -> list[Row]:
    """Return one row a key, or a spelling."""
    found: dict[str, Row] = {}
    for arch in archs:
        parsed = arch if isinstance(arch, Architecture) else member.parse(arch)
        if parsed.space != member.name:
            raise InvalidArgument(f"archs: one is of {parsed.space}, not of {member.name}")
        spelling = member.format(parsed)
        key = spelling if spelled else member.key(parsed)
        found.setdefault(key, Row(key, spelling, parsed))
    if not found:
        raise InvalidArgument("archs: none given")
    return list(found.values())


def _recipe(
    what: str,
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
        "what": what,
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
