"""How `archenc data info` prints."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from archenc.cli.printing import Format, console, print_rows, rich_table

if TYPE_CHECKING:
    from archenc.tables import BenchmarkTable, Metric

_WIDTHS = {  # what fits into so many columns of a terminal; a name of a metric says split and epochs too
    140: ["metric", "dataset", "quantity", "split", "epochs", "unit", "direction", "runs", "rows", "source"],
    100: ["metric", "split", "epochs", "unit", "direction", "rows"],
    0: ["metric", "unit", "direction", "rows"],
}
_SHOWN_NAMES = 6


def describe(table: BenchmarkTable, metric: Metric) -> dict[str, Any]:
    """Return what the catalogue says about a metric, and how many rows have it."""
    return {
        "metric": metric.name,
        "dataset": metric.dataset,
        "quantity": metric.quantity,
        "split": metric.split,
        "epochs": metric.epochs,
        "unit": metric.unit,
        "direction": metric.direction,
        "runs": metric.runs,
        "rows": len(table) - sum(table.missing(metric.name).values()),
        "source": metric.source,
    }


def print_catalogue(table: BenchmarkTable, chosen: list[Metric], output: Format) -> None:
    """Print one line a metric; for people, also what the import found."""
    rows = [describe(table, member) for member in chosen]
    if output is not Format.TABLE:
        print_rows(rows, output)
        return
    out = console()
    names = next(names for width, names in _WIDTHS.items() if out.width >= width)
    title = f"{len(chosen)} of {len(table.metrics)} metrics"
    out.print(rich_table(rows, title, names))
    if hidden := [name for name in rows[0] if name not in names]:
        out.print(f"{', '.join(hidden)}: in a wider window, or with --format csv")
    out.print(f"{table.space}: {len(table):,} architectures, {len(table.metrics)} metrics")
    print_comparisons(out, table.provenance.get("comparisons", []))
    for file, lacking in by_file(table.absent).items():
        out.print(f"not imported, {file} was not there: {some(lacking)}")


def print_comparisons(out: Console, comparisons: list[dict[str, Any]]) -> None:
    """Print how many values two files give, and whether they agree."""
    if comparisons:
        cells = sum(comparison["rows"] for comparison in comparisons)
        conflicts = sum(comparison["conflicts"] for comparison in comparisons)
        out.print(
            f"{cells:,} values are given by two files: "
            + (f"[bold yellow]{conflicts:,} contradict each other[/]" if conflicts else "all agree")
        )


def print_metric(table: BenchmarkTable, metric: Metric) -> None:
    """Print all that is known about one metric."""
    import numpy as np

    values = table.values(metric.name)
    present = values[~np.isnan(values)]
    facts = {key: value for key, value in describe(table, metric).items() if value not in (None, "")}
    if len(present):
        low, middle, high = (f"{value:g}" for value in np.quantile(present, [0, 0.5, 1]))
        facts |= {"minimum": low, "median": middle, "maximum": high}
    for reason, count in table.missing(metric.name).items():
        facts[f"missing {count:,}"] = reason
    for comparison in table.provenance.get("comparisons", []):
        if comparison["metric"] == metric.name:
            facts[f"also in {comparison['other_source']}"] = (
                f"{comparison['rows']:,} rows compared, {comparison['conflicts']:,} contradict"
            )
    facts["note"] = metric.note
    grid = Table.grid(padding=(0, 2))
    for key, value in facts.items():
        grid.add_row(f"[bold]{escape(key)}[/]", f"{value:,}" if isinstance(value, int) else escape(value))
    console().print(grid)


def by_file(absent: dict[str, str]) -> dict[str, list[str]]:
    """Group absent metrics by the file that would bring them."""
    return {file: [metric for metric in absent if absent[metric] == file] for file in absent.values()}


def some(names: list[str]) -> str:
    """Return the first names of a list, and how many more there are."""
    more = len(names) - _SHOWN_NAMES
    return ", ".join(names) if more <= 1 else f"{', '.join(names[:_SHOWN_NAMES])} and {more} more"
