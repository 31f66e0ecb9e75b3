"""Logs of the whole space: zen score with its seconds, and 200-epoch accuracy of one run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from archenc.errors import DataError
from archenc.tables.importers.nasbench201.vocabulary import DATASETS, SUITE_ZERO, one_run, zen
from archenc.tables.importing import SENTINEL, Field, Sheet, Source
from archenc.tables.metric import Metric
from archenc.tables.readers import read_zipped_json, reading


def _read(path: Path) -> list[Sheet]:
    """Read members `benchmark--nasbench201--<dataset>--<start>.json`, each a list of records."""
    records: dict[str, list[dict[str, Any]]] = {}
    for member, content in read_zipped_json(path):
        parts = member.split("--")
        if len(parts) != 4 or parts[2] not in DATASETS:
            raise DataError(f"{path}: member {member!r} is of no known data set ({', '.join(DATASETS)})")
        records.setdefault(DATASETS[parts[2]], []).extend(content)
    with reading(path):
        return [_sheet(dataset, rows) for dataset, rows in records.items()]


def _sheet(dataset: str, rows: list[dict[str, Any]]) -> Sheet:
    return Sheet(
        [row["arch"] for row in rows],
        "naslib",
        {
            f"{dataset} val_accuracy": np.array([row["val_accuracy"] for row in rows], dtype=np.float64),
            f"{dataset} zen": np.array([row["zen"]["score"] for row in rows], dtype=np.float64),
            f"{dataset} time": np.array([row["zen"]["time"] for row in rows], dtype=np.float64),
        },
    )


def _fields(dataset: str) -> tuple[Field, ...]:
    seconds = Metric(
        name=f"{dataset}_zen_seconds",
        dataset=dataset,
        quantity="seconds",
        unit="s",
        direction="min",
        runs="one",
        note=f"time to compute the zen score; {SUITE_ZERO}",
    )
    return (
        Field(f"{dataset} val_accuracy", one_run(dataset)),
        Field(f"{dataset} zen", zen(dataset), rules=(SENTINEL,)),
        Field(f"{dataset} time", seconds),
    )


SOURCES = (
    Source(
        "nb201/nb201_zen.zip",
        _read,
        tuple(field for dataset in DATASETS.values() for field in _fields(dataset)),
    ),
)
