"""More seeds, or more repeated rows, without training again what was trained."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from archenc.errors import DataError
from archenc.networks.benchmark.plan import Plan
from archenc.store import Journal


def shards_from(plan: Plan, folder: str | Path) -> Iterator[dict[str, Any]]:
    """Yield the finished shards of a smaller plan as shards of `plan`, to the same bytes.

    folder: of a build that differs from `plan` in seeds and repeated rows alone. A shard is taken over if
    `plan` has one of the same seed and the same rows in the same order; a last one that was cut short by
    `repeated` is not. Raises DataError: the folder holds no build, or one that differs in more.
    """
    path = Path(folder) / "plan.json"
    try:
        known = json.loads(path.read_text())
        smaller = replace(plan, seeds=tuple(known["seeds"]), repeated=known["repeated"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(f"{path}: expected the plan of a finished or partial build ({error})") from error
    if smaller.key != known["key"]:
        differing = [name for name, value in plan.description.items() if known.get(name) != value]
        differing = [name for name in differing if name not in ("seeds", "repeated")] or ["cells"]
        raise DataError(f"{folder}: not the same build but for seeds: {', '.join(differing)} differ")
    number = {(shard.seed, shard.rows): shard.number for shard in plan.shards}
    before = {shard.number: (shard.seed, shard.rows) for shard in smaller.shards}
    for record in Journal(Path(folder) / "shards.jsonl"):
        if (found := number.get(before[record["shard"]])) is not None:
            yield {**record, "shard": found}
