"""The list of the 11,221 architectures that were trained for NAS-Bench-301; it has no accuracies."""

from __future__ import annotations

from pathlib import Path

from archenc.errors import DataError
from archenc.tables.importers.suite_zero import SUITE_ZERO, numbers
from archenc.tables.importing import Field, Sheet, Source
from archenc.tables.metric import Metric
from archenc.tables.readers import read_json, reading

NB301 = "NAS-Bench-301 (Zela et al., ICLR 2022)"

INDEX = Metric(
    name="nb301_index",
    dataset="none",
    quantity="index",
    unit="position",
    runs="exact",
    note="position in the list of architectures trained for the benchmark, whose accuracies no file here "
    f"has; missing for any other architecture; {NB301}, through {SUITE_ZERO}",
)


def _read(path: Path) -> list[Sheet]:
    """Read `{position: architecture}`."""
    content = read_json(path)
    if not isinstance(content, dict):
        raise DataError(f"{path}: expected positions with architectures, found a {type(content).__name__}")
    with reading(path):
        return [Sheet(list(content.values()), "spelling", {"idx": numbers(map(int, content))})]


SOURCES = (Source("nb301/archs_nasbench301.json", _read, (Field("idx", INDEX),)),)
