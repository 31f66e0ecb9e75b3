"""Compare members of the recommended predictor on rows of stages: which of them, on what.

    python tools/choose_wide.py > docs/results/wide_choice.csv

--only: the configurations whose names have this text, without the header.

Draws of 3,000 networks a table, 8 to 512 of them with labels and 1,500 tested; other draws than those of
`archenc reproduce wide-...`. A configuration names members, whose scores are averaged: a Gaussian process
without or with a linear part, extremely randomised trees, ridge regression; on everything (graph features
and sizes) or on sizes alone; and with the totals of the whole network, as groups of features of their own
where it does not say otherwise. Without labels: what parameters and FLOPs alone say, higher for better, of
all 3,000.
"""

from __future__ import annotations

import argparse
import sys

import numpy as np

from archenc.encoders import GraphFeatures, Sizes, Totals
from archenc.evaluation.metrics import kendall_tau
from archenc.evaluation.task import Task
from archenc.pipelines.graph_and_scores import half_ranked
from archenc.predictors import ExtraTrees, GaussianProcess, Ridge
from archenc.tables import BenchmarkTable

TASKS = (
    ("nasbenchmacro", "cifar10_test_accuracy_50ep_mean"),
    ("natsbenchsize", "cifar10_test_accuracy_90ep"),
    ("accelnasbench", "imagenet_val_accuracy_top1"),
    ("accelnasbench", "imagenet_latency_zcu102"),
    ("accelnasbench", "imagenet_throughput_a100"),
)
TRIALS = {8: 4, 32: 4, 128: 4, 512: 1}
CONFIGURATIONS = {
    "process + 2 forest (as for cells)": ["process", "forest", "forest"],
    "ridge on sizes": ["ridge on sizes"],
    "linear process": ["linear process"],
    "process on sizes + forest on sizes": ["process on sizes", "forest on sizes"],
    "linear process + forest on sizes": ["linear process", "forest on sizes"],
    "linear process + forest + ridge on sizes": ["linear process", "forest", "ridge on sizes"],
    "linear process + forest on sizes + ridge on sizes": [
        "linear process",
        "forest on sizes",
        "ridge on sizes",
    ],
    "2 linear process + forest on sizes + ridge on sizes": [
        "linear process",
        "linear process",
        "forest on sizes",
        "ridge on sizes",
    ],
    "both linear processes + forest on sizes + ridge on sizes": [
        "linear process",
        "linear process on sizes",
        "forest on sizes",
        "ridge on sizes",
    ],
    "both linear processes + forest on sizes": [
        "linear process",
        "linear process on sizes",
        "forest on sizes",
    ],
    "process with totals": ["process with totals"],
    "process + forest with totals": ["process with totals", "forest with totals"],
    "2 process + forest with totals": ["process with totals", "process with totals", "forest with totals"],
    "2 process + forest + ridge with totals": [
        "process with totals",
        "process with totals",
        "forest with totals",
        "ridge with totals",
    ],
    "2 process on sizes + forest with totals": [
        "process on sizes with totals",
        "process on sizes with totals",
        "forest with totals",
    ],
    "2 process + forest with totals among the sizes": [
        "process with totals among the sizes",
        "process with totals among the sizes",
        "forest with totals",
    ],
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--only", default="", metavar="TEXT")
    only = parser.parse_args().only
    chosen = {name: of for name, of in CONFIGURATIONS.items() if only in name}
    wanted = {member for of in chosen.values() for member in of}
    if not only:
        print("task,n_train,n_trials,configuration,kendall_tau")
    for space, metric in TASKS:
        task = Task.from_table(BenchmarkTable.open(space), metric).sample(3000, 7)
        totals = Totals().fit(task.X)
        parts = [
            GraphFeatures(max_subset=1, published=True).fit(task.X).transform(task.X),
            Sizes().fit(task.X).transform(task.X),
            *sums_and_logarithms(totals, task),
        ]
        names = list(totals.get_feature_names_out())
        for cost in ("params", "flops"):
            tau = kendall_tau(true=task.y, pred=totals.transform(task.X)[:, names.index(f"log_{cost}")])
            print(f"{space}: {metric},0,1,{cost} alone,{tau:.4f}")
        for n, trials in TRIALS.items():
            taus = {name: [] for name in chosen}
            for trial in range(trials):
                order = np.random.default_rng([99, trial]).permutation(len(task))
                train, test = order[:n], order[-1500:]
                target = half_ranked(task.y[train])
                scores = {
                    name: model.fit(rows[train], target).predict(rows[test])
                    for name, (model, rows) in members(parts, trial).items()
                    if name in wanted
                }
                for name, of in chosen.items():
                    mean = np.mean([scores[member] for member in of], axis=0)
                    taus[name].append(kendall_tau(true=task.y[test], pred=mean))
            for name, values in taus.items():
                print(f"{space}: {metric},{n},{trials},{name},{np.mean(values):.4f}")
            sys.stdout.flush()


def sums_and_logarithms(totals: Totals, task: Task) -> list[np.ndarray]:
    """Return sums of sizes and logarithms of parameters and FLOPs, of the whole and of the cells.

    That was all of `Totals` when this was asked; `choose_stages` compares it with what there is now.
    """
    names = totals.get_feature_names_out().tolist()
    known = [name for name in names if "activations" not in name and not name.endswith("_m")]
    columns = {
        start: [names.index(name) for name in known if name.startswith("cell") == start]
        for start in (False, True)
    }
    values = totals.transform(task.X)
    return [values[:, columns[False]], values[:, columns[True]]]


def members(parts: list[np.ndarray], seed: int) -> dict:
    """Return models and what they see. parts: graph features, sizes, totals, costs of the cells."""
    graph, sizes, totals, costs = (part.astype(float) for part in parts)
    everything, numbers = np.hstack([graph, sizes]), np.hstack([sizes, totals, costs])
    trees = {"n_estimators": 300, "max_features": 0.5, "seed": seed}

    def linear(*groups: np.ndarray) -> tuple:
        widths = [group.shape[1] for group in groups]
        return GaussianProcess(groups=widths, linear=True, seed=seed), np.hstack(groups)

    return {
        "process": (GaussianProcess(seed=seed), everything),
        "process on sizes": (GaussianProcess(seed=seed), sizes),
        "linear process": linear(graph, sizes),
        "linear process on sizes": linear(sizes),
        "process with totals": linear(graph, sizes, totals, costs),
        "process on sizes with totals": linear(sizes, totals, costs),
        "process with totals among the sizes": linear(graph, numbers),
        "forest": (ExtraTrees(**trees), everything),
        "forest on sizes": (ExtraTrees(**trees), sizes),
        "forest with totals": (ExtraTrees(**trees), numbers),
        "ridge on sizes": (Ridge(), sizes),
        "ridge with totals": (Ridge(), numbers),
    }


if __name__ == "__main__":
    main()
