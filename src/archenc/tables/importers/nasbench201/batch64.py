"""The later generation of proxies: 13 of them on 9,445 cells, computed with a batch of 64."""

from __future__ import annotations

from pathlib import Path

from archenc.suite_zero import PROXIES
from archenc.tables.importers.nasbench201.vocabulary import zen
from archenc.tables.importers.suite_zero import proxy_fields
from archenc.tables.importing import Sheet, Source
from archenc.tables.readers import read_csv

_FILES = {"cifar10": "nb201_zc_proxies.csv", "imagenet16": "nb201_ImageNet16-120_zc_proxies.csv"}


def _read(path: Path) -> list[Sheet]:
    numbers, texts = read_csv(path, PROXIES, ["net"])
    return [Sheet(texts["net"], "spelling", numbers)]


def _read_both_spellings(path: Path) -> list[Sheet]:
    """Read the CIFAR-10 file, which spells each cell twice; the join compares the two."""
    numbers, texts = read_csv(path, PROXIES, ["net", "net_str"])
    return [Sheet(texts["net"], "spelling", numbers, also=(texts["net_str"], "spelling"))]


SOURCES = tuple(
    Source(
        f"nb201/{file}",
        _read_both_spellings if dataset == "cifar10" else _read,
        tuple(
            field
            for proxy in PROXIES
            for field in proxy_fields(dataset, proxy, 64, proxy, zen(dataset) if proxy == "zen" else None)
        ),
    )
    for dataset, file in _FILES.items()
)
