"""`archenc reproduce`: run a packaged experiment and print the published figures beside ours."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from archenc.cli.evaluate import says_where_results_are


def reproduce(
    name: Annotated[str, typer.Argument(help="Experiment; leave it out for the list.")] = "",
    out: Annotated[
        Path | None, typer.Option(help="Folder of the results; the same folder resumes. Default runs/NAME.")
    ] = None,
    results: Annotated[
        Path | None, typer.Option(help="Also write NAME.csv and NAME.md into this folder (docs/results).")
    ] = None,
    report: Annotated[Path | None, typer.Option(help="Write a self-contained HTML page there.")] = None,
    table: Annotated[str, typer.Option(help="Another table than the imported one: a table file.")] = "",
    trials: Annotated[
        int, typer.Option(min=0, help="Another number of trials; 0: as the experiment says.")
    ] = 0,
    interval: Annotated[str, typer.Option(help="Confidence intervals: t or bootstrap.")] = "t",
    jobs: Annotated[int, typer.Option(min=1, help="Processes.")] = 1,
    progress: Annotated[bool, typer.Option("--progress/--no-progress", help="Show a bar.")] = True,
) -> None:
    """Run a packaged experiment and print the published figures beside ours.

    Trials that an earlier run left in the results folder are read, what is missing is run.
    """
    from archenc.cli.results import write_results
    from archenc.evaluation.experiments import experiment, experiments
    from archenc.evaluation.experiments import reproduce as run
    from archenc.evaluation.intervals import interval_kind
    from archenc.evaluation.printing import print_published, print_results
    from archenc.tables import BenchmarkTable

    console = Console()
    if not name:
        listed = Table(title="Experiments", title_justify="left")
        for column in ("name", "what", "train", "trials"):
            listed.add_column(column, no_wrap=column == "name")  # to be copied
        for one in experiments().values():
            sizes = sorted({size for part in one.parts for size in part.sizes})
            counts = sorted({part.trials for part in one.parts}, reverse=True)
            listed.add_row(one.name, one.title, ", ".join(map(str, sizes)), ", ".join(map(str, counts)))
        console.print(listed)
        return
    shown = interval_kind(interval)  # refuses another before the run
    this = experiment(name)
    folder = out or Path("runs") / name
    source = BenchmarkTable.open(table or this.table)
    with says_where_results_are(folder):
        found = run(
            this,
            source,
            folder,
            trials=trials or None,
            interval=shown,
            jobs=jobs,
            progress=progress,
        )
    title = f"{this.title}: {found.n_pool:,} architectures, seed {this.seed}"
    for task in this.metrics:
        own = [row for row in found.rows if row["task"] == task]
        print_results(console, own, metric="kendall_tau", title=f"{title}, {task}")
    print_published(console, this.compared())
    write_results(
        console,
        found.rows,
        folder,
        results and results / name,
        title=title,
        published=this.compared(),
        notes=found.notes(),
    )
    if report is not None:
        from archenc.report import write_report

        write_report(
            found.trials,
            found.predictions,
            report,
            title=this.title,
            command=this.command,
            published=[
                figure.to_dict()
                for figure in this.compared()
                if figure.metric == "kendall_tau" and figure.n_train is not None
            ],
            facts={"Pool": f"{found.n_pool:,} of {len(source):,} architectures", "Seed": str(this.seed)},
            axis=this.metrics[0],
        )
        console.print(f"Report: {report}")
