"""Logs of the whole space: zen score with its seconds, and 200-epoch accuracy of one run."""

from __future__ import annotations

from pathlib import Path

from archenc.tables.importers.nasbench201.vocabulary import DATASETS, one_run, zen
from archenc.tables.importers.suite_zero import Record, numbers, read_logs, score_columns, seconds
from archenc.tables.importing import SENTINEL, Field, Sheet, Source
from archenc.tables.readers import reading


def _read(path: Path) -> list[Sheet]:
    """Read members `benchmark--nasbench201--<dataset>--<start>.json`, each a list of records."""
    logs = read_logs(path, DATASETS)
    with reading(path):
        return [_sheet(dataset, records) for dataset, records in logs.items()]


def _sheet(dataset: str, records: list[Record]) -> Sheet:
    columns = {f"{dataset} val_accuracy": numbers(record["val_accuracy"] for record in records)}
    columns |= score_columns(dataset, records, ["zen"])
    return Sheet([record["arch"] for record in records], "spelling", columns)


def _fields(dataset: str) -> tuple[Field, ...]:
    return (
        Field(f"{dataset} val_accuracy", one_run(dataset)),
        Field(f"{dataset} zen score", zen(dataset), rules=(SENTINEL,)),
        Field(f"{dataset} zen time", seconds(dataset, "zen")),
    )


SOURCES = (
    Source(
        "nb201/nb201_zen.zip",
        _read,
        tuple(field for dataset in DATASETS.values() for field in _fields(dataset)),
    ),
)
