"""Compare settings of the recommended predictor on labels that no result of record uses.

Labels: NAS-Bench-201's validation accuracies after 12 epochs on three data sets; pool: the cells that have
the 13 proxies; tested on 3,000 other cells; the same draws for every setting. The 200-epoch labels are not
read.
"""

from __future__ import annotations

import argparse
import sys

import numpy as np

import archenc
from archenc.encoders import GraphFeatures
from archenc.evaluation.scores import score_names, scores_from
from archenc.pipelines import Recommended

SETTINGS = {
    "default": {},
    "prior 0": {"prior": 0.0},
    "prior 0.6": {"prior": 0.6},
    "all columns at a split": {"max_features": 1.0},
    "a third of the columns at a split": {"max_features": 0.33},
    "graph features on 135 columns": {"graph": GraphFeatures()},
    "graph features on raw cells": {"graph": GraphFeatures(none="removed", published=True)},
}
LABELS = tuple(f"{dataset}_val_accuracy_12ep" for dataset in ("cifar10", "cifar100", "imagenet16"))


def main() -> int:
    """Print the mean Kendall tau of every setting at every size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=8)
    parser.add_argument("--sizes", default="7,39,78")
    options = parser.parse_args()
    table = archenc.BenchmarkTable.open("nb201")
    names = score_names(table, "13", dataset="cifar10")
    scores, pool, archs = scores_from(table, names), table.select(names), table.architectures()
    for label, setting in SETTINGS.items():
        means = []
        for size in map(int, options.sizes.split(",")):
            taus = []
            for metric in LABELS:
                y = table.values(metric)
                for trial in range(options.trials):
                    order = np.random.default_rng([1, trial]).permutation(pool)
                    train, test = order[:size], order[-3000:]
                    model = Recommended(scores, seed=trial, **setting)
                    model.fit([archs[i] for i in train], y[train])
                    found = model.predict([archs[i] for i in test])
                    taus.append(archenc.kendall_tau(true=y[test], pred=found))
            means.append(float(np.mean(taus)))
        print(f"{label:36s}", *[f"{mean:.4f}" for mean in means], flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
