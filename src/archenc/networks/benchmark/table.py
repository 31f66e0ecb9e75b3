"""From the shards of a benchmark to its table."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from jaxtyping import Float64

from archenc.networks.benchmark.plan import Plan
from archenc.tables import BenchmarkTable, Metric

_DECIMALS = 5


def table_of(plan: Plan, records: Iterable[dict[str, Any]]) -> BenchmarkTable:
    """Return the table of the shards that are done; what is not done, or diverged, is missing.

    records: what `train_shard` returned. Columns: `{dataset}_{split}_{quantity}_{epoch}ep`, the mean over the
    seeds at hand; with several seeds also `..._seed{s}`, and `{dataset}_runs`, how many were at hand.
    """
    by_name = _columns(plan, records)
    columns: dict[str, Float64[np.ndarray, " n"]] = {}
    metrics: list[Metric] = []

    def add(metric: Metric, values: Float64[np.ndarray, " n"]) -> None:
        metrics.append(metric)
        columns[metric.name] = values

    trained = np.zeros(len(plan.archs))
    for name in sorted(by_name, key=_order):
        by_seed = by_name[name]
        mean, count = _mean(np.stack(list(by_seed.values())))
        trained = np.maximum(trained, count)
        add(_metric(plan, name, "", "1" if len(by_seed) == 1 else f"mean of 1 to {len(by_seed)}"), mean)
        if len(plan.seeds) > 1:
            for seed, values in by_seed.items():
                add(_metric(plan, name, f"_seed{seed}", "1"), values)
    if len(plan.seeds) > 1:
        note = "how many trainings the means are of"
        add(Metric(f"{plan.data.name}_runs", plan.data.name, "runs", note=note), trained)
    return BenchmarkTable.from_columns(plan.space, plan.archs, columns, metrics)


def _columns(
    plan: Plan, records: Iterable[dict[str, Any]]
) -> dict[str, dict[int, Float64[np.ndarray, " n"]]]:
    """Return name -> seed -> a value a row, whatever the order in which the shards were done."""
    found: dict[str, dict[int, Float64[np.ndarray, " n"]]] = {}
    for record in sorted(records, key=lambda record: record["shard"]):
        shard = plan.shards[record["shard"]]
        for name, values in record["curves"].items():
            column = found.setdefault(name, {}).setdefault(shard.seed, np.full(len(plan.archs), np.nan))
            column[list(shard.rows)] = [np.nan if value is None else value for value in values]
    return found


def _mean(
    values: Float64[np.ndarray, "seeds n"],
) -> tuple[Float64[np.ndarray, " n"], Float64[np.ndarray, " n"]]:
    """Return the mean of what is present in each column, and how many that are."""
    present = ~np.isnan(values)
    count = present.sum(0)
    total = np.where(present, values, 0).sum(0)
    mean = np.round(total / np.maximum(count, 1), _DECIMALS)
    return np.where(count > 0, mean, np.nan), count.astype(np.float64)


def _metric(plan: Plan, name: str, suffix: str, runs: str) -> Metric:
    split, quantity, epoch = name.removesuffix("ep").split("_")
    accuracy = quantity == "accuracy"
    return Metric(
        f"{plan.data.name}_{name}{suffix}",
        plan.data.name,
        quantity,
        split=split,
        epochs=int(epoch),
        unit="percent" if accuracy else "nats",
        direction="max" if accuracy else "min",
        runs=runs,
        source="archenc benchmark build",
        note="" if accuracy else "mean cross-entropy" + (" over the epoch" if split == "train" else ""),
    )


def _order(name: str) -> tuple[int, str, int]:
    """Validation first: it is what architectures are compared by."""
    split, quantity, epoch = name.removesuffix("ep").split("_")
    return ["val", "test", "train"].index(split), quantity, int(epoch)
