"""Results of record, written where the run is and where they are published."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from archenc.evaluation.publications import PublishedFigure
from archenc.evaluation.results import ResultRow


def write_results(
    console: Console,
    rows: Sequence[ResultRow],
    folder: Path,
    record: Path | None,
    *,
    title: str,
    published: Sequence[PublishedFigure],
    notes: Sequence[str],
) -> None:
    """Write results.csv and results.md into a folder, and say so.

    record: another place for both, a path without suffix.
    """
    from archenc.evaluation import write_csv, write_markdown

    for place in (folder / "results", record):
        if place is not None:
            csv, markdown = place.with_name(f"{place.name}.csv"), place.with_name(f"{place.name}.md")
            write_csv(rows, csv)
            write_markdown(rows, markdown, title=title, published=published, notes=notes)
            console.print(f"Written: {csv}, {markdown}")
