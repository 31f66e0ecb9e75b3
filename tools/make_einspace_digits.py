"""Put einspace_digits together: trained einspace networks, with their sizes, as the table that archenc ships.

    python tools/draw_einspace.py 400 --most-tokens 4096 > einspace.txt
    archenc benchmark build --space einspace --dataset digits --archs einspace.txt --out einspace_digits \\
        --epochs 8 --lr 0.04 --shard 4 --seeds 0,1
    python tools/make_einspace_digits.py einspace_digits

Several folders, of other networks or of other seeds, become one table.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import numpy as np

from archenc import networks
from archenc.evaluation.metrics import kendall_tau
from archenc.spaces import space
from archenc.tables import BenchmarkTable, Metric

OUT = Path(__file__).parents[1] / "src" / "archenc" / "data" / "einspace_digits.parquet"
KEPT = ("digits_val_accuracy_8ep", "digits_test_accuracy_8ep", "digits_val_loss_8ep")
RECORD = KEPT[0]
LEARNED = 15.0
"""Percent: of ten classes, what is below is chance."""
SIZES = {
    "params": "trainable parameters, the head included",
    "flops": "multiply-accumulates for one image, the head included",
    "depth": "modules inside one another",
    "nodes": "nodes of the derivation",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("builds", type=Path, nargs="+")
    options = parser.parse_args()
    table = together(options.builds)
    table.save(OUT)
    print(f"{OUT}: {len(table):,} networks, {OUT.stat().st_size / 1e3:.0f} kB")
    for line in facts(table):
        print(line)


def together(folders: list[Path]) -> BenchmarkTable:
    """Return the networks with both seeds: each seed, means, the mean of those that learned, and sizes."""
    found: dict[str, dict[str, dict[int, float]]] = defaultdict(lambda: defaultdict(dict))
    builds = [BenchmarkTable.open(folder / "table.parquet") for folder in folders]
    for build, folder in zip(builds, folders, strict=True):
        seeds = json.loads((folder / "plan.json").read_text())["seeds"]
        for name in KEPT:
            for seed in seeds:
                column = f"_seed{seed}" if len(seeds) > 1 else ""
                for arch, value in zip(build.spellings(), build.values(f"{name}{column}"), strict=True):
                    found[arch][name][seed] = float(value)
    archs = [arch for arch, known in found.items() if set(known[RECORD]) >= {0, 1}]
    columns: dict[str, np.ndarray] = {}
    metrics: list[Metric] = []
    for name in KEPT:
        values = np.array([[found[arch][name][seed] for seed in (0, 1)] for arch in archs])
        mean = np.round(values.mean(axis=1), 5)  # of two: a training that diverged leaves none
        first = builds[0].resolve(name)
        known = {"": (mean, "mean of 2"), "_seed0": (values[:, 0], "1"), "_seed1": (values[:, 1], "1")}
        if name == RECORD:
            known["_learned"] = (np.where(mean > LEARNED, mean, np.nan), "mean of 2")
        for suffix, (column, runs) in known.items():
            columns[name + suffix] = column
            note = f"above {LEARNED:g} percent alone" if suffix == "_learned" else first.note
            metrics.append(replace(first, name=name + suffix, runs=runs, note=note))
    for name, values in zip(SIZES, zip(*[sizes(arch) for arch in archs], strict=True), strict=True):
        columns[f"digits_{name}"] = np.array(values, dtype=np.float64)
        metrics.append(Metric(f"digits_{name}", "digits", name, unit="count", note=SIZES[name]))
    return BenchmarkTable.from_columns("einspace", archs, columns, metrics)


def sizes(text: str) -> tuple[float, ...]:
    """Return parameters, multiply-accumulates, depth and nodes."""
    member = space("einspace")
    arch = member.parse(text)
    tree = member.tree(arch)  # pyright: ignore[reportAttributeAccessIssue]
    counts = networks.count(networks.build(arch), convention="macs")
    return counts.params, counts.flops, tree.depth, tree.size


def facts(table: BenchmarkTable) -> list[str]:
    """Say how many learned, and how well two seeds and two parts of the images agree."""
    one, other, test = (
        table.values(name) for name in (f"{RECORD}_seed0", f"{RECORD}_seed1", "digits_test_accuracy_8ep")
    )
    mean, learned = table.values(RECORD), table.values(f"{RECORD}_learned")
    there, well = ~np.isnan(mean), ~np.isnan(learned)
    lines = [f"{int(np.isnan(mean).sum())} diverged; {int(well.sum())} above {LEARNED:g} percent"]
    for label, rows in (("all", there), ("learned", well)):
        seeds = kendall_tau(true=one[rows], pred=other[rows])
        parts = kendall_tau(true=mean[rows], pred=test[rows])
        lines.append(f"{label}: tau of two seeds {seeds:.3f}, of validation and test accuracy {parts:.3f}")
    return lines


if __name__ == "__main__":
    main()
