"""`archenc evaluate`: train and test predictors on a table, trial by trial."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from archenc.errors import InvalidArgument

if TYPE_CHECKING:
    from archenc.evaluation.protocols import Protocol
    from archenc.evaluation.publications import PublishedFigure

_COMPARED = 12
"""With more methods than this, paired differences are left to `archenc.evaluation.compare`."""


def evaluate(
    space: Annotated[
        str, typer.Option(help="Table: the name of an imported space (nb201), or a table file.")
    ],
    metric: Annotated[str, typer.Option(help="Metric to predict; `archenc data info SPACE` lists them.")],
    predictor: Annotated[
        str,
        typer.Option(help="Predictors, separated by commas: flan, ridge, recommended, flan:timesteps=1, ..."),
    ] = "flan",
    encoder: Annotated[
        str,
        typer.Option(
            help="Encoders, separated by commas: adjacency, zero_cost, path+zero_cost, ...; graph for none."
        ),
    ] = "",
    train: Annotated[
        str, typer.Option(help="Numbers of training architectures, separated by commas.")
    ] = "7,39,78",
    trials: Annotated[int, typer.Option(min=1, help="Paired trials for each number.")] = 9,
    seed: Annotated[int, typer.Option(min=0, help="Seed of training sets and predictors.")] = 0,
    scores: Annotated[
        str,
        typer.Option(help="Scores for zero_cost and recommended: 13, all, or metrics separated by commas."),
    ] = "",
    pool: Annotated[
        str, typer.Option(help="complete: architectures with every score; all: scores may be missing.")
    ] = "complete",
    group: Annotated[
        str, typer.Option(help="Keep classes of a canonical form (nats-v1) out of training and test at once.")
    ] = "",
    split: Annotated[
        str,
        typer.Option(
            help="random; halves: train in the first half of the rows, test on the last (TA-GATES)."
        ),
    ] = "random",
    draw: Annotated[
        str, typer.Option(help="Training sets: random draws, or the prefix: the first of the table's rows.")
    ] = "random",
    test: Annotated[
        int, typer.Option(min=0, help="Test on so many random architectures; 0: on all the rest.")
    ] = 0,
    reference: Annotated[
        int, typer.Option(min=0, help="Hold out so many architectures to scale scores on, without labels.")
    ] = 0,
    protocol: Annotated[
        str, typer.Option(help="A published protocol instead of split, test and trials: flan or ta_gates.")
    ] = "",
    metrics: Annotated[
        str, typer.Option(help="Rank metrics, separated by commas; a useful set by default.")
    ] = "",
    interval: Annotated[str, typer.Option(help="Confidence intervals: t or bootstrap.")] = "t",
    direction: Annotated[
        str, typer.Option(help="max or min, for a metric of which the table does not say.")
    ] = "",
    out: Annotated[
        Path | None,
        typer.Option(help="Folder of the results; the same folder resumes. Default runs/SPACE/METRIC."),
    ] = None,
    report: Annotated[Path | None, typer.Option(help="Write a self-contained HTML page there.")] = None,
    jobs: Annotated[int, typer.Option(min=1, help="Processes.")] = 1,
    progress: Annotated[bool, typer.Option("--progress/--no-progress", help="Show a bar.")] = True,
) -> None:
    """Train and test predictors on a table, trial by trial.

    Every method sees the same training architectures in a trial, and is tested on all the rest. Each finished
    trial is kept in the results folder: a run that was killed continues when the command is given again.
    """
    from archenc import evaluation
    from archenc.evaluation.costs import training_costs
    from archenc.evaluation.intervals import interval_kind
    from archenc.evaluation.metrics import DEFAULT_METRICS
    from archenc.evaluation.printing import print_comparisons, print_results
    from archenc.evaluation.setup import combine, set_up
    from archenc.tables import BenchmarkTable

    command = shlex.join(["archenc", *sys.argv[1:]])
    table = BenchmarkTable.open(space)
    wanted = combine(_names("predictor", predictor), _names("encoder", encoder, empty=True))
    task, methods = set_up(
        table,
        metric,
        wanted,
        scores=scores or None,
        pool=pool,  # pyright: ignore[reportArgumentType]
        direction=direction or None,  # pyright: ignore[reportArgumentType]
    )
    plan = _protocol(protocol, sizes_of(train), trials, seed, split, draw, test, group, reference)
    shown = interval_kind(interval)  # refuses another before the run
    folder = out or Path("runs") / table.space / metric
    rank_metrics = tuple(_names("metrics", metrics, empty=True)) or DEFAULT_METRICS
    console = Console()
    with says_where_results_are(folder):
        found = evaluation.evaluate(
            methods, task, plan, metrics=rank_metrics, out=folder, jobs=jobs, progress=progress
        )
    figures = _beside(table.space, metric, found.methods, plan.sizes)
    rows = evaluation.results_table(
        found.trials,
        published={
            (one.method, one.encoding): [
                figure for figure in figures if (figure.method, figure.encoding) == (one.method, one.encoding)
            ]
            for one in found.methods
        },
        interval=shown,
        command=command,
        seed=seed,
    )
    title = f"{table.space}, {metric}: {len(task):,} architectures, {plan.trials} trials, seed {seed}"
    headline = rank_metrics[0]
    print_results(console, rows, metric=headline, title=title)
    if 1 < len(found.methods) <= _COMPARED:
        first, *others = [(one.method, one.encoding) for one in found.methods]
        compared = [
            one for other in others for one in evaluation.compare(found.trials, first, other, metric=headline)
        ]
        print_comparisons(console, compared)
    evaluation.write_csv(rows, folder / "results.csv")
    costs = training_costs(table, scores or None, metric, reference)
    for line in costs:
        console.print(line.removeprefix("- "))
    evaluation.write_markdown(rows, folder / "results.md", title=title, published=figures, notes=costs)
    if found.resumed:
        console.print(f"{found.resumed} trials were known from an earlier run")
    console.print(f"Every metric: {folder / 'results.csv'}; every trial: {folder / 'trials.csv'}")
    if report is not None:
        from archenc.report import write_report

        facts = {"Pool": f"{len(task):,} of {len(table):,} architectures", "Seed": str(seed)}
        write_report(
            found.trials,
            found.predicted_and_true(),
            report,
            title=f"{table.space}: {metric}",
            command=command,
            published=[figure.to_dict() for figure in figures],
            facts=facts,
            axis=f"{metric}{f' ({task.unit})' if task.unit else ''}",
        )
        console.print(f"Report: {report}")


@contextmanager
def says_where_results_are(folder: Path) -> Iterator[None]:
    """Turn an interrupt into a line that says what is kept and how to go on, and exit code 130."""
    try:
        yield
    except KeyboardInterrupt as stop:
        typer.echo(
            f"interrupted: every finished trial is kept in {folder}; the same command continues there",
            err=True,
        )
        raise typer.Exit(130) from stop


def _protocol(
    name: str,
    sizes: tuple[int, ...],
    trials: int,
    seed: int,
    split: str,
    draw: str,
    test: int,
    group: str,
    reference: int,
) -> Protocol:
    from archenc.evaluation.protocols import Protocol, preset

    if name:
        published = preset(name, sizes=sizes, seed=seed)
        return published.replace(group=group or None, reference=reference, draw=draw)
    kind: Any = split
    how: Any = draw
    return Protocol(
        sizes=sizes,
        trials=trials,
        seed=seed,
        test=test or None,
        split=kind,
        group=group or None,
        reference=reference,
        draw=how,
    )


def _beside(
    space: str, metric: str, methods: tuple[Any, ...], sizes: tuple[int, ...]
) -> list[PublishedFigure]:
    """Published figures of the space that a reader looks for: of the methods run, of FLAN, of TA-GATES."""
    from archenc.errors import UnknownName
    from archenc.evaluation.publications import published

    try:
        figures = published(space=space)
    except UnknownName:
        return []
    ran = {(one.method, one.encoding) for one in methods}
    landmarks = {("flan", "graph"), ("flan", "zero_cost"), ("ta_gates", "graph")}
    return [
        figure
        for figure in figures
        if figure.n_train is not None
        and min(sizes) <= figure.n_train <= max(sizes)
        and (figure.method, figure.encoding) in ran | landmarks
        and (figure.task == metric or figure.method == "ta_gates")
    ]


def _names(option: str, text: str, *, empty: bool = False) -> list[str]:
    names = [name.strip() for name in text.split(",") if name.strip()]
    if not names and not empty:
        raise InvalidArgument(f"--{option} {text!r}: expected names separated by commas")
    return names


def sizes_of(text: str) -> tuple[int, ...]:
    """Read `--train`: numbers of training architectures. Raises InvalidArgument."""
    try:
        return tuple(int(size) for size in text.split(","))
    except ValueError as error:
        raise InvalidArgument(
            f"--train {text!r}: expected whole numbers separated by commas, such as 7,39,78"
        ) from error
