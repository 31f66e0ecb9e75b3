"""Arguments of another type or out of range are refused by name, in the tables room."""

from __future__ import annotations

from pathlib import Path

import pytest

from archenc.errors import InvalidArgument, MissingScore, UnknownName
from archenc.spaces import space
from archenc.tables import BenchmarkTable, export, import_benchmark, importer, pull
from archenc.tables.sources import KnownBenchmark, KnownFile
from archenc.testing.unchecked import unchecked

NB201 = space("nb201")
INFINITE, NAN = float("inf"), float("nan")


@pytest.fixture
def table() -> BenchmarkTable:
    return BenchmarkTable.from_columns("nb201", [NB201.parse(i) for i in range(3)], {"a": [1.0, 2.0, 3.0]})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("timeout", value) for value in (INFINITE, NAN, None, 0, -1.0, "3", True, 1e12)),
        *(("backoff", value) for value in (INFINITE, NAN, None, -0.1, "3")),
        *(("retries", value) for value in (-1, True, "a", 1.5, None)),
        *(("names", value) for value in (None, [5], [], 5)),
        ("mirror", 5),
        ("home", 5),
    ],
)
def test_pull(tmp_path: Path, name: str, value: object):
    arguments = {"names": "nats_bench.csv", "home": tmp_path, "offline": True, name: value}
    with unchecked(), pytest.raises(InvalidArgument, match=f"{name}="):
        pull(**arguments)  # type: ignore[arg-type]
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("archs", ["0" * 32, None, 5, NB201.parse(0)])
def test_rows_of_what_is_no_list(table: BenchmarkTable, archs: object):
    with unchecked(), pytest.raises(InvalidArgument, match=r"archs=.*list of architectures"):
        table.rows(archs)  # type: ignore[arg-type]


def test_a_key_that_no_row_has(table: BenchmarkTable):
    with pytest.raises(MissingScore, match=r"no row of this table of nasbench201 has the key 0{32}"):
        table.rows(["0" * 32])


@pytest.mark.parametrize("rows", [5, [[0], [1, 2]], [[0, 1]], "0", [0.5], [3], [True, False]])
def test_values_of_what_are_no_rows(table: BenchmarkTable, rows: object):
    with unchecked(), pytest.raises(InvalidArgument, match="rows: expected integers"):
        table.values("a", rows)  # type: ignore[arg-type]


def test_values_of_several_metrics(table: BenchmarkTable):
    with unchecked(), pytest.raises(InvalidArgument, match=r"metric=.*one metric"):
        table.values(["a"])  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["", None, 5])
def test_open(name: object):
    with unchecked(), pytest.raises(InvalidArgument, match=r"name=.*a space"):
        BenchmarkTable.open(name)  # type: ignore[arg-type]


@pytest.mark.parametrize("asked", [{"rows": [0, 0, 1]}, {"metrics": ["a", "a"]}])
def test_exporting_twice(table: BenchmarkTable, tmp_path: Path, asked: dict):
    with pytest.raises(InvalidArgument, match="more than once"):
        export(table, tmp_path / "x.csv", **asked)
    assert not list(tmp_path.iterdir())


def test_files_that_nothing_imports_yet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    file = KnownFile("x/y.csv", 1, None, "MIT", None, None, None, None, derived=False)
    found = KnownBenchmark("accidental", "Files alone", (), "", (file,))
    monkeypatch.setattr(importer, "benchmark_named", {"accidental": found}.get)
    with pytest.raises(UnknownName, match="no importer for them yet"):
        import_benchmark("accidental", tmp_path)
