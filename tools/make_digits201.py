"""Put digits201 together: the trainings and the scores of its cells, as the table that archenc ships.

    archenc benchmark build --space nb201 --dataset digits --distinct --out digits201 --jobs 2 \\
        --skeleton channels=8,cells=1,stages=1,stem_stride=2 --epochs 16 --checkpoints 1,2,4,8,12 \\
        --seeds 0,1,2
    archenc score --space nb201 --dataset digits --rows distinct --batch 64 --out digits201-scores --jobs 2 \\
        --skeleton channels=8,cells=1,stages=1,stem_stride=2
    python tools/make_digits201.py digits201 digits201-scores

A fourth folder, of cells trained with other seeds, measures the noise ceiling of the means:

    archenc benchmark build ... --archs some.txt --seeds 3,4,5 --out digits201-again
    python tools/make_digits201.py digits201 digits201-scores --again digits201-again \\
        --facts docs/results/digits201.csv
"""

from __future__ import annotations

import argparse
import csv
from itertools import combinations
from pathlib import Path

import numpy as np

from archenc.evaluation.metrics import kendall_tau
from archenc.tables import BenchmarkTable

OUT = Path(__file__).parents[1] / "src" / "archenc" / "data" / "digits201.parquet"
SEEDS = (0, 1, 2)
LAST = "digits_val_accuracy_16ep"


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    arguments.add_argument("trainings", type=Path)
    arguments.add_argument("scores", type=Path)
    arguments.add_argument("--again", type=Path, help="trainings of some cells with other seeds")
    arguments.add_argument("--facts", type=Path, help="write the noise ceiling and relations there, as CSV")
    options = arguments.parse_args()
    trained = BenchmarkTable.open(options.trainings / "table.parquet")
    scores = BenchmarkTable.open(options.scores / "scores.parquet")
    table = together(trained, scores)
    table.save(OUT)
    print(f"{OUT}: {len(table):,} cells, {len(table.metrics)} metrics, {OUT.stat().st_size / 1e6:.2f} MB")
    if options.facts:
        again = BenchmarkTable.open(options.again / "table.parquet") if options.again else None
        rows = facts(trained, again)
        with options.facts.open("w", newline="") as handle:
            writer = csv.writer(handle, lineterminator="\n")
            writer.writerow(["quantity", "of", "kendall_tau", "cells"])
            writer.writerows(rows)
        for row in rows:
            print(*row, sep="  ")


def together(trained: BenchmarkTable, scores: BenchmarkTable) -> BenchmarkTable:
    """Return one table; single seeds are kept for validation accuracy and for the end, else the mean."""
    if trained.spellings() != scores.spellings():
        raise SystemExit("the two tables have other rows, or the same in another order")
    kept = [name for name in trained.metrics if "_seed" not in name or _keeps_seeds(name)]
    columns = {name: trained.values(name) for name in kept} | {
        name: scores.values(name) for name in scores.metrics
    }
    metrics = [trained.metrics[name] for name in kept] + [scores.metrics[name] for name in scores.metrics]
    return BenchmarkTable.from_columns(trained.space, trained.spellings(), columns, metrics)


def _keeps_seeds(name: str) -> bool:
    return name.startswith("digits_val_accuracy") or ("_16ep" in name and "_train_" not in name)


def facts(trained: BenchmarkTable, again: BenchmarkTable | None) -> list[tuple[str, str, float, int]]:
    """Return Kendall taus between seeds, between means, between parts and with NAS-Bench-201."""
    rows: list[tuple[str, str, float, int]] = []

    def add(quantity: str, of: str, one: np.ndarray, other: np.ndarray) -> None:
        there = ~(np.isnan(one) | np.isnan(other))
        tau = kendall_tau(true=one[there], pred=other[there])
        rows.append((quantity, of, round(float(tau), 4), int(there.sum())))

    for epoch in (1, 2, 4, 8, 12, 16):
        for quantity in ("accuracy", "loss"):
            name = f"digits_val_{quantity}_{epoch}ep"
            seeds = [trained.values(f"{name}_seed{seed}") for seed in SEEDS]
            taus = [kendall_tau(true=a, pred=b) for a, b in combinations(seeds, 2)]
            rows.append(("between two seeds", name, round(float(np.mean(taus)), 4), len(trained)))
    seeds = [trained.values(f"{LAST}_seed{seed}") for seed in SEEDS]
    for left in SEEDS:
        others = [seeds[seed] for seed in SEEDS if seed != left]
        add("mean of two seeds with the third", LAST, np.mean(others, axis=0), seeds[left])
    add(
        "validation with test, means of three",
        LAST,
        trained.values(LAST),
        trained.values("digits_test_accuracy_16ep"),
    )
    if again is not None:
        row = {name: number for number, name in enumerate(trained.spellings())}
        at = [row[name] for name in again.spellings()]
        for name in (LAST, "digits_val_loss_16ep", "digits_test_accuracy_16ep"):
            add(
                "mean of three seeds with the mean of three others",
                name,
                trained.values(name)[at],
                again.values(name),
            )
    try:
        nb201 = BenchmarkTable.open("nb201")
    except Exception as error:  # the public table is not there: its rows are left out
        print(f"without NAS-Bench-201: {error}")
        return rows
    row = {name: number for number, name in enumerate(nb201.spellings())}
    at = [row[name] for name in trained.spellings()]
    for dataset in ("cifar10", "cifar100", "imagenet16"):
        for epochs in (200, 12) if dataset == "cifar10" else (200,):
            metric = f"{dataset}_val_accuracy_{epochs}ep"
            add(f"with NAS-Bench-201 {metric}", LAST, trained.values(LAST), nb201.values(metric)[at])
    return rows


if __name__ == "__main__":
    main()
