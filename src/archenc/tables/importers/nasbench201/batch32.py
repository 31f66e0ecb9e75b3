"""The first generation of proxies: 12 of them on 725 cells, computed with a batch of 32, with seconds."""

from __future__ import annotations

from pathlib import Path

from archenc.suite_zero import PROXIES
from archenc.tables.importers.nasbench201.vocabulary import DATASETS, one_run
from archenc.tables.importers.suite_zero import proxy_fields, read_scores, scores_sheet, seconds
from archenc.tables.importing import Field, Sheet, Source
from archenc.tables.readers import reading

_PROXIES = tuple(proxy for proxy in PROXIES if proxy != "zen")


def _read(path: Path) -> list[Sheet]:
    """Read `{dataset: {six numbers: {val_accuracy, proxy: {score, time}}}}`."""
    datasets = read_scores(path, DATASETS)
    with reading(path):
        return [scores_sheet(dataset, rows, _PROXIES) for dataset, rows in datasets.items()]


def _fields(dataset: str) -> tuple[Field, ...]:
    return (
        Field(f"{dataset} val_accuracy", one_run(dataset)),
        *(
            field
            for proxy in _PROXIES
            for field in proxy_fields(dataset, proxy, 32, f"{dataset} {proxy} score")
        ),
        *(Field(f"{dataset} {proxy} time", seconds(dataset, proxy, "zc32_")) for proxy in _PROXIES),
    )


SOURCES = (
    Source(
        "nb201/zc_nasbench201.json",
        _read,
        tuple(field for dataset in DATASETS.values() for field in _fields(dataset)),
    ),
)
