"""Trial rows as the journal holds them, made up for the tests of the report."""

from __future__ import annotations

from typing import Any


def trial(value: float | None, **given: Any) -> dict[str, Any]:
    """One trial row; what is not given has a harmless default."""
    row = {
        "experiment": "demo",
        "space": "nasbench201",
        "task": "cifar10_val_accuracy_200ep",
        "method": "ridge",
        "encoding": "adjacency",
        "n_train": 8,
        "trial": 0,
        "seed": 0,
        "metric": "kendall_tau",
        "value": value,
        "seconds": 0.5,
    }
    return row | given


def three_trials(mean: float, **given: Any) -> list[dict[str, Any]]:
    """Three trials with this mean and a standard deviation of 0.1."""
    return [trial(mean + step, trial=place, **given) for place, step in enumerate((-0.1, 0.0, 0.1))]
