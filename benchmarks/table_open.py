"""Open the table of each space in a fresh process: milliseconds, and peak memory of the whole process.

Goals: under 100 ms and under 100 MB, the 423,624 rows of NAS-Bench-101 included. The first lines of figures
are the imports, which a program pays once whatever it opens; the last are what it takes to go beyond a
column. The fastest of several processes counts, since the machine may have other work to do. Prints the
figures; with --write also docs/results/table_open.csv.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
METRICS = {
    "nasbench101": ("cifar10_val_accuracy_108ep", "cifar10_params"),
    "nasbench201": ("cifar10_val_accuracy_200ep", "cifar10_test_accuracy_200ep"),
    "nasbench301": ("cifar10_val_accuracy_surrogate", "cifar10_zc32_synflow"),
    "transnasbench101": ("class_scene_val_accuracy_final", "jigsaw_val_accuracy_final"),
}
REPEATS = 5
COMMAND = "python benchmarks/table_open.py --write"

CHILD = """
import json, resource, sys, time

def peak():
    # not ru_maxrss on Linux: a child starts with that of its parent
    if sys.platform == "linux":
        with open("/proc/self/status") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) * 1024 / 1e6
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6

path, first, second = sys.argv[1:]
found = {}

def timed(name, action):
    start = time.perf_counter()
    result = action()
    found[name] = (time.perf_counter() - start) * 1e3
    return result

def imports():
    import pyarrow.parquet
    from archenc.tables import BenchmarkTable
    return BenchmarkTable

BenchmarkTable = timed("import", imports)
found["peak after import"] = peak()
table = timed("open", lambda: BenchmarkTable.open(path))
timed("first column", lambda: table.values(first))
found["peak after open and column"] = peak()
timed("open again", lambda: BenchmarkTable.open(path))
timed("another column", lambda: table.values(second))
timed("every column, one after another", lambda: [table.values(name) for name in table.metrics])
rows = table.select(first)
archs = timed("the architectures of the first column", lambda: table.architectures(rows))
timed("the row of one of them", lambda: table.rows(archs[:1]))
timed("the rows of all of them", lambda: table.rows(archs))
found["peak at the end"] = peak()
found["rows"], found["metrics"], found["rows of the first column"] = len(table), len(table.metrics), len(rows)
print(json.dumps(found))
"""
IMPORT = "import sys; from archenc.tables import import_benchmark as go; go(*sys.argv[1:3], home=sys.argv[3])"
UNITS = {"rows": "rows", "rows of the first column": "rows", "metrics": "metrics"}


def table_path(space: str, folder: Path) -> Path:
    """Return the imported table of archenc's home; import it into a folder where there is none."""
    from archenc.tables import stored_path

    if stored_path(space).is_file():
        return stored_path(space)
    shared = Path(os.environ.get("ARCHENC_SHARED_DATA") or ROOT.parent / "shared" / "data")
    if not shared.is_dir():
        sys.exit(f"no table: run  archenc data import {space} --from FOLDER  or set ARCHENC_SHARED_DATA")
    subprocess.check_call([sys.executable, "-c", IMPORT, space, str(shared), str(folder)])  # noqa: S603
    return stored_path(space, folder)


def measured(space: str, path: Path) -> list[tuple[str, str, str, str]]:
    """Return (space, measure, value, unit), of fresh processes the fastest and the largest."""
    command = [sys.executable, "-c", CHILD, str(path), *METRICS[space]]
    runs = [json.loads(subprocess.check_output(command)) for _ in range(REPEATS)]  # noqa: S603
    rows = [(space, "table file", f"{path.stat().st_size / 1e6:.1f}", "MB")]
    for measure in sorted(runs[0], key=lambda name: name not in UNITS):
        values = [run[measure] for run in runs]
        value = min(values) if measure not in UNITS and not measure.startswith("peak") else max(values)
        unit = UNITS.get(measure, "MB" if measure.startswith("peak") else "ms")
        rows.append((space, measure, f"{value:.0f}" if measure in UNITS else f"{value:.1f}", unit))
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("spaces", nargs="*", help=f"default all: {', '.join(METRICS)}")
    parser.add_argument("--write", action="store_true", help="write docs/results/table_open.csv")
    arguments = parser.parse_args()
    print(f"fastest of {REPEATS} fresh processes; goals: open and a column < 100 ms, peak < 100 MB")
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for space in arguments.spaces or METRICS:
            found = measured(space, table_path(space, Path(folder)))
            rows += found
            print(space)
            for _, measure, value, unit in found:
                print(f"  {measure:<38} {value:>9} {unit}")
    if arguments.write:
        with (ROOT / "docs" / "results" / "table_open.csv").open("w", newline="") as stream:
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow(["space", "measure", "value", "unit", "command"])
            writer.writerows([*row, COMMAND] for row in rows)


if __name__ == "__main__":
    main()
