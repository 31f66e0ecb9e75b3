"""Encode all 15,625 NAS-Bench-201 cells: every code in milliseconds, and path encoding against a loop.

Two loops over architectures give the same path codes, checked before the clock runs: one made for this space,
its four routes written out, and one straight from the definition: walk the cell, number each string. Goals:
path encoding at least 50 times faster than either, every code under 500 ms from a batch or from a list. A
batch is built once for all codes; from a list, building it is most of the time. Processor time, medians,
loops and codes in turn; with --write also docs/results/encoding_speed.csv.
"""

from __future__ import annotations

import argparse
import csv
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path as File

import numpy as np

from archenc.encoders import Adjacency, Encoder, GraphFeatures, Path, Scores, ZeroCost
from archenc.graph import Architecture, Cell, as_batch
from archenc.spaces.nasbench201 import SPACE

COMMAND = "python benchmarks/encoding_speed.py --write"
RESULT = File(__file__).resolve().parents[1] / "docs" / "results" / "encoding_speed.csv"
REPEATS = 9
LETTER = {member.name: letter for letter, member in enumerate(SPACE.ops)}
ROUTES = (((0, 3),), ((0, 1), (1, 3)), ((0, 2), (2, 3)), ((0, 1), (1, 2), (2, 3)))


def number(letters: Sequence[int]) -> int:
    """Column of an op string; the first op is the least significant."""
    return sum((letter + 1) * 5**place for place, letter in enumerate(letters)) - 1


def loop_over_routes(archs: Sequence[Architecture]) -> np.ndarray:
    """Path codes by a loop that knows the four routes of a NAS-Bench-201 cell."""
    rows = []
    for arch in archs:
        row = [0.0] * 155
        letters = {(edge.source, edge.target): LETTER[edge.op.name] for edge in arch.cells[0].edges}
        for route in ROUTES:
            row[number([letters[edge] for edge in route])] = 1.0
        rows.append(row)
    return np.array(rows, dtype=np.float32)


def loop_over_walks(archs: Sequence[Architecture]) -> np.ndarray:
    """Path codes by a loop that walks any cell, as the definition reads."""

    def walks(cell: Cell, node: int) -> Iterator[list[int]]:
        if node == cell.n_nodes - 1:
            yield []
        for edge in cell.edges:
            if edge.source == node:
                for rest in walks(cell, edge.target):
                    yield [LETTER[edge.op.name], *rest]

    code = np.zeros((len(archs), 155), dtype=np.float32)
    for row, arch in zip(code, archs, strict=True):
        for letters in walks(arch.cells[0], 0):
            row[number(letters)] = 1.0
    return code


def milliseconds(work: Callable[[], object]) -> float:
    """Processor time of one call."""
    start = time.process_time()
    work()
    return (time.process_time() - start) * 1e3


def in_turn(works: dict[str, Callable[[], object]]) -> dict[str, float]:
    """Median time of each, measured in turn so that a busy machine slows all alike."""
    times: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(REPEATS):
        for name, work in works.items():
            times[name].append(milliseconds(work))
    return {name: statistics.median(measured) for name, measured in times.items()}


def encoders() -> dict[str, Encoder]:
    """Every code under the name it is printed with."""
    keys = [SPACE.format(arch) for arch in SPACE.architectures()]
    scores = Scores(
        keys, np.random.default_rng(0).lognormal(size=(len(keys), 13)), [f"s{k}" for k in range(13)]
    )
    return {
        "path one-hot": Path(),
        "path count": Path("count"),
        "path categorical": Path("categorical"),
        "path truncated to 30": Path(truncate=30),
        "adjacency one-hot": Adjacency(),
        "adjacency ordinal": Adjacency("ordinal"),
        "adjacency full": Adjacency("full"),
        "graph features": GraphFeatures(),
        "graph features published": GraphFeatures(none="op", published=True),
        "zero cost, 13 scores": ZeroCost(scores),
    }


def main() -> None:
    """Measure, print, and write on request."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--write", action="store_true", help="write docs/results/encoding_speed.csv")
    write = parser.parse_args().write
    archs = SPACE.architectures()
    batch = as_batch(archs)
    path = Path().fit(archs[:8])
    for loop in (loop_over_routes, loop_over_walks):
        if not np.array_equal(loop(archs), path.transform(batch)):
            sys.exit(f"{loop.__name__} and Path give different codes")
    works: dict[str, Callable[[], object]] = {"batch of 15,625 from architectures": lambda: as_batch(archs)}
    for name, encoder in encoders().items():
        encoder.fit(archs[:100])
        works[f"{name}, from a batch"] = lambda fitted=encoder: fitted.transform(batch)
        works[f"{name}, from a list"] = lambda fitted=encoder: fitted.transform(archs)
    works["loop over routes"] = lambda: loop_over_routes(archs)
    works["loop over walks"] = lambda: loop_over_walks(archs)
    found = in_turn(works)
    rows = [(name, f"{value:.1f}", "ms") for name, value in found.items()]
    for loop in ("loop over routes", "loop over walks"):
        for kind in ("batch", "list"):
            ratio = found[loop] / found[f"path one-hot, from a {kind}"]
            rows.append((f"{loop} / path one-hot, from a {kind}", f"{ratio:.0f}", "times"))
    print(f"load {os.getloadavg()[0]:.1f}; goals: a code < 500 ms, path 50 times faster than a loop")
    for measure, value, unit in rows:
        print(f"  {measure:<46} {value:>9} {unit}")
    if write:
        with RESULT.open("w", newline="") as stream:
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow(["measure", "value", "unit", "command"])
            writer.writerows([*row, COMMAND] for row in rows)


if __name__ == "__main__":
    main()
