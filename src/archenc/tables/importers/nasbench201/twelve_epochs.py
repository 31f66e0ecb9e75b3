"""The 12-epoch trainings, from the original pandas pickle and from the CSV derived of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from archenc.errors import DataError
from archenc.tables.importers.nasbench201.vocabulary import NB201
from archenc.tables.importing import Field, Sheet, Source
from archenc.tables.metric import Metric
from archenc.tables.pickles import read_frame
from archenc.tables.readers import integers, read_csv

_DATASETS = {"cifar10": "cifar10", "cifar100": "cifar100", "imagenet": "imagenet16"}
_COLUMNS = tuple((f"{dataset}-{split}", dataset, split) for dataset in _DATASETS for split in ("val", "test"))
_NAMES = [column for column, _, _ in _COLUMNS]


def _read_csv(path: Path) -> list[Sheet]:
    numbers, texts = read_csv(path, ["arch", *_NAMES], ["cellstr"])
    return [_sheet(path, texts["cellstr"], numbers)]


def _read_pickle(path: Path) -> list[Sheet]:
    frame = read_frame(path)
    if absent := [name for name in ("cellstr", "arch", *_NAMES) if name not in frame]:
        raise DataError(f"{path}: no column {', '.join(absent)}; it has {', '.join(frame)}")
    keys = frame["cellstr"]
    if not isinstance(keys, list) or any(isinstance(frame[name], list) for name in ("arch", *_NAMES)):
        raise DataError(f"{path}: 'cellstr' should hold texts, and arch, {', '.join(_NAMES)} numbers")
    return [
        _sheet(path, keys, {name: np.asarray(frame[name], dtype=np.float64) for name in ("arch", *_NAMES)})
    ]


def _sheet(path: Path, keys: list[str], numbers: dict[str, np.ndarray]) -> Sheet:
    return Sheet(keys, "spelling", numbers, also=(integers(path, numbers["arch"]), "index"))


def accuracy(dataset: str, split: str) -> Metric:
    """Return the metric of a 12-epoch accuracy, which the official files give too; dataset: our name."""
    trained_on = "on half of the training set" if split == "val" else "on training and validation set"
    note = f"trained {trained_on}, so val and test are of different models; " if dataset == "cifar10" else ""
    return Metric(
        name=f"{dataset}_{split}_accuracy_12ep",
        dataset=dataset,
        quantity="accuracy",
        split=split,
        epochs=12,
        unit="percent",
        direction="max",
        note=f"{note}a training of its own with 12 epochs, not the first 12 of 200; {NB201}",
    )


_FIELDS = tuple(Field(column, accuracy(_DATASETS[dataset], split)) for column, dataset, split in _COLUMNS)

SOURCES = (
    Source("nb201/mini-bench-arch-cell-accs.pd", _read_pickle, _FIELDS),
    Source("nb201/mini_nb201_12ep.csv", _read_csv, _FIELDS),
)
