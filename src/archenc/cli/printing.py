"""How commands print records: tables for people, CSV and JSON for programs."""

from __future__ import annotations

import csv
import json
import math
import sys
from collections.abc import Mapping, Sequence
from enum import StrEnum
from textwrap import wrap
from typing import Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table


class Format(StrEnum):
    """How a result is printed."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"


def print_rows(rows: Sequence[Mapping[str, Any]], output: Format, names: Sequence[str] | None = None) -> None:
    """Print records in the format asked for. names: the columns, needed where there may be no record."""
    names = list(names or rows[0])
    if output is Format.JSON:
        plain = [{name: _json(value) for name, value in row.items()} for row in rows]
        typer.echo(json.dumps(plain, indent=1, ensure_ascii=False, default=str))
    elif output is Format.CSV:
        writer = csv.DictWriter(sys.stdout, names, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    else:
        console().print(rich_table(rows, None, names))


def rich_table(
    rows: Sequence[Mapping[str, Any]], title: str | None, names: Sequence[str] | None = None
) -> Table:
    """Return records as a table for people; columns of numbers to the right."""
    table = Table(title=title, header_style="bold", title_justify="left")
    names = list(names or rows[0])
    for number, name in enumerate(names):
        numeric = all(isinstance(row[name], int | float | None) for row in rows)
        table.add_column(
            escape(name),
            justify="right" if numeric else "left",
            no_wrap=number == 0,
            overflow="fold",  # nothing is cut: half a number is a wrong number
        )
    for row in rows:
        table.add_row(*(_cell(row[name]) for name in names))
    return table


def console() -> Console:
    """Return a console that does not squeeze tables when the output goes to a file or a pipe."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(width=200, highlight=False)


def indented(out: Console, text: str) -> None:
    """Print a text of several lines, all but the first indented further, none with blanks at its end."""
    lines = wrap(
        text,
        out.width,
        initial_indent="  ",
        subsequent_indent="    ",
        break_long_words=False,
        break_on_hyphens=False,
    )
    out.print("\n".join(lines), markup=False, soft_wrap=True)


def amount(size: int) -> str:
    """Return a number of bytes for people: 3.3 MB."""
    for unit, scale in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if size >= scale:
            return f"{size / scale:.1f} {unit}"
    return f"{size} B"


def _json(value: Any) -> Any:
    """Return a value as JSON can say it: what is no finite number is null there, as in other programs."""
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.10g}"
    return f"{value:,}" if isinstance(value, int) else escape(str(value))
