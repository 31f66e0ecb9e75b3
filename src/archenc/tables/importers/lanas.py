"""LaNAS: 5,402 cells that its search trained from scratch on CIFAR-10."""

from __future__ import annotations

from pathlib import Path

from archenc.errors import DataError
from archenc.tables.importers.suite_zero import numbers
from archenc.tables.importing import Benchmark, Field, Rule, Sheet, Source
from archenc.tables.metric import Metric
from archenc.tables.readers import read_json, reading

_FAILED = Rule("0.0 in the source: the training failed", lambda values: values == 0)
_ACCURACY = Metric(
    name="cifar10_test_accuracy_trained",
    dataset="cifar10",
    quantity="accuracy",
    split="test",
    unit="percent",
    direction="max",
    runs="one",
    note="from scratch; the source's text says 200 epochs, its code plans 600 and stops after 101. A search "
    "chose the cells, so good ones are many; LaNAS (Wang et al., TPAMI 2021)",
)


def _read(path: Path) -> list[Sheet]:
    """Read `{28 integers: accuracy}`."""
    content = read_json(path)
    if not isinstance(content, dict):
        raise DataError(f"{path}: expected cells with accuracies, found a {type(content).__name__}")
    with reading(path):
        return [Sheet(list(content), "spelling", {"accuracy": numbers(content.values())})]


SOURCES = (Source("lanas/total_trace.json", _read, (Field("accuracy", _ACCURACY, rules=(_FAILED,)),)),)

BENCHMARK = Benchmark(SOURCES, listing=None)
