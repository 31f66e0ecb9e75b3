"""zen and nwot of the 11,221 trained architectures, with seconds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from archenc.tables.importers.nasbench301.trained import INDEX
from archenc.tables.importers.suite_zero import numbers, read_logs, score, score_columns, seconds
from archenc.tables.importing import SENTINEL, Field, Sheet, Source
from archenc.tables.readers import reading

_NOTES = {
    "zen": "Lin et al., ICCV 2021",
    "nwot": "about twice the nwot of a batch of 32, so probably of one of 64, which the source does not say; "
    "Mellor et al., ICML 2021",
}


def _reader(proxy: str) -> Callable[[Path], list[Sheet]]:
    def read(path: Path) -> list[Sheet]:
        """Read members `benchmark--nasbench301--cifar10--<start>.json`, each a list of records."""
        logs = read_logs(path, {"cifar10": "cifar10"})
        with reading(path):
            records = logs["cifar10"]
            columns = {"idx": numbers(int(record["idx"]) for record in records)}
            columns |= score_columns("cifar10", records, [proxy])
            return [Sheet([record["arch"] for record in records], "spelling", columns)]

    return read


SOURCES = tuple(
    Source(
        f"nb301/nb301_{proxy}.zip",
        _reader(proxy),
        (
            Field(f"cifar10 {proxy} score", score("cifar10", proxy, note), rules=(SENTINEL,)),
            Field(f"cifar10 {proxy} time", seconds("cifar10", proxy)),
            Field("idx", INDEX),
        ),
    )
    for proxy, note in _NOTES.items()
)
