"""20,001 cells with the validation accuracy of one training after 4, 12, 36 and 108 epochs."""

from __future__ import annotations

from pathlib import Path

from archenc.errors import DataError
from archenc.tables.importers.suite_zero import numbers
from archenc.tables.importing import Field, Sheet, Source
from archenc.tables.metric import Metric
from archenc.tables.readers import read_json, reading

NB101 = "NAS-Bench-101 (Ying et al., ICML 2019)"
BUDGETS = (4, 12, 36, 108)
"""Lengths of the trainings, in epochs: each is a training of its own with a schedule of its own."""

_NUMBERS = (
    *(f"{epochs}_final_validation_accuracy" for epochs in BUDGETS),
    "final_training_time",
    "trainable_parameters",
)


def _read(path: Path) -> list[Sheet]:
    """Read a dictionary of columns, each a list; `operations` and `adjacency` spell the graph again."""
    content = read_json(path)
    with reading(path):
        if not isinstance(content, dict):
            raise TypeError(f"{type(content).__name__} instead of a dictionary of columns")
        if absent := [name for name in ("key", *_NUMBERS) if name not in content]:
            raise DataError(f"{path}: no column {absent[0]!r}; it has {', '.join(content)}")
        also = None
        if "adjacency" in content:
            graphs = zip(content["operations"], content["adjacency"], strict=True)
            also = ([{"operations": ops, "adjacency": rows} for ops, rows in graphs], "spelling")
        return [Sheet(content["key"], "key", {name: numbers(content[name]) for name in _NUMBERS}, also)]


def _accuracy(epochs: int) -> Metric:
    return Metric(
        name=f"cifar10_val_accuracy_{epochs}ep",
        dataset="cifar10",
        quantity="accuracy",
        split="val",
        epochs=epochs,
        unit="fraction",
        direction="max",
        runs="one",
        note=f"one of the three trainings with {epochs} epochs, not their mean; {NB101}",
    )


def params() -> Metric:
    """Return the metric of the parameter count, which the official files give too."""
    return Metric(
        name="cifar10_params",
        dataset="cifar10",
        quantity="params",
        unit="parameters",
        runs="exact",
        note="trainable parameters of the network of the graph as it was trained: isomorphic graphs may "
        f"differ a little, as channels are dealt out in the order of the nodes; {NB101}",
    )


_SECONDS = Metric(
    name="cifar10_training_seconds_108ep",
    dataset="cifar10",
    quantity="seconds",
    epochs=108,
    unit="s",
    direction="min",
    runs="one",
    note=f"duration of the training with 108 epochs; {NB101}",
)

_FIELDS = (
    *(Field(f"{epochs}_final_validation_accuracy", _accuracy(epochs)) for epochs in BUDGETS),
    Field("final_training_time", _SECONDS),
    Field("trainable_parameters", params()),
)

SOURCES = (Source("nb101/data-20k.json", _read, _FIELDS), Source("nb101/data-1k.json", _read, _FIELDS))
