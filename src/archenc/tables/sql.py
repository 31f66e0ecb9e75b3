"""Ask a table in SQL."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Any

from archenc.errors import InvalidArgument, require
from archenc.tables.table import BenchmarkTable

if TYPE_CHECKING:
    import pyarrow as pa

_READS_NOTHING = ("EMPTY_RESULT", "DUMMY_SCAN")


def query(table: BenchmarkTable, sql: str) -> pa.Table:
    """Run one SELECT over a table with DuckDB and return the rows.

    The table is called by the name of its space or by an alias of it (`nasbench201`, `nb201`) and has the
    columns `row` (position), `architecture` (native spelling), `key` where the table finds its rows by
    another text, and one a metric; a missing value is NULL. The query sees nothing else and changes nothing.
    Only what it needs is read, each column checked against its checksum.
    Raises MissingExtra without DuckDB, InvalidArgument where the SQL is wrong, DataError.
    """
    from archenc.spaces import space

    duckdb: Any = require("duckdb", "query")
    names = (table.space, *space(table.space).aliases)
    connection = duckdb.connect(":memory:")
    try:
        texts = table.to_arrow(())
        _register(connection, names, _content(table, texts, ()))
        # in this order: the last line forbids to undo the others
        connection.execute("SET python_enable_replacements = false")
        connection.execute("SET enable_external_access = false")
        connection.execute("SET lock_configuration = true")
        statements = connection.extract_statements(sql)
        if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
            raise InvalidArgument(
                f"sql={sql!r}: expected one SELECT (or DESCRIBE), as the table is read only"
            )
        needed = _needed(connection, sql, table)
        _register(connection, names, _content(table, texts, needed))
        if not needed >= _needed(connection, sql, table):  # the plan depends on what is in the table
            _register(connection, names, _content(table, texts, table.metrics))
        return connection.sql(sql).to_arrow_table()
    except duckdb.Error as error:
        raise InvalidArgument(f"sql={sql!r}: {error}") from error
    finally:
        connection.close()


def _register(connection: Any, names: Collection[str], content: pa.Table) -> None:
    for name in names:
        connection.register(name, content)


def _content(table: BenchmarkTable, texts: pa.Table, metrics: Collection[str]) -> pa.Table:
    """Return the table for a query that needs some metrics: the others have their place, and no value."""
    import numpy as np
    import pyarrow as pa

    unread = pa.nulls(len(table), pa.float64())  # one for all of them: a large table may have hundreds
    values = {
        name: pa.array(table.values(name), from_pandas=True) if name in metrics else unread
        for name in table.metrics
    }
    rows = pa.array(np.arange(len(table), dtype=np.int32))
    return pa.table({"row": rows, **dict(zip(texts.column_names, texts.columns, strict=True)), **values})


def _needed(connection: Any, sql: str, table: BenchmarkTable) -> set[str]:
    """Return the metrics that the plan of a query reads; all of them where it does not say."""
    if "pivot" in sql.lower():  # it looks into the table before there is a plan
        return set(table.metrics)
    _, plan = connection.execute(f"EXPLAIN (FORMAT json) {sql}").fetchone()
    needed: set[str] = set()
    for leaf in _leaves(json.loads(plan)):
        columns = leaf.get("extra_info", {}).get("Projections")
        if columns is not None:
            needed.update([columns] if isinstance(columns, str) else columns)
        elif leaf.get("name", "").strip() not in _READS_NOTHING:
            return set(table.metrics)
    return needed & set(table.metrics)


def _leaves(plan: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for node in plan:
        if node.get("children"):
            yield from _leaves(node["children"])
        else:
            yield node
