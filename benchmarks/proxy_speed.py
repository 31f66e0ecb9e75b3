"""Time of the 13 proxies of one network: together, one at a time, and as published.

Together, one forward pass and what follows from it serve nine of them; one at a time, each is computed by the
same code in a call of its own. Processor time of one thread, mean over networks, after one call that warms
up. The published seconds, where the public score files are at hand, are those of the same proxies of the same
architectures and as many images, on the machine of the files' authors: a hint, no comparison of codes.
With --write also docs/results/proxy_speed.csv. --only takes a part of the name of the networks, and leaves
the other lines of the table as they are.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import os
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from archenc import networks, proxies, space
from archenc.proxies.seeding import weight_seed
from archenc.store import write_text
from archenc.suite_zero import PROXIES

COMMAND = "python benchmarks/proxy_speed.py --write"
ROOT = Path(__file__).resolve().parents[1]
RESULT = ROOT / "docs" / "results" / "proxy_speed.csv"
DATA = Path(os.environ.get("ARCHENC_SHARED_DATA") or ROOT.parent / "shared" / "data")
SMALL = {
    "channels": 8,
    "cells": 1,
    "stages": 1,
    "stem_stride": 2,
    "input_shape": (1, 8, 8),
    "n_classes": 10,
}
CODES = ("(0, 2, 3, 2, 3, 1)", "(2, 2, 3, 0, 4, 2)", "(4, 3, 1, 2, 0, 3)")


@dataclass(frozen=True)
class Line:
    """Networks that are timed. archs: spellings, or how many to draw. seconds: file and place of theirs.

    images: of the batch; the published seconds are of 32.
    """

    name: str
    space: str
    task: str
    archs: tuple[str, ...] | int
    skeleton: Mapping[str, Any] = field(default_factory=dict)
    seconds: tuple[str, str] | None = None
    images: int = 32


def first(n: int, file: str, part: str) -> tuple[str, ...] | int:
    """Return spellings spread over a score file, or their number where it is not at hand."""
    path = DATA / file
    if not path.exists():
        return n
    keys = list(json.loads(path.read_text())[part])
    return tuple(keys[:: len(keys) // n][:n])


NB201 = ("nb201/zc_nasbench201.json", "cifar10")
NB301 = ("nb301/zc_nasbench301.json", "cifar10")
LINES = (
    Line("digits201", "nasbench201", "cifar10", CODES, SMALL),
    Line("nasbench201", "nasbench201", "cifar10", first(3, *NB201), {}, NB201),
    Line("nasbench301", "nasbench301", "cifar10", first(1, *NB301), {}, NB301),
    Line("nasbench101", "nasbench101", "cifar10", 1, images=8),
)


def published(line: Line, spelling: str) -> dict[str, float]:
    """Return the published seconds of each proxy of an architecture."""
    if line.seconds is None or not (DATA / line.seconds[0]).exists():
        return {}
    rows = json.loads((DATA / line.seconds[0]).read_text())[line.seconds[1]]
    entries = rows.get(spelling, {})
    return {name: float(entries[name]["time"]) for name in PROXIES if name in entries}


def taken(network: networks.Network, inputs: proxies.Inputs, names: Sequence[str]) -> float:
    """Return the processor time of one call."""
    start = time.process_time()
    proxies.score(network, inputs, names)
    return time.process_time() - start


def measure(line: Line) -> list[dict[str, str]]:
    """Return a row for all proxies and one for each."""
    member = space(line.space)
    if isinstance(line.archs, int):
        spellings = [member.format(arch) for arch in member.sample(line.archs, 0)]
    else:
        spellings = list(line.archs)
    together, known = 0.0, 0.0
    alone: dict[str, float] = dict.fromkeys(PROXIES, 0.0)
    theirs = dict(alone)
    for number, spelling in enumerate(spellings):
        seed = weight_seed(0, spelling)
        network = networks.build(member.parse(spelling), line.task, seed=seed, **line.skeleton)
        channels, height, width = network.input_shape
        inputs = proxies.Inputs.digits(0, batch=line.images, shape=(channels, height, width))
        if not number:
            taken(network, inputs, PROXIES)
        together += taken(network, inputs, PROXIES)
        for name in alone:
            alone[name] += taken(network, inputs, [name])
        seconds = published(line, spelling)
        for name, value in seconds.items():
            theirs[name] += value
        if seconds:
            known += taken(network, inputs, list(seconds))
    n = len(spellings)
    rows = [row(line, n, "all", together / n, sum(alone.values()) / n, known / n, sum(theirs.values()) / n)]
    rows += [row(line, n, name, None, alone[name] / n, alone[name] / n, theirs[name] / n) for name in alone]
    return rows


def row(
    line: Line,
    archs: int,
    proxy: str,
    together: float | None,
    alone: float,
    ours: float,
    theirs: float,
) -> dict[str, str]:
    """Return one row of the table. ours: the time of what has published seconds, theirs."""
    return {
        "networks": line.name,
        "architectures": str(archs),
        "images": str(line.images),
        "proxy": proxy,
        "together_seconds": "" if together is None else f"{together:.4f}",
        "alone_seconds": f"{alone:.4f}",
        "alone_to_together": "" if together is None else f"{alone / together:.2f}",
        "published_seconds": f"{theirs:.3f}" if theirs else "",
        "published_to_ours": f"{theirs / ours:.3g}" if theirs else "",
        "command": COMMAND,
    }


def main() -> int:
    """Measure, print, and write with --write."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--only", default="")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    torch.set_num_threads(1)
    rows = []
    for line in LINES:
        if options.only in line.name:
            found = measure(line)
            rows += found
            whole = found[0]
            print(
                f"{line.name}, {whole['architectures']} architectures, {line.images} images: "
                f"{whole['together_seconds']} s together, alone {whole['alone_to_together']} times as long"
                + (f", published {whole['published_to_ours']} times" if whole["published_to_ours"] else ""),
                flush=True,
            )
    if options.write:
        if options.only and RESULT.exists():
            known = {row["networks"] for row in rows}
            with RESULT.open(newline="") as file:
                rows += [row for row in csv.DictReader(file) if row["networks"] not in known]
            order = [line.name for line in LINES]
            rows.sort(key=lambda row: order.index(row["networks"]))
        text = io.StringIO()
        writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        write_text(RESULT, text.getvalue())
    return 0


if __name__ == "__main__":
    sys.exit(main())
