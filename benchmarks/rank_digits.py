"""How well `archenc rank` orders networks of many families after a few of them were measured.

    python -m benchmarks.rank_digits benchmarks/candidates --labels candidates.jsonl --out rank-digits.csv

labels: what `benchmarks.train_candidates` measured; it is written beside the results. In each draw some
networks are measured, at random, and the rest is ranked: by the predictor, by the predictor without the first
steps of a training, and by weights, multiply-accumulates and scores, which need no measurement. The label of
a network is the mean accuracy of its trainings on images it was not trained on. Of intervals there are the
share that holds the label, the median width, that of the ten ranked first, and the interval score (Gneiting &
Raftery, JASA 2007; lower is better), all of ends cut at 0 and 100. What is advised is followed, too: the five
networks that are to be trained next are measured, all is ranked again, and five more are; `advised_*` is what
these ten are worth, beside the ten that other orders have first and ten at random.
"""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from archenc.evaluation import results_table, write_csv
from archenc.evaluation.metrics import kendall_tau
from archenc.pipelines.candidates.describing import NAMES, SCORES, Description
from archenc.pipelines.candidates.first_steps import NAME as FIRST_STEPS
from archenc.pipelines.candidates.folder import describe_folder
from archenc.pipelines.candidates.predicting import Prediction, predict
from archenc.progress import bar
from archenc.proxies import Inputs
from archenc.search.ranking import rank
from archenc.store import Journal

TOP = 5
FIRST = 10
COVERAGE = 0.8
ROUNDS = 2
SHAPE = (1, 8, 8)
WEIGHTS = {"val": 640, "test": 645}
"""Images behind the accuracies of the journal."""


def labels_of(path: Path) -> dict[str, list[float]]:
    """Return the accuracies of each network, in percent, a training each, in the order of the seeds."""
    found: dict[str, dict[int, float]] = {}
    for record in Journal(path):
        whole = sum(record[part] * images for part, images in WEIGHTS.items()) / sum(WEIGHTS.values())
        found.setdefault(record["candidate"], {})[record["seed"]] = whole
    return {name: [value for _, value in sorted(by_seed.items())] for name, by_seed in found.items()}


def quality(true: np.ndarray, pred: np.ndarray) -> dict[str, float]:
    """Return rank correlation, and what the five networks that are predicted best are worth."""
    named = np.argsort(-pred, kind="stable")[:TOP]
    best = np.argsort(-true, kind="stable")[:TOP]
    return {
        "kendall_tau": kendall_tau(true=true, pred=pred),
        "top5_hit_rate": len(np.intersect1d(named, best)) / TOP,
        "best_in_top5": float(best[0] in named),
        "regret_at_5": float(true.max() - true[named].max()),
    }


def intervals(true: np.ndarray, believed: Prediction, rest: np.ndarray) -> dict[str, float]:
    """Return how often intervals hold the label, and how wide they are."""
    low, high = np.maximum(believed.low, 0)[rest], np.minimum(believed.high, 100)[rest]
    width, first = high - low, np.argsort(-believed.score[rest], kind="stable")[:FIRST]
    missed = np.maximum(low - true, 0) + np.maximum(true - high, 0)
    return {
        "interval_coverage": float((missed == 0).mean()),
        "interval_width": float(np.median(width)),
        "interval_width_of_first": float(np.median(width[first])),
        "interval_score": float((width + 2 / (1 - COVERAGE) * missed).mean()),
    }


