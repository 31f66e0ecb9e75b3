"""The first generation of proxies: 12 of them on 725 cells, computed with a batch of 32, with seconds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from archenc.errors import DataError
from archenc.suite_zero import PROXIES
from archenc.tables.importers.nasbench201.vocabulary import (
    DATASETS,
    SUITE_ZERO,
    one_run,
    proxy_fields,
)
from archenc.tables.importing import Field, Sheet, Source
from archenc.tables.metric import Metric
from archenc.tables.readers import read_json, reading

_PROXIES = tuple(proxy for proxy in PROXIES if proxy != "zen")


def _read(path: Path) -> list[Sheet]:
    """Read `{dataset: {six numbers: {val_accuracy, proxy: {score, time}}}}`."""
    content = read_json(path)
    with reading(path):
        if unknown := set(content) - set(DATASETS):
            raise DataError(f"{path}: unknown data sets {sorted(unknown)}; known: {', '.join(DATASETS)}")
        return [_sheet(DATASETS[name], rows) for name, rows in content.items()]


def _sheet(dataset: str, rows: dict[str, dict[str, Any]]) -> Sheet:
    records = list(rows.values())
    columns = {f"{dataset} val_accuracy": _numbers([record["val_accuracy"] for record in records])}
    for proxy in _PROXIES:
        entries = [record.get(proxy, {}) for record in records]
        columns[f"{dataset} {proxy} score"] = _numbers([entry.get("score") for entry in entries])
        columns[f"{dataset} {proxy} time"] = _numbers([entry.get("time") for entry in entries])
    return Sheet(list(rows), "naslib", columns, also=([record["arch"] for record in records], "naslib"))


def _numbers(values: list[float | None]) -> np.ndarray:
    return np.array([np.nan if value is None else value for value in values], dtype=np.float64)


def _seconds(dataset: str, proxy: str) -> Metric:
    return Metric(
        name=f"{dataset}_zc32_{proxy}_seconds",
        dataset=dataset,
        quantity="seconds",
        unit="s",
        direction="min",
        runs="one",
        note=f"time to compute {proxy}; {SUITE_ZERO}",
    )


def _fields(dataset: str) -> tuple[Field, ...]:
    return (
        Field(f"{dataset} val_accuracy", one_run(dataset)),
        *(
            field
            for proxy in _PROXIES
            for field in proxy_fields(dataset, proxy, 32, f"{dataset} {proxy} score")
        ),
        *(Field(f"{dataset} {proxy} time", _seconds(dataset, proxy)) for proxy in _PROXIES),
    )


SOURCES = (
    Source(
        "nb201/zc_nasbench201.json",
        _read,
        tuple(field for dataset in DATASETS.values() for field in _fields(dataset)),
    ),
)
