"""Compare members of the recommended predictor on rows of stages: which of them, on what.

    python tools/choose_wide.py > docs/results/wide_choice.csv

Draws of 3,000 networks a table, 8 to 512 of them with labels and 1,500 tested; other draws than those of
`archenc reproduce wide-...`. A configuration names members, whose scores are averaged: a Gaussian process
without or with a linear part, extremely randomised trees, ridge regression; on everything (graph features
and sizes) or on sizes alone.
"""

from __future__ import annotations

import sys

import numpy as np

from archenc.encoders import GraphFeatures, Sizes
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
}


def main() -> None:
    print("task,n_train,n_trials,configuration,kendall_tau")
    for space, metric in TASKS:
        task = Task.from_table(BenchmarkTable.open(space), metric).sample(3000, 7)
        sizes = Sizes().fit(task.X).transform(task.X).astype(float)
        graph = GraphFeatures(max_subset=1, published=True).fit(task.X).transform(task.X).astype(float)
        everything = np.hstack([graph, sizes])
        for n, trials in TRIALS.items():
            taus = {name: [] for name in CONFIGURATIONS}
            for trial in range(trials):
                order = np.random.default_rng([99, trial]).permutation(len(task))
                train, test = order[:n], order[-1500:]
                target = half_ranked(task.y[train])
                scores = {
                    name: model.fit(rows[train], target).predict(rows[test])
                    for name, (model, rows) in members(everything, sizes, trial).items()
                }
                for name, of in CONFIGURATIONS.items():
                    mean = np.mean([scores[member] for member in of], axis=0)
                    taus[name].append(kendall_tau(true=task.y[test], pred=mean))
            for name, values in taus.items():
                print(f"{space}: {metric},{n},{trials},{name},{np.mean(values):.4f}")
            sys.stdout.flush()


def members(everything: np.ndarray, sizes: np.ndarray, seed: int) -> dict:
    """Return models and what they see."""
    groups = [everything.shape[1] - sizes.shape[1], sizes.shape[1]]
    trees = {"n_estimators": 300, "max_features": 0.5, "seed": seed}
    return {
        "process": (GaussianProcess(seed=seed), everything),
        "process on sizes": (GaussianProcess(seed=seed), sizes),
        "linear process": (GaussianProcess(groups=groups, linear=True, seed=seed), everything),
        "linear process on sizes": (GaussianProcess(linear=True, seed=seed), sizes),
        "forest": (ExtraTrees(**trees), everything),
        "forest on sizes": (ExtraTrees(**trees), sizes),
        "ridge on sizes": (Ridge(), sizes),
    }


if __name__ == "__main__":
    main()