def followed(descriptions: Mapping[str, Description], labels: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Return the networks that are trained where each round measures the five that are advised."""
    names, known = list(descriptions), list(rows)
    for _ in range(ROUNDS):
        measured = {names[row]: float(labels[row]) for row in known}
        ranking = rank(descriptions, measured, advised=TOP, bounds=(0, 100))
        known += [names.index(one.candidate) for one in ranking if one.next]
    return np.setdiff1d(known, rows)


def worth(true: np.ndarray, trained: np.ndarray) -> dict[str, float]:
    """Return what is found by training some of the networks. trained: their places in the rest."""
    best = np.argsort(-true, kind="stable")[:TOP]
    return {
        "advised_top5_hit_rate": len(np.intersect1d(trained, best)) / TOP,
        "advised_best": float(best[0] in trained),
        "advised_regret": float(true.max() - true[trained].max()),
    }


def filled(values: np.ndarray) -> np.ndarray:
    """Return scores with the worst where there is none, as who ranks by a score must put it somewhere."""
    return np.where(np.isfinite(values), values, np.nanmin(values))


def draws(
    descriptions: Mapping[str, Description], label: np.ndarray, sizes: Sequence[int], n_draws: int
) -> Iterator[tuple[str, int, int, dict[str, float]]]:
    """Yield method, number of measured networks, draw and what was found."""
    columns = [*NAMES, *(f"score_{name}" for name in SCORES)]
    values = np.array([[one.features[name] for name in columns] for one in descriptions.values()])
    single = {name: filled(values[:, place]) for place, name in enumerate(columns)}
    ranked_by = {"params": "log_params", "flops": "log_macs"} | {name: f"score_{name}" for name in SCORES}
    for size in sizes:
        for draw in range(n_draws):
            order = np.random.default_rng([draw, size]).permutation(len(label))
            rows, rest = np.sort(order[:size]), np.sort(order[size:])
            true = label[rest]
            untrained = [place for place, name in enumerate(columns) if name != f"score_{FIRST_STEPS}"]
            for method, places in (
                ("rank", list(range(len(columns)))),
                ("rank_without_first_steps", untrained),
            ):
                names = [columns[place] for place in places]
                believed = predict(values[:, places], names, rows, label[rows], coverage=COVERAGE, seed=draw)
                told = quality(true, believed.score[rest]) | intervals(true, believed, rest)
                seen = {
                    key: replace(one, features={name: one.features[name] for name in names})
                    for key, one in descriptions.items()
                }
                trained = np.searchsorted(rest, followed(seen, label, rows))
                yield method, size, draw, told | worth(true, trained)
            yield "random", size, draw, worth(true, np.searchsorted(rest, order[size:][: ROUNDS * TOP]))
            for method, name in ranked_by.items():
                first = np.argsort(-single[name][rest], kind="stable")[: ROUNDS * TOP]
                yield method, size, draw, quality(true, single[name][rest]) | worth(true, first)
            # the score that orders the measured networks best, as who has them would choose it
            found = {
                name: kendall_tau(true=label[rows], pred=single[name][rows]) for name in ranked_by.values()
            }
            best = max(found, key=lambda name: found[name])
            yield "best_on_measured", size, draw, quality(true, single[best][rest])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--labels", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--cache", type=Path, default=None)
    parser.add_argument("--sizes", default="10,20")
    parser.add_argument("--draws", type=int, default=50)
    arguments = parser.parse_args()
    labels = labels_of(arguments.labels)
    with bar("networks", shown=True) as show:
        described = describe_folder(
            arguments.folder, Inputs.noise(SHAPE, 0), cache=arguments.cache, progress=show
        )
    known = {name: one for name, one in described.descriptions.items() if name in labels}
    trainings = min(len(labels[name]) for name in known)
    label = np.array([np.mean(labels[name][:trainings]) for name in known])
    measured = [
        {"candidate": name, "seed": seed, "accuracy": round(value, 4)}
        for name in known
        for seed, value in enumerate(labels[name])
    ]
    columns = ("candidate", "seed", "accuracy")
    write_csv(measured, arguments.out.with_name(f"{arguments.out.stem}-labels.csv"), columns)
    sizes = [int(size) for size in arguments.sizes.split(",")]
    trials: list[dict[str, Any]] = []
    for method, size, draw, found in draws(known, label, sizes, arguments.draws):
        place = {
            "experiment": "rank-digits", "space": arguments.folder.name, "task": "digits_accuracy_10ep",
            "method": method, "encoding": f"{trainings} trainings", "n_train": size, "trial": draw,
            "n_test": len(label) - size,
        }  # fmt: skip
        trials += [{**place, "metric": metric, "value": value} for metric, value in found.items()]
    command = shlex.join(["python", "-m", "benchmarks.rank_digits", *sys.argv[1:]])
    rows = results_table(trials, command=command, seed=0)
    write_csv(rows, arguments.out)
    for row in rows:
        sys.stdout.write(f"{row['method']:24s} {row['n_train']:3d} {row['metric']:24s} {row['mean']:.3f}\n")


if __name__ == "__main__":
    main()
