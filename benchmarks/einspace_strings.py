"""Random einspace strings: how many are read, built and run, why the others are refused, and in what memory.

    python -m benchmarks.einspace_strings --n 10000 --journal FOLDER --out docs/results/einspace_strings.csv

A string is derived at random (depth 20, at most 10,000 nodes, sizes unbounded) for one of three inputs; every
third then has one token lost, doubled or replaced by another. It is read by the space, built within the
limits below and run on a batch of 2 without gradients, or refused with InvalidArchitecture or InvalidArgument
and a reason; anything else ends the run. The same seed gives the same strings; a stopped run goes on from its
journal. The process may take LIMIT_MB of address space beyond what torch takes, or the run dies.
"""

from __future__ import annotations

import argparse
import csv
import re
import resource
import time
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import torch

from archenc import networks
from archenc.errors import InvalidArchitecture, InvalidArgument
from archenc.spaces.einspace import EinSpace, Limits
from archenc.store import Journal, write_text

INPUTS = ((1, 8, 8), (3, 16, 16), (16, 64))
ANY_SIZE = EinSpace(Limits(20, 10_000, 1 << 62, 1 << 62, 1 << 62))
MOST = {"max_params": 1 << 21, "max_activations": 1 << 20, "max_macs": 1 << 26}
LIMIT_MB = 512
CHUNK = 250
_TOKEN = re.compile(r"[a-z_0-9]+|[^a-z_0-9 ]")
REASONS = {
    "max_": "beyond a limit",
    "cannot take": "features that a terminal cannot take",
    "cannot join": "branches that a join cannot join",
    "cannot stand here": "a name or numbers that cannot stand there",
    "expected": "no derivation: a bracket, comma or part is missing",
    "nothing may follow": "text behind the derivation",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--n", type=int, default=500)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--journal", type=Path, required=True)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    torch.set_num_threads(1)
    options.journal.mkdir(parents=True, exist_ok=True)
    journal = Journal(options.journal / "einspace_strings.jsonl")
    done = {record["chunk"] for record in journal}
    networks.build(ANY_SIZE.sample(1, 0, input_shape=INPUTS[0])[0], device="meta")  # torch is loaded whole
    virtual = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (virtual + LIMIT_MB * 2**20,) * 2)
    for chunk in range(-(-options.n // CHUNK)):
        if chunk not in done:
            journal.append(tried(chunk, options.seed))
    rows = summary(list(journal)[: -(-options.n // CHUNK)])
    for row in rows:
        print(*row, sep="  ")
    if options.out:
        lines = [["input", "string", "outcome", "reason", "strings"], *rows]
        with (options.journal / "rows.csv").open("w", newline="") as handle:
            csv.writer(handle, lineterminator="\n").writerows(lines)
        write_text(options.out, (options.journal / "rows.csv").read_text())


def tried(chunk: int, seed: int) -> dict[str, Any]:
    """Return the outcomes of one chunk of strings, by input, kind, outcome and reason."""
    rng, begin = np.random.default_rng([seed, chunk]), time.process_time()
    counts: Counter[str] = Counter()
    for number in range(CHUNK):
        shape = INPUTS[number % len(INPUTS)]
        text = ANY_SIZE.format(ANY_SIZE.sample(1, rng, input_shape=shape)[0])
        kind = "damaged" if number // len(INPUTS) % 3 == 2 else "derived"
        if kind == "damaged":
            text = damaged(text, rng)
        counts["|".join(("x".join(map(str, shape)), kind, *outcome(text)))] += 1
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    seconds = round(time.process_time() - begin, 1)
    return {"chunk": chunk, "counts": dict(counts), "peak_mb": peak, "seconds": seconds}


def damaged(text: str, rng: np.random.Generator) -> str:
    """Lose, double or replace one token behind the input."""
    head, _, body = text.partition(" ")
    tokens = [(match.start(), match.end()) for match in _TOKEN.finditer(body)]
    begin, end = tokens[rng.integers(len(tokens))]
    start, stop = tokens[rng.integers(len(tokens))]
    new = ("", body[begin:end] * 2, body[start:stop])[rng.integers(3)]
    return f"{head} {body[:begin]}{new}{body[end:]}"


def outcome(text: str) -> tuple[str, str]:
    """Read, build and run a string; return how far it came, and why not further."""
    try:
        arch = ANY_SIZE.parse(text)
    except InvalidArchitecture as error:
        return "refused when read", reason(error)
    shape = ANY_SIZE.input_shape(arch)
    try:
        network = networks.build(arch, seed=0, **MOST)
        with torch.no_grad():
            logits = network(torch.ones(2, *shape))
    except (InvalidArchitecture, InvalidArgument) as error:
        return "refused when built", reason(error)
    assert logits.shape == (2, 10), text
    return "ran", ""


def reason(error: Exception) -> str:
    """Return what kind of reason a message gives."""
    said = str(error).split("; legal: a derivation")[0]
    if found := re.search(r"max_[a-z]+", said):
        return f"{REASONS['max_']}, {found[0]}"
    return next(name for mark, name in REASONS.items() if mark in said)


def summary(records: list[dict[str, Any]]) -> list[list[Any]]:
    """Return a row for each input, kind, outcome and reason, and one for memory and time."""
    total: Counter[str] = Counter()
    for record in records:
        total.update(record["counts"])
    rows: list[list[Any]] = [[*key.split("|"), count] for key, count in sorted(total.items())]
    n = sum(total.values())
    rows.append(["all", "all", "all", "", n])
    rows.append(["all", "all", "peak resident memory", "MB", max(record["peak_mb"] for record in records)])
    rows.append(["all", "all", "processor time", "s", round(sum(record["seconds"] for record in records))])
    return rows


if __name__ == "__main__":
    main()
