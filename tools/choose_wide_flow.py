"""Ask whether FLAN should join the recommended predictor on rows of stages, and with which prior share.

    python tools/choose_wide_flow.py > docs/results/wide_flow_choice.csv

Draws of `choose_wide`, other draws than those of record, of the same networks: the predictor without FLAN;
FLAN with the share that held-out thirds give it, drawn towards a quarter as on cells, and drawn towards
none; FLAN alone.
"""

from __future__ import annotations

import sys
from dataclasses import replace

import numpy as np
from choose_wide import TASKS

from archenc.evaluation.metrics import kendall_tau
from archenc.evaluation.task import Task
from archenc.pipelines.blending import FOLDS, PRIOR, PRIOR_LABELS
from archenc.pipelines.recommendation import Recommended
from archenc.tables import BenchmarkTable

RUNS = ((0, 64, 1), (2, 64, 1), (1, 64, 1), (3, 128, 1), (4, 128, 1))
"""Which of `TASKS`, on how many labels, and how many draws of them."""


def main() -> None:
    print("task,n_train,n_trials,configuration,kendall_tau")
    for which, n, trials in RUNS:
        space, metric = TASKS[which]
        task = Task.from_table(BenchmarkTable.open(space), metric).sample(3000, 7)
        orders = [np.random.default_rng([99, trial]).permutation(len(task)) for trial in range(trials)]
        sets = [(task.take(o[:n]), task.y[o[:n]], trial) for trial, o in enumerate(orders)]
        taus: dict[str, list[float]] = {}
        for order, model in zip(orders, Recommended(flow_from=48).fit_trials(sets), strict=True):
            test = order[-1500:]
            for name, scores in readings(model, n, task.take(test)).items():
                taus.setdefault(name, []).append(kendall_tau(true=task.y[test], pred=scores))
        for name, values in taus.items():
            print(f"{space}: {metric},{n},{trials},{name},{np.mean(values):.4f}")
        sys.stdout.flush()


def readings(model: Recommended, n: int, X: object) -> dict[str, np.ndarray]:
    """Return the scores that a predictor with FLAN would give with other shares of it."""
    rest, flow, blend = model.rest_.predict(X), model.flow_.predict(X), model.blend_
    held = n // FOLDS * FOLDS
    bare = replace(blend, share=blend.share - PRIOR * PRIOR_LABELS / (held + PRIOR_LABELS))
    return {
        "without FLAN": rest,
        "FLAN with prior share 1/4": blend.mean(rest, flow),
        "FLAN with prior share 0": bare.mean(rest, flow),
        "FLAN alone": flow,
    }


if __name__ == "__main__":
    main()
