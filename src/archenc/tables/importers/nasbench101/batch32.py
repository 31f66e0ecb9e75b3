"""11 proxies and an accuracy on 500 graphs, of which many are isomorphic: 292 cells."""

from __future__ import annotations

from pathlib import Path

from archenc.suite_zero import PROXIES
from archenc.tables.importers.nasbench101.one_run import NB101
from archenc.tables.importers.suite_zero import SUITE_ZERO, numbers, proxy_fields
from archenc.tables.importing import REPEATS, Field, Sheet, Source
from archenc.tables.metric import Metric
from archenc.tables.readers import read_json, reading

_PROXIES = tuple(proxy for proxy in PROXIES if proxy not in ("zen", "nwot"))
_MEAN = "mean over the isomorphic graphs of the file, cifar10_zc32_repeats of them"


def _read(path: Path) -> list[Sheet]:
    """Read `{"nasbench101": {"cifar10": {flat graph: {val_accuracy, proxy: score}}}}`."""
    content = read_json(path)
    with reading(path):
        (rows,) = content["nasbench101"].values()
        names = ("val_accuracy", *_PROXIES)
        columns = {name: numbers(record.get(name) for record in rows.values()) for name in names}
        return [Sheet(list(rows), "spelling", columns, repeats="mean")]


def _field(proxy: str) -> Field:
    # not cifar10_params: the parameters of isomorphic graphs may differ
    field, *_ = proxy_fields("cifar10", proxy, 32, proxy, note=_MEAN)
    return field


_ACCURACY = Metric(
    name="cifar10_val_accuracy_108ep_scored",
    dataset="cifar10",
    quantity="accuracy",
    split="val",
    epochs=108,
    unit="percent",
    direction="max",
    runs="one for each graph",
    note=f"one of the three trainings of a cell, drawn anew for each graph; {_MEAN}; {NB101}, {SUITE_ZERO}",
)

_COUNT = Metric(
    name="cifar10_zc32_repeats",
    dataset="cifar10",
    quantity="graphs",
    unit="graphs",
    note=f"isomorphic graphs of the cell in the file: so many values stand behind each mean; {SUITE_ZERO}",
)

SOURCES = (
    Source(
        "nb101/zc_nasbench101.json",
        _read,
        (Field("val_accuracy", _ACCURACY), *map(_field, _PROXIES), Field(REPEATS, _COUNT)),
    ),
)
