"""Measured facts: benchmark tables, what their columns mean, and how public files become one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archenc.lazy import lazy

if TYPE_CHECKING:
    from archenc.tables.exporting import Exported, export, read_export
    from archenc.tables.importer import ImportReport, import_benchmark
    from archenc.tables.metric import Metric
    from archenc.tables.own import table_from_csv
    from archenc.tables.packaged import digits201
    from archenc.tables.pulling.pull import Pulled, pull
    from archenc.tables.sql import query
    from archenc.tables.table import BenchmarkTable, stored_path

# loaded on first use: pyarrow takes longer to import than a command line should take to answer
_HOMES = {
    "BenchmarkTable": "table",
    "Exported": "exporting",
    "ImportReport": "importer",
    "Metric": "metric",
    "Pulled": "pulling.pull",
    "digits201": "packaged",
    "export": "exporting",
    "import_benchmark": "importer",
    "pull": "pulling.pull",
    "query": "sql",
    "read_export": "exporting",
    "stored_path": "table",
    "table_from_csv": "own",
}

__all__ = [
    "BenchmarkTable",
    "Exported",
    "ImportReport",
    "Metric",
    "Pulled",
    "digits201",
    "export",
    "import_benchmark",
    "pull",
    "query",
    "read_export",
    "stored_path",
    "table_from_csv",
]

__getattr__, __dir__ = lazy(__name__, _HOMES)
