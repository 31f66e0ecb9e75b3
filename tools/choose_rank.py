"""Compare what `archenc rank` might be made of, on networks that its record does not use.

    python tools/choose_rank.py > docs/results/rank_choice.csv

Networks: the 71 of benchmarks/candidates_other, with the first accuracy of each in
docs/results/rank-digits-other-labels.csv; and the 160 of einspace_digits that learned something, seed 0, of
which each draw takes 71. In each draw 10 or 20 are measured, the rest is ranked. Coverage, median width and
interval score are of intervals of 80 %, ends cut at 0 and 100. difference_ci: half the 95 % interval of the
paired difference to the first configuration. What is known of the networks is kept in runs/rank.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from math import ceil, floor
from pathlib import Path

import numpy as np
from scipy.stats import t as student

from archenc import networks
from archenc.evaluation.metrics import kendall_tau
from archenc.pipelines.candidates.describing import Description, describe, feature_names
from archenc.pipelines.candidates.folder import describe_folder
from archenc.pipelines.candidates.predicting import inverse, predict, ranked_scores, standardised
from archenc.pipelines.graph_and_scores import half_ranked
from archenc.predictors import ExtraTrees, GaussianProcess
from archenc.proxies import Inputs
from archenc.store import Journal
from archenc.tables import BenchmarkTable

NAMES, NOISE = feature_names(), Inputs.noise((1, 8, 8), 0)
DRAWS, POOL = 50, 71
STEPS = {"score_first_steps": 0.8}
Guess = tuple[np.ndarray, np.ndarray | None]
"""Scores, and standard deviations where there are some."""
Model = Callable[[np.ndarray, np.ndarray, np.ndarray], Guess]
"""Guesses all networks from features, rows and labels in the unit they are learned in."""


def other() -> tuple[np.ndarray, np.ndarray]:
    """Return features and labels of the other families."""
    with Path("docs/results/rank-digits-other-labels.csv").open() as file:
        first = [row for row in csv.DictReader(file) if row["seed"] == "0"]
    label = {row["candidate"]: float(row["accuracy"]) for row in first}
    cache = Path("runs/rank/candidates_other.jsonl")
    found = describe_folder("benchmarks/candidates_other", NOISE, cache=cache).descriptions
    return features(list(found.values())), np.array([label[name] for name in found])


def einspace() -> tuple[np.ndarray, np.ndarray]:
    """Return features and labels of the networks of einspace."""
    table, journal = BenchmarkTable.open("einspace_digits"), Journal("runs/rank/einspace_digits.jsonl")
    learned = np.flatnonzero(np.isfinite(table.values("digits_val_accuracy_8ep_learned")))
    known = {record["row"]: record["features"] for record in journal}
    for row in [row for row in learned.tolist() if row not in known]:
        (arch,) = table.architectures(np.array([row]))
        network = networks.build(arch, "own", seed=0, input_shape=(1, 8, 8), n_classes=10)
        known[row] = describe(network, NOISE).features
        journal.append({"row": row, "features": known[row]})
    descriptions = [Description(known[row], "") for row in learned.tolist()]
    return features(descriptions), table.values("digits_val_accuracy_8ep_seed0")[learned]


def features(descriptions: list[Description]) -> np.ndarray:
    return np.array([[one.features[name] for name in NAMES] for one in descriptions])


def process(
    X: np.ndarray, rows: np.ndarray, y: np.ndarray, *, prior: Mapping[str, float], ranks: bool = True,
    alone: bool = False, trees: float = 0, **options: object,
) -> Guess:  # fmt: skip
    """Guess by the prior, and a process and trees on what it leaves."""
    said = np.zeros(len(X))
    for name, worth in prior.items():
        value = X[:, NAMES.index(name)]
        said += worth * (ranked_scores(value) if ranks else standardised(value[:, None])[:, 0])
    if alone:
        return said, None
    Z = standardised(X)
    settings = {"kernel": "rbf", "scaling": "common", "n_restarts": 0, **options}
    mean, std = GaussianProcess(**settings).fit(Z[rows], y - said[rows]).predict(Z, return_std=True)
    if trees:
        forest = ExtraTrees(n_estimators=150, max_features=0.5).fit(Z[rows], y - said[rows])
        mean = (1 - trees) * mean + trees * forest.predict(Z)
    return said + mean, std


def models() -> Iterator[tuple[str, Model]]:
    """Yield ways to rank."""
    steps, old = "score_first_steps", {"log_params": 0.3, "score_jacov": 0.3}
    yield "prior of first steps 0.8, normal scores", partial(process, prior=STEPS)
    yield "as z-scores", partial(process, prior=STEPS, ranks=False)
    yield "first steps alone", partial(process, prior=STEPS, alone=True)
    yield "first steps no prior", partial(process, prior={})
    for worth in (0.4, 0.6, 1.0):
        yield f"prior of first steps {worth}", partial(process, prior={steps: worth})
    for name in ("log_params", "log_macs", "log_activations", "score_jacov", "score_synflow", "score_zen"):
        yield f"prior of first steps 0.6, {name} 0.2", partial(process, prior={steps: 0.6, name: 0.2})
    yield "prior of weights 0.3, jacov 0.3", partial(process, prior=old)
    yield "the same as z-scores (before)", partial(process, prior=old, ranks=False)
    yield "Matern kernel", partial(process, prior=STEPS, kernel="matern52")
    yield "linear part", partial(process, prior=STEPS, linear=True)
    yield "scaling columns", partial(process, prior=STEPS, scaling="columns")
    yield "noise 0.5", partial(process, prior=STEPS, noise=0.5)
    yield "noise 0.7", partial(process, prior=STEPS, noise=0.7)
    yield "half forest", partial(process, prior=STEPS, trees=0.5)
    yield "forest", partial(process, prior=STEPS, trees=1.0)


def intervals(X: np.ndarray, rows: np.ndarray, y: np.ndarray) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """Yield ways to make intervals, in two units."""
    half = predict(X, NAMES, rows, y)
    yield "Student, errors left out (chosen)", half.low, half.high
    target = half_ranked(y)
    odds = np.log((y + 0.5) / (100.5 - y))
    centre, spread = odds.mean(), odds.std()

    def accuracy(score: np.ndarray) -> np.ndarray:
        return 101 / (1 + np.exp(-centre - spread * score)) - 0.5

    for unit, t, back in (("", target, inverse(target, y)), (", logits", (odds - centre) / spread, accuracy)):
        m = len(rows)
        guesses = [process(X, np.delete(rows, i), np.delete(t, i), prior=STEPS) for i in range(m)]
        mean, std = (np.stack(parts) for parts in zip(*guesses, strict=True))
        error = np.abs(t - mean[range(m), rows])
        lowest, highest = floor(0.2 * (m + 1)) - 1, ceil(0.8 * (m + 1)) - 1
        own_unit = error / std[range(m), rows]
        for name, e in (("jackknife+", error[:, None]), ("scaled jackknife+", own_unit[:, None] * std)):
            low, high = np.sort(mean - e, 0)[lowest], np.sort(mean + e, 0)[highest]
            yield f"{name}{unit}", back(low), back(high)
        score, own = process(X, rows, t, prior=STEPS)
        assert own is not None
        yield f"process alone{unit}", back(score - 1.2816 * own), back(score + 1.2816 * own)
        margin = student.ppf(0.9, m) * own * np.sqrt(np.mean(own_unit**2))
        if unit:
            yield f"Student, errors left out{unit}", back(score - margin), back(score + margin)


def qualities(values: np.ndarray, label: np.ndarray, size: int) -> Iterator[tuple[str, str, str, float]]:
    """Yield what, configuration, metric and value of one draw, whose first networks are measured."""
    rows, true = np.arange(size), label[size:]
    best = np.argsort(-true, kind="stable")[:5]
    for name, model in models():
        score = model(values, rows, half_ranked(label[:size]))[0][size:]
        hits = np.intersect1d(np.argsort(-score, kind="stable")[:5], best)
        yield "ranking", name, "kendall_tau", kendall_tau(true=true, pred=score)
        yield "ranking", name, "top5_hit_rate", len(hits) / 5
    for name, *ends in intervals(values, rows, label[:size]):
        low, high = (np.clip(end[size:], 0, 100) for end in ends)
        missed = np.maximum(low - true, 0) + np.maximum(true - high, 0)
        yield "intervals", name, "coverage", float((missed == 0).mean())
        yield "intervals", name, "width", float(np.median(high - low))
        yield "intervals", name, "interval_score", float((high - low + 10 * missed).mean())


def main() -> None:
    out = csv.writer(sys.stdout, lineterminator="\n")
    out.writerow(
        ["networks", "n_train", "n_trials", "what", "configuration", "metric", "mean", "difference_ci"]
    )
    for source in (other, einspace):
        X, y = source()
        for size in (10, 20):
            found: dict[tuple[str, str, str], list[float]] = {}
            for draw in range(DRAWS):
                order = np.random.default_rng([draw, size]).permutation(len(y))[:POOL]
                for what, name, metric, value in qualities(X[order], y[order], size):
                    found.setdefault((what, name, metric), []).append(value)
            first = {(what, metric): values for (what, _, metric), values in reversed(found.items())}
            for (what, name, metric), values in found.items():
                difference = np.subtract(values, first[what, metric])
                ci = 1.96 * difference.std(ddof=1) / np.sqrt(DRAWS)
                told = [what, name, metric, f"{np.mean(values):.4f}", f"{ci:.4f}"]
                out.writerow([source.__name__, size, DRAWS, *told])
            sys.stdout.flush()


if __name__ == "__main__":
    main()
