"""Search cells larger than those an encoding was learned from: CATE's experiment, on NAS-Bench-101.

    python tools/outside_search_space.py runs/outside docs/results/search-outside-nb101.csv

Encoders are pre-trained, without labels, on the 10,026 cells of at most 6 nodes and 7 edges. Searched are
the labelled cells of 6 nodes and at least 7 edges (2,860 of 60,669), or at least 8, of which none was
learned from (2,547 of 53,760). The predictor has one hidden layer and is greedy; 16 initial, 5 a round, 150
evaluations, as in Yan et al., ICML 2021. Their 500 seeds are 20 here, their network of 12 and 24 layers one
of 3 and 3, and the epochs are fewer. NAS-Bench-101 must be imported. The folder resumes.
"""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

from archenc.encoders import CATE, Arch2Vec
from archenc.encoders.learned.base import pretrain
from archenc.encoders.learned.gathering import batch_of
from archenc.evaluation.results import write_csv
from archenc.search.simulation import Method
from archenc.search.study import Task, run_study
from archenc.search.study_results import result_rows
from archenc.search.subset import OUTSIDE_DISJOINT, OUTSIDE_LEARNED, OUTSIDE_SEARCHED
from archenc.spaces import space
from archenc.store import write_text
from archenc.tables import BenchmarkTable

SEEDS, BUDGET = 20, 150
METRIC = "cifar10_val_accuracy_108ep"
NB101 = space("nasbench101")
SMALL = {"graph_layers": 3, "cross_layers": 3, "width": 32, "heads": 4, "graph_inner": 64, "cross_inner": 64}
ENCODERS = {
    "arch2vec": Arch2Vec(weights=None, epochs=4, batch_size=128),
    "cate": CATE(weights=None, epochs=3, batch_size=256, warmup=10, validate_every=20, **SMALL),
}


def learned_from(folder: Path) -> list[str]:
    """Return the cells to pre-train on, as text; enumerated once."""
    listed = folder / "cells.txt"
    if not listed.exists():
        small = [NB101.format(arch) for arch in NB101.enumerate() if arch in OUTSIDE_LEARNED]
        write_text(listed, "\n".join(small) + "\n")
    return listed.read_text().split()


def main() -> None:
    folder, out = Path(sys.argv[1]), Path(sys.argv[2])
    cells = learned_from(folder)
    print(f"{len(cells):,} cells to learn from")
    for name, encoder in ENCODERS.items():
        if not (folder / name / "model.safetensors").exists():
            batch = batch_of((NB101.parse(text) for text in cells), NB101.max_nodes)
            pretrain(encoder, batch, folder / name)
    sizes = ":".join(f"{name}={SMALL[name]}" for name in ("width", "heads", "graph_layers", "graph_inner"))
    methods = [
        Method("greedy", f"cate:weights={folder / 'cate'}:{sizes}", label="greedy, CATE of smaller cells"),
        Method(
            "greedy", f"arch2vec:weights={folder / 'arch2vec'}", label="greedy, arch2vec of smaller cells"
        ),
        Method("greedy", "adjacency:published=true", label="greedy, adjacency as published"),
        Method("greedy", "adjacency"),
        Method("greedy", "path"),
        Method("random"),
    ]
    table = BenchmarkTable.open("nasbench101")
    command = shlex.join(["python", *sys.argv])
    rows = []
    for name, where in (("shared", OUTSIDE_SEARCHED), ("disjoint", OUTSIDE_DISJOINT)):
        task = Task(table, METRIC, where=where)
        found = run_study(task, methods, budget=BUDGET, seeds=SEEDS, out=folder / name)
        rows += result_rows(
            found,
            experiment=f"outside-nb101-{name}",
            space=table.space,
            task=METRIC,
            seed=0,
            command=command,
        )
    for row in rows:
        row["encoding"] = row["encoding"].partition(":weights")[0]
    write_csv(rows, out)
    for row in rows:
        if row["metric"] in ("regret_at_50", "regret_at_150", "evaluations_to_1pct"):
            print(
                row["experiment"], row["method"], row["encoding"], row["metric"], row["median"], row["mean"]
            )


if __name__ == "__main__":
    main()
