"""200-epoch test accuracy, mean of the seeds, and the isomorphism class of each cell."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from archenc.tables.importers.nasbench201.vocabulary import NATS
from archenc.tables.importing import Field, Sheet, Source
from archenc.tables.metric import Metric
from archenc.tables.readers import read_csv

_COLUMNS = {
    "cifar10": "CIFAR10TestAccuracy200Epochs",
    "cifar100": "CIFAR100TestAccuracy200Epochs",
    "imagenet16": "ImageNetTestAccuracy200Epochs",
}
_CLASS = "UniqueString"


def _read(path: Path) -> list[Sheet]:
    numbers, texts = read_csv(path, list(_COLUMNS.values()), ["ArchitectureString", _CLASS])
    order = {text: label for label, text in enumerate(dict.fromkeys(texts[_CLASS]))}
    labels = np.array([order[text] for text in texts[_CLASS]], dtype=np.float64)
    return [Sheet(texts["ArchitectureString"], "spelling", {**numbers, _CLASS: labels})]


def accuracy(dataset: str) -> Metric:
    """Return the metric of the 200-epoch test accuracy, which the official files give too."""
    return Metric(
        name=f"{dataset}_test_accuracy_200ep",
        dataset=dataset,
        quantity="accuracy",
        split="test",
        epochs=200,
        unit="percent",
        direction="max",
        runs="mean of the available seeds",
        note=NATS,
    )


_ISOMORPHISM = Metric(
    name="isomorphism_class",
    dataset="none",
    quantity="class",
    unit="label",
    runs="exact",
    note=f"6,466 labels, equal for cells that compute the same; numbered as they first occur; {NATS}",
)

SOURCES = (
    Source(
        "nb201/nats_bench.csv",
        _read,
        (
            *(Field(column, accuracy(dataset)) for dataset, column in _COLUMNS.items()),
            Field(_CLASS, _ISOMORPHISM),
        ),
    ),
)
