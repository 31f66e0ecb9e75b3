"""Logs of the whole space: zen with its seconds, and every task at the final epoch."""

from __future__ import annotations

from pathlib import Path

from archenc.tables.importers.suite_zero import Record, numbers, read_logs, score, score_columns, seconds
from archenc.tables.importers.transnasbench101.tasks import TASKS, measure
from archenc.tables.importing import SENTINEL, Field, Sheet, Source
from archenc.tables.readers import reading

_ZEN = "missing for the 169 cells without a path from input to output; Lin et al., ICCV 2021"


def _read(path: Path) -> list[Sheet]:
    """Read members `benchmark--transbench101_micro--<task>--<start>.json`, each a list of records."""
    logs = read_logs(path, {task: task for task in TASKS})
    with reading(path):
        return [_sheet(task, records) for task, records in logs.items()]


def _sheet(task: str, records: list[Record]) -> Sheet:
    columns = {f"{task} val_accuracy": numbers(record["val_accuracy"] for record in records)}
    columns |= score_columns(task, records, ["zen"])
    return Sheet([record["arch"] for record in records], "spelling", columns)


SOURCES = (
    Source(
        "tnb101/all_benchmarks_zen.zip",
        _read,
        tuple(
            field
            for task in TASKS
            for field in (
                Field(f"{task} val_accuracy", measure(task, "final")),
                Field(f"{task} zen score", score(task, "zen", _ZEN), rules=(SENTINEL,)),
                Field(f"{task} zen time", seconds(task, "zen")),
            )
        ),
    ),
)
