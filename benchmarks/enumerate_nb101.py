"""List all 423,624 cells of NAS-Bench-101 in a fresh process: seconds on one core, and peak memory.

Goals: every cell with its hash in under a minute on one core, and memory that does not grow with the space:
the chunks are counted and dropped. The ratio compares the hash of many cells at once with the hash cell by
cell, on cells spread over the space. Prints the figures; with --write also
docs/results/enumerate_nb101.csv, then with the round trip of every cell through every spelling.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
REPEATS = 3
COMMAND = "python benchmarks/enumerate_nb101.py --write"

HEAD = """
import json, resource, sys, time

def peak():
    bytes_per_unit = 1024 if sys.platform == "linux" else 1
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * bytes_per_unit / 1e6

from archenc.spaces import nb101_cells
from archenc.spaces.nasbench101 import SPACE
from archenc.spaces.nb101_wiring import wirings
found = {"peak after import (MB)": peak()}
start = time.process_time()
"""

WIRINGS = """
count = sum(len(wirings(n)) for n in range(2, 8))
found["wirings up to isomorphism"] = count
found["wirings up to isomorphism (s)"] = time.process_time() - start
start = time.process_time()
count = sum(nb101_cells.count(n) for n in range(2, 8))
found["cells by Burnside's lemma"] = count
found["cells by Burnside's lemma (s)"] = time.process_time() - start
"""

CELLS = """
count = sum(1 for _ in nb101_cells.specs())
found["cells, listed as integers"] = count
found["cells, listed as integers (s)"] = time.process_time() - start
found["peak after listing as integers (MB)"] = peak()
"""

HASHES = """
count = sum(len(chunk.n) for chunk in nb101_cells.enumerate_arrays())
found["cells, with every hash"] = count
found["cells, with every hash (s)"] = time.process_time() - start
found["peak after listing with every hash (MB)"] = peak()
"""

ARCHITECTURES = """
count = sum(1 for _ in SPACE.enumerate())
found["cells, as architectures"] = count
found["cells, as architectures (s)"] = time.process_time() - start
found["peak after listing as architectures (MB)"] = peak()
"""

RATIO = """
import numpy as np
from archenc.graph.nb101_hash import cell_hash
from archenc.spaces.nb101_wiring import edges

cells = [nb101_cells.spec_at(index) for index in range(64_542, 423_624, 22)]  # all of seven nodes
bits = np.array([spec.bits for spec in cells], dtype=np.uint32)
ops = np.array([spec.ops for spec in cells], dtype=np.uint8)
start = time.process_time()
many = nb101_cells.hashes(bits, ops)
at_once = time.process_time() - start
start = time.process_time()
single = [cell_hash([-1, *spec.ops, -2], edges(7, spec.bits)) for spec in cells]
one_by_one = time.process_time() - start
assert single == [digest.tobytes().hex() for digest in many]
found["hash of a cell, one by one (us)"] = one_by_one / len(cells) * 1e6
found["hash of a cell, many at once (us)"] = at_once / len(cells) * 1e6
found["hash of a cell, one by one : many at once"] = one_by_one / at_once
"""

SPELLINGS = """
count = 0
for arch in SPACE.enumerate():
    for style in SPACE.styles:
        assert SPACE.parse(SPACE.format(arch, style)) == arch
        count += 1
found["spellings written and read back, equal"] = count
found["spellings written and read back (s)"] = time.process_time() - start
"""

SMALL = (WIRINGS, CELLS, HASHES, ARCHITECTURES, RATIO)


def measured(part: str, repeats: int) -> dict[str, float]:
    """Return the medians of what one part finds, each run a fresh process on one thread."""
    code = HEAD + part + "\nprint(json.dumps(found))"
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    runs = [
        json.loads(subprocess.check_output([sys.executable, "-c", code], env=environment))  # noqa: S603
        for _ in range(repeats)
    ]
    return {name: statistics.median(run[name] for run in runs) for name in runs[0]}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--write", action="store_true", help="write docs/results/enumerate_nb101.csv")
    write = parser.parse_args().write
    found: dict[str, float] = {}
    for part in SMALL:
        found |= measured(part, REPEATS)
    if write:
        found |= measured(SPELLINGS, 1)
    print(f"medians of {REPEATS} fresh processes, seconds of one core; goal: every hash in under 60 s")
    rows = []
    for name, value in found.items():
        measure, _, unit = name.rstrip(")").partition(" (")
        shown = f"{value:.2f}" if unit or isinstance(value, float) else str(value)
        rows.append((measure, shown, unit or ("ratio" if ":" in name else "count")))
        print(f"  {measure:<42} {shown:>10} {rows[-1][2]}")
    if write:
        with (ROOT / "docs" / "results" / "enumerate_nb101.csv").open("w", newline="") as stream:
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow(["measure", "value", "unit", "command"])
            writer.writerows([*row, COMMAND] for row in rows)


if __name__ == "__main__":
    main()
