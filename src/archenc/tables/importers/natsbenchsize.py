"""NATS-Bench, size space: accuracy, parameters and three scores of all 32,768 networks on CIFAR-10."""

from __future__ import annotations

from pathlib import Path

from archenc.tables.importers.nasbench201.nas_ntk import training_free
from archenc.tables.importers.suite_zero import params
from archenc.tables.importing import Benchmark, Field, Sheet, Source
from archenc.tables.metric import Metric
from archenc.tables.readers import integers, read_csv
from archenc.tables.rows import product_listing

_ACCURACY = Metric(
    name="cifar10_test_accuracy_90ep",
    dataset="cifar10",
    quantity="accuracy",
    split="test",
    epochs=90,
    unit="percent",
    direction="max",
    note="the source names neither split nor epochs: the maximum, 93.65, is that of the published test "
    "accuracies after 90 epochs; NATS-Bench (Dong et al., TPAMI 2021)",
)
_FIELDS = (
    Field("accuracy", _ACCURACY),
    Field("num_param", params("cifar10")),
    Field("score", training_free("cifar10", "ntk")),
    Field("score_nasi", training_free("cifar10", "nasi")),
    Field("score_naswot", training_free("cifar10", "naswot")),
)


def _read(path: Path) -> list[Sheet]:
    columns, _ = read_csv(path, ["index", *(field.column for field in _FIELDS)])
    return [Sheet(integers(path, columns["index"]), "index", columns)]


SOURCES = (Source("natsss/Cifar10-NATS.csv", _read, _FIELDS),)

BENCHMARK = Benchmark(SOURCES, product_listing)
