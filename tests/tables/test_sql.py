from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from archenc.errors import InvalidArgument, MissingExtra
from archenc.tables import BenchmarkTable, query

pytest.importorskip("duckdb")


@pytest.fixture(scope="module")
def table() -> BenchmarkTable:
    return BenchmarkTable.from_columns("nb201", [17, 4, 99], {"acc": [90.0, np.nan, 80.0], "n": [1, 2, 3]})


def test_rows_by_either_name(table: BenchmarkTable):
    for name in ("nb201", "nasbench201"):
        result = query(table, f"SELECT row, acc FROM {name} ORDER BY acc DESC NULLS LAST")  # noqa: S608
        assert result.to_pylist() == [
            {"row": 0, "acc": 90.0},
            {"row": 2, "acc": 80.0},
            {"row": 1, "acc": None},
        ]


def test_missing_is_null_and_does_not_count(table: BenchmarkTable):
    result = query(table, "SELECT avg(acc) a, count(acc) c, count(*) n FROM nb201")
    assert result.to_pylist() == [{"a": 85.0, "c": 2, "n": 3}]
    assert query(table, "SELECT architecture FROM nb201 WHERE acc IS NULL")["architecture"].to_pylist() == [
        table.keys[1]
    ]


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("DROP VIEW nb201", "expected one SELECT"),
        ("INSERT INTO nb201 VALUES (1)", "expected one SELECT"),
        ("SELECT 1; SELECT 2", "expected one SELECT"),
        ("", "expected one SELECT"),
        ("SET enable_external_access = true", "expected one SELECT"),
        ("COPY nb201 TO 'x.csv'", "expected one SELECT"),
        ("SELECT * FROM read_csv('{file}')", "disabled by configuration"),
        ("SELECT * FROM '{file}'", "disabled by configuration|does not exist"),
        ("SELECT * FROM frame", "does not exist"),
        ("SELECT accuracy FROM nb201", "Candidate bindings"),
        ("SELEC acc", "syntax error"),
    ],
)
def test_only_a_select_over_the_table(table: BenchmarkTable, sql: str, message: str, tmp_path: Path):
    (tmp_path / "x.csv").write_text("a\n1\n")
    frame = table.to_arrow()  # a local variable is no table
    with pytest.raises(InvalidArgument, match=message):
        query(table, sql.format(file=tmp_path / "x.csv"))
    assert frame.num_rows == 3


def test_without_duckdb(table: BenchmarkTable, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "duckdb", None)
    with pytest.raises(MissingExtra, match=r"archenc\[query\]"):
        query(table, "SELECT 1")
