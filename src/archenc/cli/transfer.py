"""`archenc transfer`: learn on one space, go on with few labels of another, compare with a fresh start."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from archenc.cli.evaluate import says_where_results_are


def transfer(
    name: Annotated[str, typer.Argument(help="Transfer; leave it out for the list.")] = "",
    out: Annotated[
        Path | None,
        typer.Option(help="Folder of the run; the same folder resumes. Default runs/transfer-NAME."),
    ] = None,
    results: Annotated[
        Path | None,
        typer.Option(help="Also write transfer-NAME.csv and .md into this folder (docs/results)."),
    ] = None,
    trials: Annotated[int, typer.Option(min=0, help="At most so many trials; 0: as the transfer says.")] = 0,
    interval: Annotated[str, typer.Option(help="Confidence intervals: t or bootstrap.")] = "t",
    jobs: Annotated[int, typer.Option(min=1, help="Processes.")] = 1,
    progress: Annotated[bool, typer.Option("--progress/--no-progress", help="Show a bar.")] = True,
) -> None:
    """Train on a source, fine-tune on few architectures of a target, and compare with training from scratch.

    Sources and trials that an earlier run left in the folder are read, what is missing is run.
    """
    from archenc.cli.results import write_results
    from archenc.evaluation.intervals import interval_kind
    from archenc.evaluation.printing import print_published, print_results
    from archenc.evaluation.transfers import find, run_transfer, transfers
    from archenc.tables import BenchmarkTable

    console = Console()
    if not name:
        listed = Table(title="Transfers", title_justify="left")
        for column in ("name", "what", "predictor", "target labels", "trials"):
            listed.add_column(column, no_wrap=column == "name")
        for one in transfers().values():
            sizes = [str(size) for part in one.parts for size in part[0]]
            counts = [str(part[1]) for part in one.parts]
            listed.add_row(one.name, one.title, one.predictor, ", ".join(sizes), ", ".join(counts))
        console.print(listed)
        return
    shown = interval_kind(interval)  # refuses another before the run
    this = find(name)
    folder = out or Path("runs") / f"transfer-{name}"
    tables = {side: BenchmarkTable.open(side) for side in {this.source.space, this.target.space}}
    with says_where_results_are(folder):
        found = run_transfer(
            this, tables, folder, trials=trials or None, interval=shown, jobs=jobs, progress=progress
        )
    title = f"{this.title}: tested on all other architectures of {found.n_pool:,}, seed {this.seed}"
    print_results(console, found.rows, metric="kendall_tau", title=title)
    print_published(console, this.compared())
    write_results(
        console,
        found.rows,
        folder,
        results and results / f"transfer-{name}",
        title=title,
        published=this.compared(),
        notes=found.notes(),
    )
