"""Open the NAS-Bench-201 table in a fresh process: milliseconds, and peak memory of the whole process.

Goals: under 50 ms and under 100 MB. The first line of figures is the imports, which a program pays once
whatever it opens. Prints the figures; with --write also docs/results/table_open.csv.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
METRIC = "cifar10_val_accuracy_200ep"
REPEATS = 5
COMMAND = "python benchmarks/table_open.py --write"

CHILD = f"""
import json, resource, sys, time

def peak():
    bytes_per_unit = 1024 if sys.platform == "linux" else 1
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * bytes_per_unit / 1e6

start = time.perf_counter()
import pyarrow.parquet
from archenc.tables import BenchmarkTable
found = {{"import": (time.perf_counter() - start) * 1e3, "peak after import": peak()}}
start = time.perf_counter()
table = BenchmarkTable.open(sys.argv[1])
found["open"] = (time.perf_counter() - start) * 1e3
start = time.perf_counter()
table.values("{METRIC}")
found["first column"] = (time.perf_counter() - start) * 1e3
found["peak after open and column"] = peak()
start = time.perf_counter()
BenchmarkTable.open(sys.argv[1])
found["open again"] = (time.perf_counter() - start) * 1e3
start = time.perf_counter()
table.values("cifar10_test_accuracy_200ep")
found["another column"] = (time.perf_counter() - start) * 1e3
start = time.perf_counter()
for name in table.metrics:
    table.values(name)
found["every column, one after another"] = (time.perf_counter() - start) * 1e3
start = time.perf_counter()
table.architectures()
found["every architecture"] = (time.perf_counter() - start) * 1e3
found["peak at the end"] = peak()
print(json.dumps(found))
"""


def table_path(folder: Path) -> Path:
    """Return the imported table of archenc's home; import it into a folder where there is none."""
    from archenc.tables import import_benchmark, stored_path

    if stored_path("nb201").is_file():
        return stored_path("nb201")
    shared = Path(os.environ.get("ARCHENC_SHARED_DATA") or ROOT.parent / "shared" / "data")
    if not shared.is_dir():
        sys.exit("no table: run  archenc data import nb201 --from FOLDER  or set ARCHENC_SHARED_DATA")
    return import_benchmark("nb201", shared, home=folder).table


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--write", action="store_true", help="write docs/results/table_open.csv")
    write = parser.parse_args().write
    with tempfile.TemporaryDirectory() as folder:
        path = table_path(Path(folder))
        size = path.stat().st_size / 1e6
        runs = [
            json.loads(subprocess.check_output([sys.executable, "-c", CHILD, str(path)]))  # noqa: S603
            for _ in range(REPEATS)
        ]
    rows = [("table file", f"{size:.1f}", "MB")]
    for measure in runs[0]:
        value = statistics.median(run[measure] for run in runs)
        rows.append((measure, f"{value:.1f}", "MB" if measure.startswith("peak") else "ms"))
    print(f"median of {REPEATS} fresh processes; goals: open < 50 ms, peak < 100 MB")
    for measure, value, unit in rows:
        print(f"  {measure:<32} {value:>9} {unit}")
    if write:
        with (ROOT / "docs" / "results" / "table_open.csv").open("w", newline="") as stream:
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow(["measure", "value", "unit", "command"])
            writer.writerows([*row, COMMAND] for row in rows)


if __name__ == "__main__":
    main()
