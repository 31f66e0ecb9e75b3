"""The published scores that ours are compared with: which files, and whose networks they are of."""

from __future__ import annotations

import csv
import json
import math
import os
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from archenc import space
from archenc.graph import Architecture, Kind
from archenc.suite_zero import PROXIES, SENTINEL

ROOT = Path(__file__).resolve().parents[1]
DATA = Path(os.environ.get("ARCHENC_SHARED_DATA") or ROOT.parent / "shared" / "data")

Published = dict[str, dict[str, float]]
"""By spelling: scores, their seconds as "<proxy> seconds", and "accuracy" where the file states one."""


def scores_of(record: Mapping[str, Any]) -> dict[str, float]:
    """Return the numbers of one record of a score file that are no sentinel."""
    found = {"accuracy": float(record["val_accuracy"])} if "val_accuracy" in record else {}
    for name in PROXIES:
        entry = record.get(name)
        if isinstance(entry, dict):
            found[name], found[f"{name} seconds"] = float(entry["score"]), float(entry["time"])
        elif entry is not None:
            found[name] = float(entry)
    return {name: value for name, value in found.items() if abs(value) < SENTINEL and math.isfinite(value)}


def from_json(file: str, *path: str) -> Published:
    """Read the records below a path of keys."""
    found = json.loads((DATA / file).read_text())
    for part in path:
        found = found[part]
    return {key: scores_of(record) for key, record in found.items()}


def from_csv(file: str) -> Published:
    """Read a table of one architecture a line, its spelling in the column "net"."""
    with (DATA / file).open(newline="") as lines:
        return {row["net"]: scores_of(row) for row in csv.DictReader(lines)}


def from_zip(file: str, marker: str = "") -> Published:
    """Read the shards whose names hold the marker."""
    found: Published = {}
    with zipfile.ZipFile(DATA / file) as whole:
        for name in whole.namelist():
            if marker in name and name.endswith(".json"):
                for record in json.loads(whole.read(name)):
                    found.setdefault(str(record["arch"]), {}).update(scores_of(record))
    return found


def with_more(rows: Published, more: Published) -> Published:
    """Add the scores, but not the accuracies, that another file has of the same rows."""
    for key in rows.keys() & more.keys():
        rows[key] = {**more[key], **rows[key]}
    return rows


def nb201(name: str) -> Published:
    """Return the 725 rows of batch 32, with zen. name: of the data set in the file."""
    return with_more(
        from_json("nb201/zc_nasbench201.json", name),
        from_zip("nb201/nb201_zen.zip", f"nasbench201--{name}--"),
    )


def nb301_others() -> Published:
    """Return zen and nwot of 11,221 cells, of which no accuracy is known."""
    return with_more(from_zip("nb301/nb301_zen.zip"), from_zip("nb301/nb301_nwot.zip"))


def tnb101(task: str) -> Published:
    """Return the 711 rows of a task, with zen."""
    return with_more(
        from_json("tnb101/zc_transbench101_micro.json", task),
        from_zip("tnb101/all_benchmarks_zen.zip", f"--{task}--"),
    )


@dataclass(frozen=True)
class Check:
    """Rows of one public file. skeleton: options of `networks.build` that the file's networks had.

    accuracy: what the file ranks networks by.
    """

    space: str
    task: str
    read: Callable[[], Published]
    accuracy: str
    skeleton: tuple[tuple[str, Any], ...] = ()


_EPOCHS = "validation accuracy after 200 epochs"
CHECKS = {
    "nasbench201": Check("nasbench201", "cifar10", lambda: nb201("cifar10"), _EPOCHS),
    "nasbench201 cifar100": Check("nasbench201", "cifar100", lambda: nb201("cifar100"), _EPOCHS),
    "nasbench201 imagenet16": Check("nasbench201", "imagenet16", lambda: nb201("ImageNet16-120"), _EPOCHS),
    "nasbench201 batch 64": Check(
        "nasbench201", "cifar10", lambda: from_csv("nb201/nb201_zc_proxies.csv"), "none"
    ),
    "nasbench201 imagenet16 batch 64": Check(
        "nasbench201", "imagenet16", lambda: from_csv("nb201/nb201_ImageNet16-120_zc_proxies.csv"), "none"
    ),
    "nasbench101": Check(
        "nasbench101",
        "cifar10",
        lambda: from_json("nb101/zc_nasbench101.json", "nasbench101", "cifar10"),
        "validation accuracy after 108 epochs",
        (("init", "suite_zero"), ("node_order", "given")),
    ),
    "nasbench301": Check(
        "nasbench301",
        "cifar10",
        lambda: from_json("nb301/zc_nasbench301.json", "cifar10"),
        "accuracy by the surrogate",
    ),
    "nasbench301 others": Check("nasbench301", "cifar10", nb301_others, "none"),
    **{
        task: Check("transnasbench101", task, lambda task=task: tnb101(task), "the result of the best epoch")
        for task in (
            "class_scene",
            "class_object",
            "room_layout",
            "jigsaw",
            "segmentsemantic",
            "normal",
            "autoencoder",
        )
    },
}


@cache
def published(name: str) -> Published:
    """Return the rows of a check."""
    return CHECKS[name].read()


def connected(arch: Architecture) -> bool:
    """Say whether a path of operations leads from the inputs to the output of every cell."""
    for cell in arch.cells:
        reached = set(range(cell.n_inputs))
        for source, target, op in sorted(cell.edges, key=lambda edge: edge[1]):
            if source in reached and op.kind is not Kind.NONE:
                reached.add(target)
        if cell.n_nodes - 1 not in reached:
            return False
    return True


def sample(name: str, rows: int, seed: int) -> list[tuple[str, Architecture, str]]:
    """Draw connected rows, each architecture once: spelling in the file, architecture, key."""
    member = space(CHECKS[name].space)
    texts = list(published(name))
    found: dict[str, tuple[str, Architecture, str]] = {}
    for place in np.random.default_rng(seed).permutation(len(texts)):
        arch = member.parse(texts[place])
        key = member.key(arch)
        if key not in found and connected(arch):
            found[key] = (texts[place], arch, key)
        if len(found) == rows:
            break
    return list(found.values())


def everything(name: str) -> list[tuple[str, Architecture, str]]:
    """Return all rows, the spelling in the file as the key: isomorphic cells are rows of their own."""
    member = space(CHECKS[name].space)
    return [(text, member.parse(text), text) for text in published(name)]
