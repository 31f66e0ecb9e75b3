"""Tables that come with archenc."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from archenc.tables.table import BenchmarkTable

_FOLDER = Path(str(files("archenc"))) / "data"


def packaged() -> list[str]:
    """Return the names of the tables that come with archenc, where the build shipped them."""
    return sorted(path.stem for path in _FOLDER.glob("*.parquet"))


def packaged_path(name: str) -> Path | None:
    """Return the file of a table that comes with archenc, or None if there is none of that name."""
    return _FOLDER / f"{name}.parquet" if name in packaged() else None


def digits201() -> BenchmarkTable:
    """Return 6,466 different NAS-Bench-201 cells, trained by archenc on scikit-learn's digits, thrice each.

    Learning curves, of which `digits_val_accuracy_16ep` (percent, mean of three seeds) is the metric of
    record, and 13 zero-cost scores, `digits_zc64_...`. What it is and is not: docs/digits201.md.
    """
    from archenc.tables.table import BenchmarkTable

    return BenchmarkTable.open("digits201")
