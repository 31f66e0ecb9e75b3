"""NDS: the official files, a training a record (Radosavovic et al., ICCV 2019).

A file is a list of records, or two lists under "top" and "mid". A record has `net` (`genotype`, `width`,
`depth`, ...), `optim` (`base_lr`, `wd`, `max_ep`), the curves `test_ep_top1` and `train_ep_top1` of errors in
percent, the least test error `min_test_top1`, `params` and `flops`. The same network may be trained more than
once: values are then means, and the metric `nds_trainings` counts. What a record lacks is missing, as is the
accuracy of a training that ended in NaN.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import isnan, nan
from pathlib import Path
from typing import Any

from archenc.errors import DataError, shown
from archenc.tables.importers.suite_zero import numbers
from archenc.tables.importing import REPEATS, Benchmark, Field, Sheet, Source
from archenc.tables.metric import Metric
from archenc.tables.readers import read_json, reading

_PAPER = "NDS (Radosavovic et al., ICCV 2019)"
FILES = {
    "nds_amoeba": "Amoeba",
    "nds_amoeba_in": "Amoeba_in",
    "nds_darts": "DARTS",
    "nds_darts_fix_w_d": "DARTS_fix-w-d",
    "nds_darts_in": "DARTS_in",
    "nds_darts_lr_wd": "DARTS_lr-wd",
    "nds_darts_lr_wd_in": "DARTS_lr-wd_in",
    "nds_enas": "ENAS",
    "nds_enas_fix_w_d": "ENAS_fix-w-d",
    "nds_enas_in": "ENAS_in",
    "nds_nasnet": "NASNet",
    "nds_nasnet_in": "NASNet_in",
    "nds_pnas": "PNAS",
    "nds_pnas_fix_w_d": "PNAS_fix-w-d",
    "nds_pnas_in": "PNAS_in",
}
"""The official file of each space, without its ending."""


def benchmark(name: str) -> Benchmark:
    """Return the importer of one space of NDS."""
    dataset = "imagenet" if name.endswith("_in") else "cifar10"
    fields = (
        Field("test", _accuracy(dataset, "test", "final", "at the last epoch, 100 - test_ep_top1[-1]")),
        Field("best", _accuracy(dataset, "test", "best", "at the epoch best on these very images")),
        Field("train", _accuracy(dataset, "train", "final", "at the last epoch")),
        Field("params", _count(dataset, "params", "trainable parameters")),
        Field("flops", _count(dataset, "flops", "multiply-accumulates of one forward pass")),
        Field(REPEATS, Metric("nds_trainings", "none", "trainings", unit="records", note=_PAPER)),
    )
    return Benchmark((Source(f"nds/{FILES[name]}.json", _read, fields),), listing=None)


def _accuracy(dataset: str, split: str, epoch: str, note: str) -> Metric:
    return Metric(
        name=f"{dataset}_{split}_accuracy_{epoch}",
        dataset=dataset,
        quantity="accuracy",
        split=split,
        unit="percent",
        direction="max",
        runs="one, or the mean of nds_trainings",
        note=f"{note}; the file has errors; {_PAPER}",
    )


def _count(dataset: str, quantity: str, note: str) -> Metric:
    return Metric(
        f"{dataset}_{quantity}", dataset, quantity, unit="count", runs="exact", note=f"{note}; {_PAPER}"
    )


def _read(path: Path) -> list[Sheet]:
    content = read_json(path)
    with reading(path):
        if isinstance(content, dict):
            content = [*content["top"], *content["mid"]]
        if not content:
            raise DataError(f"{path}: no record in it")
        for number, record in enumerate(content):
            net = record.get("net") if isinstance(record, dict) else None
            if not isinstance(net, dict) or "genotype" not in net:
                raise DataError(
                    f"{path}, record {number}: {shown(record)} has no net.genotype; has its space cells?"
                )
        for name in ("test_ep_top1", "train_ep_top1", "params", "flops"):
            if not any(name in record for record in content):
                raise DataError(f"{path}: no record has {name}")
        rows = [_of_record(path, number, record) for number, record in enumerate(content)]
        columns = {name: numbers(row[name] for row in rows) for name in rows[0]}
        keys = [_described(record) for record in content]
        return [Sheet(keys, "spelling", columns, repeats="mean")]


def _of_record(path: Path, number: int, record: Mapping[str, Any]) -> dict[str, float]:
    """Return the numbers of a record; what it lacks, or what has died as NaN, is missing."""

    def curve(name: str) -> list[float]:
        said = record.get(name)
        return [nan] if said is None or said == [] else [100 - _number(epoch) for epoch in said]

    try:
        test, train = curve("test_ep_top1"), curve("train_ep_top1")
        return {
            "test": test[-1],
            "best": max((value for value in test if not isnan(value)), default=nan),
            "train": train[-1],
            "params": _number(record.get("params")),
            "flops": _number(record.get("flops")),
        }
    except TypeError as error:
        raise DataError(
            f"{path}, record {number}: {error}; expected lists of errors in percent in test_ep_top1 and "
            "train_ep_top1, and numbers in params and flops"
        ) from error


def _number(value: object) -> float:
    """Return a number, NaN for null. Raises TypeError for all else."""
    if value is None:
        return nan
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{shown(value)} where a number should be")
    return float(value)


def _described(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return what of a record a space reads: the curves need not be carried along."""
    return {"net": record["net"], "optim": record.get("optim", {})}


(
    AMOEBA,
    AMOEBA_IN,
    DARTS,
    DARTS_FIX_W_D,
    DARTS_IN,
    DARTS_LR_WD,
    DARTS_LR_WD_IN,
    ENAS,
    ENAS_FIX_W_D,
    ENAS_IN,
    NASNET,
    NASNET_IN,
    PNAS,
    PNAS_FIX_W_D,
    PNAS_IN,
) = map(benchmark, FILES)
