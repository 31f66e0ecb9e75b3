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


QUERIES = [
    "SELECT acc FROM nb201",
    "SELECT * FROM nb201",
    "FROM nb201",
    "SELECT count(*) FROM nb201",
    "SELECT * EXCLUDE (acc) FROM nb201",
    "SELECT COLUMNS('^n') FROM nb201",
    "SELECT nb201 FROM nb201",
    "SELECT z, n FROM nb201 AS t(x, y, z)",
    "SELECT a.acc FROM nb201 a JOIN nasbench201 b USING (row) WHERE b.n > 1",
    "SELECT * FROM nb201 NATURAL JOIN (SELECT row, acc FROM nb201)",
    "WITH t AS MATERIALIZED (SELECT * FROM nb201) SELECT x.acc FROM t x, t y WHERE x.n < y.n",
    "SELECT row FROM nb201 WHERE acc IN (SELECT max(acc) FROM nb201)",
    "SELECT row, (SELECT max(n) FROM nb201 b WHERE b.n < a.n) FROM nb201 a",
    "SELECT acc FROM nb201 UNION ALL SELECT n FROM nb201",
    "SELECT n FROM nb201 WHERE false",
    "SELECT 1",
    "DESCRIBE nb201",
    "SUMMARIZE nb201",
    "SELECT * FROM (PIVOT nb201 ON n IN (1, 2) USING sum(acc))",
    "SELECT * FROM (UNPIVOT nb201 ON acc, n)",
    "SELECT acc, row_number() OVER (ORDER BY n) FROM nb201 QUALIFY rank() OVER (ORDER BY acc) < 3",
]


@pytest.mark.parametrize("sql", QUERIES)
def test_reading_only_what_a_query_needs_changes_no_answer(
    table: BenchmarkTable, sql: str, monkeypatch: pytest.MonkeyPatch
):
    lean = query(table, sql)
    monkeypatch.setattr("archenc.tables.sql._needed", lambda *_: set(table.metrics))
    whole = query(table, sql)
    assert sorted(map(str, lean.to_pylist())) == sorted(map(str, whole.to_pylist()))
    assert lean.schema == whole.schema


@pytest.mark.parametrize(
    ("sql", "read"),
    [
        ("SELECT row FROM nb201 WHERE acc > 1", ["acc"]),
        ("SELECT count(*) FROM nb201", []),
        ("SELECT architecture FROM nb201", []),
        ("SELECT 1", []),
        ("SELECT * FROM nb201", ["acc", "n"]),
        ("SELECT a.n FROM nb201 a JOIN nb201 b ON a.row = b.row", ["n"]),
    ],
)
def test_only_what_a_query_needs_is_read(
    table: BenchmarkTable, sql: str, read: list[str], monkeypatch: pytest.MonkeyPatch
):
    asked = []
    values = BenchmarkTable.values
    monkeypatch.setattr(
        BenchmarkTable, "values", lambda self, name, rows=None: (asked.append(name), values(self, name))[1]
    )
    query(table, sql)
    assert asked == read


def test_a_plan_that_does_not_say_reads_everything(table: BenchmarkTable, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("archenc.tables.sql._leaves", lambda _: [{"name": "SOMETHING NEW"}])
    assert query(table, "SELECT acc FROM nb201")["acc"].to_pylist() == [90.0, None, 80.0]
