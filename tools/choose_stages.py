"""Compare the steps from the recommended predictor on rows of stages, as it was, to what it is.

    python tools/choose_stages.py > docs/results/stages_choice.csv

Draws of `choose_wide`: other draws than those of record, of the same networks and labels. Every step keeps
those before it: activations beside parameters and FLOPs; costs as they are beside their logarithms; bent
labels; a learned share of the forest; a prior that the whole tells most.
Without labels: what activations alone say, higher for better, of all 3,000.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

import numpy as np
from choose_wide import TASKS, sums_and_logarithms

from archenc.encoders import GraphFeatures, Sizes, Totals
from archenc.evaluation.metrics import kendall_tau
from archenc.evaluation.task import Task
from archenc.pipelines.graph_and_scores import half_ranked
from archenc.pipelines.stages import LITTLE, MUCH, bent_labels, forests_share
from archenc.predictors import ExtraTrees, GaussianProcess
from archenc.tables import BenchmarkTable

TRIALS = {8: 4, 32: 4, 128: 4, 512: 2}


def main() -> None:
    print("task,n_train,n_trials,configuration,kendall_tau")
    for space, metric in TASKS:
        task = Task.from_table(BenchmarkTable.open(space), metric).sample(3000, 7)
        groups = features(task)
        alone = kendall_tau(true=task.y, pred=activations(task))
        print(f"{space}: {metric},0,1,activations alone,{alone:.4f}")
        for n, trials in TRIALS.items():
            taus: dict[str, list[float]] = {}
            for trial in range(trials):
                order = np.random.default_rng([99, trial]).permutation(len(task))
                test = order[-1500:]
                for name, scores in steps(groups, task.y, order[:n], test, trial):
                    taus.setdefault(name, []).append(kendall_tau(true=task.y[test], pred=scores))
            for name, values in taus.items():
                print(f"{space}: {metric},{n},{trials},{name},{np.mean(values):.4f}")
            sys.stdout.flush()


def activations(task: Task) -> np.ndarray:
    """Return those of the whole network, which need no label."""
    totals = Totals().fit(task.X)
    return totals.transform(task.X)[:, totals.get_feature_names_out().tolist().index("activations_m")]


def features(task: Task) -> dict[str, list[np.ndarray]]:
    """Return the groups of features of each of the first three steps."""
    graph = GraphFeatures(max_subset=1, published=True).fit(task.X).transform(task.X).astype(float)
    sizes = Sizes().fit(task.X).transform(task.X).astype(float)
    totals = Totals().fit(task.X)
    whole, costs, logs, cells = np.split(totals.transform(task.X), np.cumsum(totals.widths_)[:-1], axis=1)
    return {
        "as it was": [graph, sizes, *sums_and_logarithms(totals, task)],
        "activations": [graph, sizes, whole, logs],
        "costs as they are": [graph, sizes, whole, costs, logs, cells],
    }


def steps(
    groups: dict[str, list[np.ndarray]], y: np.ndarray, train: np.ndarray, test: np.ndarray, seed: int
) -> Iterator[tuple[str, np.ndarray]]:
    """Yield the name and the scores of every step."""
    for name, parts in groups.items():
        yield name, blended(parts, half_ranked(y[train]), train, test, seed)[0]
    parts = groups["costs as they are"]
    widths = [part.shape[1] for part in parts]
    for beliefs in ([LITTLE] * 6, [LITTLE, LITTLE, MUCH, MUCH, LITTLE, LITTLE]):
        target = bent_labels(np.hstack(parts)[train], y[train], widths, beliefs, seed)
        scores, learned = blended(parts, target, train, test, seed, beliefs)
        if beliefs[2] == LITTLE:
            yield "bent labels", scores
        yield "learned share" if beliefs[2] == LITTLE else "belief in totals", learned


def blended(
    parts: list[np.ndarray],
    target: np.ndarray,
    train: np.ndarray,
    test: np.ndarray,
    seed: int,
    linear: bool | list[float] = True,
) -> tuple[np.ndarray, np.ndarray]:
    """Return scores with a third of the forest, and with the share that held-out thirds give it."""
    X, numbers = np.hstack(parts), np.hstack(parts[1:])
    process = GaussianProcess(groups=[part.shape[1] for part in parts], linear=linear, seed=seed)
    process.fit(X[train], target)
    forest = ExtraTrees(n_estimators=300, max_features=0.5, seed=seed).fit(numbers[train], target)
    nothing = np.zeros(len(train))
    share = forests_share(process, nothing, [(forest, numbers[train])], target, seed)
    one, other = process.predict(X[test]), forest.predict(numbers[test])
    return (2 * one + other) / 3, (1 - share) * one + share * other


if __name__ == "__main__":
    main()
