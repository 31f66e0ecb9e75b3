"""Every algorithm with every encoding on every table: one page of regrets, areas and average ranks.

    python tools/search_study.py runs/search-study docs/results/search-study 10 [encoding ...]

The first folder keeps a journal, so that the same command goes on after a kill; the second argument names a
.csv and a .md; the third is the number of seeds, which are searched five by five, so that more of them, and
more encodings, cost later only themselves. Tables that are not imported stop it.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from archenc.search.average_ranks import average_ranks
from archenc.search.simulation import Method
from archenc.search.study import Task, run_study
from archenc.tables import BenchmarkTable

BUDGET = 40
AT = (5, 10, 20, 30, 40)
TOGETHER = 5
ENCODINGS = ("adjacency", "path", "path:none=removed", "graph_features")
READERS = ("gaussian_process", "bananas", "weaknas:width=200", "greedy", "dngo", "cate_local")
ALONE = ("random", "evolution", "local")


def tasks() -> dict[str, tuple[Task, str]]:
    """Return tables and tasks by name, and what the recommended search must not have learned from."""
    transnas = BenchmarkTable.open("transnasbench101")
    nb201 = BenchmarkTable.open("nasbench201")
    finals = [name for name in transnas.metrics if name.endswith("_final")]
    datasets = ("cifar10", "cifar100", "imagenet16")
    return {
        "digits201": (Task(BenchmarkTable.open("digits201"), "digits_val_accuracy_16ep"), "digits201"),
        **{f"tnb101 {name.split('_val_')[0]}": (Task(transnas, name), "transnasbench101") for name in finals},
        **{f"nb201 {name}": (Task(nb201, f"{name}_val_accuracy_200ep"), "") for name in datasets},
        "nb101 pool": (Task(BenchmarkTable.open("nasbench101"), "cifar10_val_accuracy_108ep"), ""),
    }


def methods(without: str, encodings: Sequence[str]) -> list[Method]:
    """Return the methods, the recommended one without the experience of the table itself."""
    unseen = f":without={without}" if without else ""
    return [
        Method(f"recommended{unseen}", label="recommended"),
        Method("recommended:experience=weights:prior=0.6", label="recommended, weights alone"),
        *(Method(name) for name in ALONE),
        *(Method(name, encoding) for name in READERS for encoding in encodings),
    ]


def main() -> None:
    folder, out, seeds = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    encodings = sys.argv[4:] or ENCODINGS
    rows, areas = [], []
    for name, (task, without) in tasks().items():
        asked, place = methods(without, encodings), folder / name.replace(" ", "-")
        found = run_study(task, asked, budget=BUDGET, seeds=seeds, out=place, together=TOGETHER)
        best, worst = np.nanmax(found.problem.values), np.nanmedian(found.problem.values)
        area = []
        for method in found.methods:
            # regret as a share of the distance between the best and the median architecture
            regret = (best - found.curves(method)) / (best - worst)
            area.append(float(np.minimum(regret, 1).mean()))
            rows.append([name, *method.names, *(regret[:, at - 1].mean() for at in AT), area[-1], seeds])
        areas.append(area)
        print(name, "done", flush=True)
    write(out, rows, np.array(areas), [one.names for one in methods("", encodings)], seeds)


def write(out: str, rows: list[list], areas: np.ndarray, names: list[tuple[str, str]], seeds: int) -> None:
    """Write every figure as .csv, and the page."""
    with Path(f"{out}.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        regrets = [f"regret_at_{at}" for at in AT]
        writer.writerow(["table", "method", "encoding", *regrets, "area", "n_seeds"])
        writer.writerows([*row[:3], *(f"{one:.4f}" for one in row[3:-1]), row[-1]] for row in rows)
    ranks = average_ranks(areas)
    lines = [
        "# Every algorithm with every encoding",
        "",
        f"{len(areas)} tables, {BUDGET} evaluations, {seeds} paired seeds; `tools/search_study.py`. Area: "
        "the mean over the evaluations of the regret, as a share of the distance from the best to the "
        "median architecture, at most 1. Rank: by area on each table, averaged. The recommended search "
        "never knew the table it searches: on a task of TransNAS none of that table.",
        "",
        f"Friedman's test that all are alike: p = {ranks.p:.1g}. Average ranks differ at 5 % from "
        f"{ranks.critical:.1f} on (Nemenyi).",
        "",
        f"| algorithm | encoding | average rank | area | {' | '.join(f'regret at {at}' for at in AT)} |",
        f"|{'---|' * (4 + len(AT))}",
    ]
    for place in np.argsort(ranks.average, kind="stable"):
        method, encoding = names[place]
        own = [row for row in rows if (row[1], row[2]) == (method, encoding)]
        regrets = [f"{np.mean([row[3 + i] for row in own]):.3f}" for i in range(len(AT))]
        shown = [method, encoding, f"{ranks.average[place]:.1f}", f"{areas[:, place].mean():.3f}", *regrets]
        lines.append(f"| {' | '.join(shown)} |")
    lines += ["", *of_encodings(areas, names)]
    Path(f"{out}.md").write_text("\n".join([*lines, ""]), encoding="utf-8")


def of_encodings(areas: np.ndarray, names: list[tuple[str, str]]) -> list[str]:
    """Return a table of the encodings alone: on each table their mean area over the algorithms that read."""
    encodings = list(dict.fromkeys(encoding for _, encoding in names if encoding != "default"))
    columns = [[place for place, name in enumerate(names) if name[1] == one] for one in encodings]
    means = np.stack([areas[:, places].mean(axis=1) for places in columns], axis=1)
    ranks = average_ranks(means)
    lines = [
        f"Encodings, their area averaged over the {len(columns[0])} algorithms that read one: "
        f"p = {ranks.p:.1g}, average ranks differ at 5 % from {ranks.critical:.1f} on.",
        "",
        "| encoding | average rank | area |",
        "|---|---|---|",
    ]
    order = np.argsort(ranks.average, kind="stable")
    found = zip(np.array(encodings)[order], ranks.average[order], means.mean(axis=0)[order], strict=True)
    return [*lines, *(f"| {name} | {rank:.1f} | {area:.3f} |" for name, rank, area in found)]


if __name__ == "__main__":
    main()
