"""Encode all 423,624 NAS-Bench-101 cells, 12,000 NAS-Bench-301 pairs and 4,096 TransNAS-Bench-101 cells.

Goals, on one core: all of NAS-Bench-101 through adjacency in under 5 s, through path one-hot in under 60 s.
Cells come in chunks, so that memory does not grow with the space: the architectures of a chunk, their batch,
and each code are timed one after another. Processor time; with --write also docs/results/encode_spaces.csv.
"""

from __future__ import annotations

import argparse
import csv
import itertools
import os
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path as File
from typing import TypeVar

from archenc.encoders import Adjacency, Encoder, GraphFeatures, Path
from archenc.graph import Architecture, as_batch, ids
from archenc.spaces import SearchSpace, space

COMMAND = "python benchmarks/encode_spaces.py --write"
RESULT = File(__file__).resolve().parents[1] / "docs" / "results" / "encode_spaces.csv"
CHUNK = 16_384
T = TypeVar("T")
DRAWN = 12_000
CODES: dict[str, tuple[tuple[str, Encoder], ...]] = {
    "nasbench101": (
        ("adjacency one-hot", Adjacency()),
        ("path one-hot", Path()),
        ("path count", Path("count")),
        ("path categorical", Path("categorical", width=8)),
        ("graph features", GraphFeatures()),
    ),
    "nasbench301": (
        ("adjacency one-hot", Adjacency()),
        ("path one-hot", Path()),
        ("path truncated to 57 a block", Path(truncate=57)),
        ("graph features", GraphFeatures()),
        ("graph features, subsets to 3", GraphFeatures(max_subset=3)),
    ),
    "transnasbench101": (
        ("adjacency one-hot", Adjacency()),
        ("path one-hot", Path()),
        ("graph features", GraphFeatures()),
    ),
}


def chunks(member: SearchSpace) -> Iterator[list[Architecture]]:
    """Yield the space chunk by chunk, or a sample of one that is too large to list."""
    whole = member.size is not None and member.size < 10**6
    archs = member.enumerate() if whole else iter(member.sample(DRAWN, 0))
    while chunk := list(itertools.islice(archs, CHUNK)):
        yield chunk


def measure(name: str) -> list[tuple[str, str, str, str]]:
    """Return (space, measure, value, unit): seconds and columns of every code."""
    member, seconds, columns, total = space(name), defaultdict(float), {}, 0
    first = member.sample(100, 0)
    encoders = [(code, encoder.fit(first)) for code, encoder in CODES[name]]
    for archs in chunks(member):
        total += len(archs)
        batch = timed(seconds, "a batch of the architectures", lambda archs=archs: as_batch(archs))
        timed(seconds, "ids, live-iso-v1", lambda archs=archs: ids(archs, "live-iso-v1"))
        for code, encoder in encoders:
            columns[code] = timed(
                seconds, f"{code}, from a batch", lambda e=encoder, b=batch: e.transform(b)
            ).shape[1]
    rows = [(name, "architectures", str(total), "")]
    rows += [(name, what, f"{value:.2f}", "s") for what, value in seconds.items()]
    return rows + [(name, f"{code}, columns", str(width), "") for code, width in columns.items()]


def timed(seconds: dict[str, float], what: str, work: Callable[[], T]) -> T:
    """Add the processor time of one call, and return what it returns."""
    start = time.process_time()
    found = work()
    seconds[what] += time.process_time() - start
    return found


def main(argv: Sequence[str] | None = None) -> None:
    """Measure, print, and write on request."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--write", action="store_true", help="write docs/results/encode_spaces.csv")
    write = parser.parse_args(argv).write
    rows = [row for name in CODES for row in measure(name)]
    print(f"load {os.getloadavg()[0]:.1f}")
    for name, what, value, unit in rows:
        print(f"  {name:<18} {what:<42} {value:>9} {unit}")
    if write:
        with RESULT.open("w", newline="") as stream:
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow(["space", "measure", "value", "unit", "command"])
            writer.writerows([*row, COMMAND] for row in rows)


if __name__ == "__main__":
    main()
