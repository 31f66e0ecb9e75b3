"""The metric of record (200-epoch validation accuracy, mean of seeds), with NTK, NASI, NASWOT scores."""

from __future__ import annotations

from pathlib import Path

from archenc.tables.importers.nasbench201.vocabulary import NB201
from archenc.tables.importers.suite_zero import params
from archenc.tables.importing import Field, Sheet, Source
from archenc.tables.metric import Metric
from archenc.tables.readers import integers, read_csv

_FILES = {"cifar10": "Cifar10", "cifar100": "Cifar100", "imagenet16": "ImageNet"}
_NOTES = {
    "ntk": "score from the neural tangent kernel; the source states neither formula nor direction. Values "
    "above 1e7 are the end of a smooth tail, no sentinels",
    "nasi": "NASI score (Shu et al., ICLR 2022)",
    "naswot": "NASWOT score (Mellor et al., ICML 2021); -inf in the source, a singular kernel, is missing",
}


def accuracy(dataset: str) -> Metric:
    """Return the metric of record, which the official files give too."""
    return Metric(
        name=f"{dataset}_val_accuracy_200ep",
        dataset=dataset,
        quantity="accuracy",
        split="val",
        epochs=200,
        unit="fraction",
        direction="max",
        runs="mean of the available seeds",
        note="the validation metric of record; "
        + ("trained on half of the training set (x-valid); " if dataset == "cifar10" else "")
        + NB201,
    )


def _source(dataset: str, prefix: str) -> Source:
    scores = {"ntk": "score", "nasi": "score_nasi", "naswot": "score_naswot"}
    if dataset == "imagenet16":
        del scores["nasi"]  # the file has none
    fields = (
        Field("accuracy", accuracy(dataset)),
        Field("num_param", params(dataset)),
        *(Field(column, training_free(dataset, quantity)) for quantity, column in scores.items()),
    )
    columns = [field.column for field in fields]

    def read(path: Path) -> list[Sheet]:
        numbers, _ = read_csv(path, ["index", *columns])
        return [Sheet(integers(path, numbers["index"]), "index", numbers)]

    return Source(f"nb201/{prefix}-NB201.csv", read, fields)


def training_free(dataset: str, quantity: str) -> Metric:
    """Return the metric of a score of an untrained network: "ntk", "nasi" or "naswot"."""
    return Metric(
        name=f"{dataset}_{quantity}",
        dataset=dataset,
        quantity=quantity,
        unit="score",
        direction=None if quantity == "ntk" else "max",
        runs="one initialisation",
        note=_NOTES[quantity],
    )


SOURCES = tuple(_source(dataset, prefix) for dataset, prefix in _FILES.items())
