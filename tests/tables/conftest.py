from __future__ import annotations

from pathlib import Path

import pytest

from archenc.tables import BenchmarkTable, ImportReport, import_benchmark


@pytest.fixture(scope="session")
def imported(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> ImportReport:
    """The real files, imported once."""
    return import_benchmark("nb201", shared_data, home=tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="session")
def nb201(imported: ImportReport) -> BenchmarkTable:
    return BenchmarkTable.open(imported.table)
