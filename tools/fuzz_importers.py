"""Read mutations of a small made-up file of every kind that an importer reads, and count how each ends.

    python tools/fuzz_importers.py

writes docs/results/fuzz.csv, a line a file: how many inputs were read, how many refused with an error of
archenc, and how many ended in anything else, which should be none (each is printed, and kept as a file in
`--keep`). Lines are written as they come, so a run that is stopped leaves what it reached.
"""

from __future__ import annotations

import argparse
import csv
import io
import sys
import tempfile
from collections import Counter
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.tables.fuzz import READ, REFUSED, ends  # noqa: E402
from tests.tables.importers.mutated import CASES, mutations, reader, write_public  # noqa: E402

from archenc.store.atomic import write_text  # noqa: E402

RESULT = ROOT / "docs" / "results" / "fuzz.csv"
COLUMNS = ("benchmark", "file", "inputs", "read", "refused", "foreign_errors", "seed", "command")
_PART = 100  # inputs a job


def part(number: int, start: int, n: int, seed: int, public: Path, keep: Path) -> tuple[int, Counter[str]]:
    """Read n mutations of a case, from one on; return the number of the case and how often each end came."""
    case = CASES[number]
    read = reader(case)
    content = (public / case.file).read_bytes()
    counts: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / Path(case.file).name
        inputs = mutations(content, case.mutate, n, seed * 1_000_003 + start)
        for place, end in enumerate(ends(read, path, inputs), start):
            counts[end if end in (READ, REFUSED) else "foreign"] += 1
            if end not in (READ, REFUSED):
                kept = keep / f"{path.stem}-{seed}-{place}{path.suffix}"
                kept.write_bytes(path.read_bytes())
                print(f"{case.benchmark} {case.file}, input {place}: {end:.300}; kept as {kept}", flush=True)
    return number, counts


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--count", type=int, default=10_000, help="inputs a file")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--only", default="", help="files whose name contains this; nothing is recorded")
    parser.add_argument("--keep", type=Path, default=Path(tempfile.gettempdir()), help="where to keep inputs")
    options = parser.parse_args()
    chosen = [number for number, case in enumerate(CASES) if options.only in case.file]
    totals = {number: Counter[str]() for number in chosen}
    with tempfile.TemporaryDirectory() as folder, ProcessPoolExecutor(options.processes) as pool:
        public = write_public(Path(folder))
        jobs = [
            pool.submit(
                part, number, start, min(_PART, options.count - start), options.seed, public, options.keep
            )
            for start in range(0, options.count, _PART)  # every file a little further, again and again
            for number in chosen
        ]
        for done, job in enumerate(as_completed(jobs), 1):
            number, counts = job.result()
            totals[number] += counts
            if not options.only and (done % len(chosen) == 0 or done == len(jobs)):
                write_text(RESULT, table(totals, options.seed, options.count))
    print(table(totals, options.seed, options.count))
    return 1 if any(counts["foreign"] for counts in totals.values()) else 0


def table(totals: dict[int, Counter[str]], seed: int, count: int) -> str:
    """Return the lines of the result."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    command = f"python tools/fuzz_importers.py --count {count} --seed {seed}"
    for number, counts in totals.items():
        case = CASES[number]
        row: list[Any] = [case.benchmark, case.file, counts.total()]
        writer.writerow([*row, counts[READ], counts[REFUSED], counts["foreign"], seed, command])
    return text.getvalue()


if __name__ == "__main__":
    sys.exit(main())
