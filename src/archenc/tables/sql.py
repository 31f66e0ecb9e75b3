"""Ask a table in SQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from archenc.errors import InvalidArgument, require
from archenc.tables.table import BenchmarkTable

if TYPE_CHECKING:
    import pyarrow as pa


def query(table: BenchmarkTable, sql: str) -> pa.Table:
    """Run one SELECT over a table with DuckDB and return the rows.

    The table is called by the name of its space or by an alias of it (`nasbench201`, `nb201`) and has the
    columns `row` (position), `architecture` (native spelling) and one a metric; a missing value is NULL. The
    query sees nothing else and changes nothing. Every column is checked against its checksum first.
    Raises MissingExtra without DuckDB, InvalidArgument where the SQL is wrong, DataError.
    """
    import pyarrow as pa

    from archenc.spaces import space

    duckdb: Any = require("duckdb", "query")
    content = table.to_arrow()
    content = content.add_column(0, "row", pa.array(range(len(table)), pa.int32()))
    connection = duckdb.connect(":memory:")
    try:
        for name in (table.space, *space(table.space).aliases):
            connection.register(name, content)
        # in this order: the last line forbids to undo the others
        connection.execute("SET python_enable_replacements = false")
        connection.execute("SET enable_external_access = false")
        connection.execute("SET lock_configuration = true")
        statements = connection.extract_statements(sql)
        if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
            raise InvalidArgument(
                f"sql={sql!r}: expected one SELECT (or DESCRIBE), as the table is read only"
            )
        return connection.sql(sql).to_arrow_table()
    except duckdb.Error as error:
        raise InvalidArgument(f"sql={sql!r}: {error}") from error
    finally:
        connection.close()
