"""725 architectures with an accuracy, most likely predicted, and 12 proxies with seconds."""

from __future__ import annotations

from pathlib import Path

from archenc.suite_zero import PROXIES
from archenc.tables.importers.nasbench301.trained import NB301
from archenc.tables.importers.suite_zero import SUITE_ZERO, proxy_fields, read_scores, scores_sheet, seconds
from archenc.tables.importing import Field, Sheet, Source
from archenc.tables.metric import Metric
from archenc.tables.readers import reading

_PROXIES = tuple(proxy for proxy in PROXIES if proxy != "zen")

_ACCURACY = Metric(
    name="cifar10_val_accuracy_surrogate",
    dataset="cifar10",
    quantity="accuracy",
    split="val",
    unit="percent",
    direction="max",
    note="most likely predictions of the benchmark's surrogate model, no trainings: none of the 725 is in "
    f"the list of trained architectures, and the source's code asks the surrogate for any other; {NB301}, "
    f"through {SUITE_ZERO}",
)


def _read(path: Path) -> list[Sheet]:
    """Read `{cifar10: {architecture: {val_accuracy, proxy: {score, time}}}}`."""
    datasets = read_scores(path, {"cifar10": "cifar10"})
    with reading(path):
        return [scores_sheet("cifar10", datasets["cifar10"], _PROXIES)]


SOURCES = (
    Source(
        "nb301/zc_nasbench301.json",
        _read,
        (
            Field("cifar10 val_accuracy", _ACCURACY),
            *(f for proxy in _PROXIES for f in proxy_fields("cifar10", proxy, 32, f"cifar10 {proxy} score")),
            *(Field(f"cifar10 {proxy} time", seconds("cifar10", proxy, "zc32_")) for proxy in _PROXIES),
        ),
    ),
)
