"""NAS-Bench-Macro: three trainings of each of the 6,561 networks, parameters and FLOPs."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from archenc.errors import DataError
from archenc.tables.importers.suite_zero import numbers, params
from archenc.tables.importing import Benchmark, Field, Sheet, Source
from archenc.tables.metric import Metric
from archenc.tables.readers import read_json, reading
from archenc.tables.rows import product_listing

_PAPER = "NAS-Bench-Macro (Su et al., CVPR 2021)"
_RUNS = 3
_BEST = "at the epoch of 50 that is best on these very test images, as the source's code keeps it"


def _accuracy(name: str, runs: str) -> Metric:
    return Metric(
        name=f"cifar10_test_accuracy_50ep_{name}",
        dataset="cifar10",
        quantity="accuracy",
        split="test",
        epochs=50,
        unit="percent",
        direction="max",
        runs=runs,
        note=f"{_BEST}; identities within a stage do nothing, and networks that differ in those only "
        f"share one result; {_PAPER}",
    )


_DEVIATION = Metric(
    name="cifar10_test_accuracy_50ep_std",
    dataset="cifar10",
    quantity="standard deviation of the accuracy",
    unit="percent",
    direction=None,
    runs="three",
    note=f"over the three trainings, divided by their number; {_PAPER}",
)
_FLOPS = Metric(
    name="cifar10_macs",
    dataset="cifar10",
    quantity="macs",
    unit="multiply-accumulates",
    runs="exact",
    note=f"what the source calls flops: convolutions and linear layers; {_PAPER}",
)


def _read(path: Path) -> list[Sheet]:
    """Read `{eight digits: {test_acc: [three], mean_acc, std, params, flops}}`."""
    content = read_json(path)
    with reading(path):
        records = list(content.values())
        runs = np.array([record["test_acc"] for record in records], dtype=np.float64)
        if runs.shape != (len(records), _RUNS):
            raise DataError(f"{path}: expected {_RUNS} accuracies in test_acc, found the shape {runs.shape}")
        columns = {f"run {run}": runs[:, run] for run in range(_RUNS)}
        for name in ("mean_acc", "std", "params", "flops"):
            columns[name] = numbers(record[name] for record in records)
        return [Sheet(list(content), "spelling", columns)]


SOURCES = (
    Source(
        "nbmacro/nas-bench-macro_cifar10.json",
        _read,
        (
            Field("mean_acc", _accuracy("mean", "mean of three")),
            *(Field(f"run {run}", _accuracy(f"run{run}", "one")) for run in range(_RUNS)),
            Field("std", _DEVIATION),
            Field("params", params("cifar10")),
            Field("flops", _FLOPS),
        ),
    ),
)

BENCHMARK = Benchmark(SOURCES, product_listing)
