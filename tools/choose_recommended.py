"""Compare settings of the recommended predictor on labels that no result of record uses.

Labels: validation accuracies after 12 epochs on NAS-Bench-201 (13 proxies), after 12 and 36 epochs on
NAS-Bench-101 (parameters), and two tasks of TransNAS-Bench-101 (zen); tested on 3,000 other cells; the same
draws for every setting.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass

import numpy as np

import archenc
from archenc.encoders import GraphFeatures
from archenc.evaluation.scores import score_names, scores_from
from archenc.pipelines import Recommended

SETTINGS = {
    "default": {},
    "without FLAN": {"flow_from": None},
    "FLAN from 12 labels": {"flow_from": 12},
    "prior 0": {"prior": 0.0, "flow_from": None},
    "prior 0.6": {"prior": 0.6, "flow_from": None},
    "all columns at a split": {"max_features": 1.0, "flow_from": None},
    "graph features on 135 columns": {"graph": GraphFeatures(), "flow_from": None},
    "graph features on raw cells": {
        "graph": GraphFeatures(none="removed", published=True),
        "flow_from": None,
    },
}


@dataclass(frozen=True)
class Choice:
    """A table, the labels to choose on, and the scores at hand: of one data set, or of each label's own."""

    space: str
    labels: tuple[str, ...]
    scores: str
    dataset: str | None = None


CHOICES = (
    Choice(
        "nb201",
        tuple(f"{d}_val_accuracy_12ep" for d in ("cifar10", "cifar100", "imagenet16")),
        "13",
        "cifar10",
    ),
    Choice("nb101", ("cifar10_val_accuracy_12ep", "cifar10_val_accuracy_36ep"), "all"),
    Choice("tnb101", ("class_object_val_accuracy_final", "room_layout_val_neg_loss_final"), "all"),
)


def main() -> int:
    """Print a line of CSV for every setting, label and size: mean and standard deviation of Kendall tau."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=8)
    parser.add_argument("--sizes", default="7,39,78")
    parser.add_argument("--settings", default=",".join(SETTINGS), help="names, separated by commas")
    parser.add_argument("--spaces", default=",".join(choice.space for choice in CHOICES))
    options = parser.parse_args()
    print("stage,configuration,task,n_train,n_trials,mean,std")
    for choice in CHOICES:
        if choice.space not in options.spaces.split(","):
            continue
        table = archenc.BenchmarkTable.open(choice.space)
        for metric in choice.labels:
            dataset = choice.dataset or table.resolve(metric).dataset
            names = score_names(table, choice.scores, dataset=dataset)
            scores, y = scores_from(table, names), table.values(metric)
            needed = [*names, metric] if choice.scores == "13" else [metric]
            pool = table.select(needed)
            for size in map(int, options.sizes.split(",")):
                for label in options.settings.split(","):
                    taus = []
                    for trial in range(options.trials):
                        order = np.random.default_rng([1, trial]).permutation(pool)
                        train, test = order[:size], order[-3000:]
                        model = Recommended(scores, seed=trial, **SETTINGS[label])
                        model.fit(table.architectures(train), y[train])
                        score = model.predict(table.architectures(test))
                        taus.append(archenc.kendall_tau(true=y[test], pred=score))
                    task = f"{table.space}: {metric}"
                    found = f"{len(taus)},{np.mean(taus):.4f},{np.std(taus):.4f}"
                    print(f"7 package with FLAN,{label},{task},{size},{found}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
