"""`archenc search`: search on a table with many seeds, or for your own data by training what is asked for."""

from __future__ import annotations

import shlex
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from archenc.errors import InvalidArgument

if TYPE_CHECKING:
    from archenc.search.simulation import Method
    from archenc.search.study import Found

_TRAINING = "Training, with --dataset"
_BUDGET, _SEEDS, _ALGORITHM = 150, 100, "recommended"
_COMPARED = 12
"""With more methods than this, paired differences are left to comparisons.csv."""


def search(
    space: Annotated[
        str, typer.Option(help="Table: an imported space (nb201), one that comes along, or a table file.")
    ] = "",
    metric: Annotated[str, typer.Option(help="Metric to search for; `archenc data info` lists them.")] = "",
    algorithm: Annotated[
        str,
        typer.Option(
            help="Algorithms, separated by commas: recommended, local, bananas:preset=cole, ...",
            show_default=_ALGORITHM,
        ),
    ] = "",
    encoder: Annotated[
        str,
        typer.Option(
            help="Encoders, separated by commas, for the algorithms that read one: path, adjacency+..."
        ),
    ] = "",
    budget: Annotated[
        int | None, typer.Option(min=1, help="Evaluations of a search.", show_default=str(_BUDGET))
    ] = None,
    seeds: Annotated[
        int | None, typer.Option(min=1, help="Searches with each algorithm.", show_default=str(_SEEDS))
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="The first seed.")] = 0,
    identity: Annotated[
        str,
        typer.Option(
            help="key: each row of the table counts; canonical: isomorphic cells are one, and free. "
            "Default: key in a table, canonical in training."
        ),
    ] = "",
    scores: Annotated[
        str, typer.Option(help="Scores for zero_cost: a named set (13), or metrics separated by commas.")
    ] = "",
    direction: Annotated[
        str, typer.Option(help="max or min, for a metric of which the table does not say.")
    ] = "",
    study: Annotated[
        str,
        typer.Option(
            help="A packaged study instead of the options above, of which --budget and --seeds may replace "
            "its own; `list` names them."
        ),
    ] = "",
    out: Annotated[
        Path | None,
        typer.Option(help="Folder of the results; the same folder resumes. Default runs/search/..."),
    ] = None,
    report: Annotated[Path | None, typer.Option(help="Write a self-contained HTML page there.")] = None,
    jobs: Annotated[int, typer.Option(min=1, help="Processes.")] = 1,
    dataset: Annotated[
        str,
        typer.Option(
            help="Train instead of looking up: digits; cifar10:FOLDER; cifar100:FOLDER; FILE.npz with x, y.",
            rich_help_panel=_TRAINING,
        ),
    ] = "",
    train: Annotated[
        float | None,
        typer.Option(help="Training examples: a number, or a share below 1.", rich_help_panel=_TRAINING),
    ] = None,
    val: Annotated[
        float | None, typer.Option(help="Validation examples, likewise.", rich_help_panel=_TRAINING)
    ] = None,
    skeleton: Annotated[
        str,
        typer.Option(help="Options of the network: channels=8,cells=1.", rich_help_panel=_TRAINING),
    ] = "",
    task: Annotated[
        str, typer.Option(help="Task of the network, where there are several.", rich_help_panel=_TRAINING)
    ] = "",
    epochs: Annotated[int | None, typer.Option(min=1, show_default="16", rich_help_panel=_TRAINING)] = None,
    batch_size: Annotated[
        int | None, typer.Option(min=2, show_default="64", rich_help_panel=_TRAINING)
    ] = None,
    lr: Annotated[
        float | None,
        typer.Option(help="Learning rate at the start.", show_default="0.1", rich_help_panel=_TRAINING),
    ] = None,
    timeout: Annotated[
        float | None,
        typer.Option(help="Seconds after which a training has failed.", rich_help_panel=_TRAINING),
    ] = None,
    ray: Annotated[
        str,
        typer.Option(
            help="Train on a Ray cluster: its address, auto, or local to start one.",
            rich_help_panel=_TRAINING,
        ),
    ] = "",
    progress: Annotated[bool, typer.Option("--progress/--no-progress", help="Show a bar.")] = True,
) -> None:
    """Search with one or several algorithms on a table, many seeds each, and compare them.

    Seeds are paired: algorithms that begin at random begin with the same architectures, but for random
    search. With --dataset, search once, and train what is asked for. What is finished is kept in the results
    folder, and what is under way every few seconds: a run that was killed goes on when the command is given
    again, to the same histories.
    """
    if dataset:
        from archenc.cli.search_by_training import Trained, search_by_training

        tables = {"metric": metric, "seeds": seeds, "scores": scores, "direction": direction, "study": study}
        _refuse(tables, "--dataset trains, in one search; this is of tables")
        recipe = (epochs or 16, batch_size or 64, 0.1 if lr is None else lr)
        given = Trained(dataset, train, val, skeleton, task, *recipe, timeout, jobs, ray)
        search_by_training(
            space,
            algorithm or _ALGORITHM,
            encoder,
            given,
            budget=budget or _BUDGET,
            seed=seed,
            identity=identity or "canonical",
            out=out,
            report=report,
            progress=progress,
        )
        return
    training = {"train": train, "val": val, "skeleton": skeleton, "task": task, "epochs": epochs}
    training |= {"batch-size": batch_size, "lr": lr, "timeout": timeout, "ray": ray}
    _refuse(training, "needs --dataset, which trains")
    from archenc.cli.evaluate import says_where_results_are
    from archenc.cli.printing import Format, console, print_rows, rich_table
    from archenc.search.studies import Study, studies
    from archenc.search.studies import study as packaged
    from archenc.search.study import Task, run_study
    from archenc.search.study_results import comparison_rows, result_rows, write_tables
    from archenc.tables import BenchmarkTable

    if study == "list":
        listed = [{"name": one.name, "what": one.title, "seeds": one.seeds} for one in studies().values()]
        print_rows(listed, Format.TABLE)
        return
    if study:
        said = {"space": space, "metric": metric, "algorithm": algorithm, "encoder": encoder}
        said |= {"identity": identity, "scores": scores, "direction": direction}
        this = packaged(study)
        _refuse(said, f"--study {study} says it; --budget and --seeds may replace its own")
        this = replace(this, budget=budget or this.budget, seeds=seeds or this.seeds)
    else:
        for name, given in (("space", space), ("metric", metric)):
            if not given:
                raise InvalidArgument(f"--{name}: needed, or --study NAME (`--study list` names them)")
        this = Study(
            name="search",
            title="",
            table=space,
            metric=metric,
            budget=budget or _BUDGET,
            seeds=seeds or _SEEDS,
            methods=tuple(_methods(algorithm or _ALGORITHM, encoder)),
            identity=identity or "key",  # pyright: ignore[reportArgumentType]
            scores=scores or None,
        )
    table = BenchmarkTable.open(this.table)
    question = Task(table, this.metric, this.identity, direction or None, this.scores)
    folder = out or Path("runs") / "search" / (study or f"{table.space}/{this.metric}")
    with says_where_results_are(folder):
        found = run_study(
            question,
            this.methods,
            budget=this.budget,
            seeds=this.seeds,
            first_seed=seed,
            out=folder,
            jobs=jobs,
            progress=progress,
        )
    command = shlex.join(["archenc", *sys.argv[1:]])
    rows = result_rows(
        found, experiment=this.name, space=table.space, task=this.metric, seed=seed, command=command
    )
    write_tables(found, rows, folder)
    shown = console()
    domain = found.problem.domain
    many = "1 seed" if this.seeds == 1 else f"{this.seeds} seeds"
    title = f"{table.space}, {this.metric}: {len(domain):,} architectures ({this.identity}), {many}"
    shown.print(rich_table(_overview(rows), title))
    if 1 < len(found.methods) <= _COMPARED:
        shown.print(rich_table(comparison_rows(found), "evaluations_to_1pct, paired by seed"))
    if found.resumed:
        shown.print(f"{found.resumed} searches were known from an earlier run")
    shown.print(
        f"Every measure: {folder / 'results.csv'}; curves.csv, comparisons.csv, histories.csv beside it"
    )
    if found.ended < this.budget:
        shown.print(
            f"The domain ended after {found.ended} architectures, before the budget of {this.budget}."
        )
    if costs := question.cost_of_scores(found.methods):
        shown.print(costs)
    if report is not None:
        facts = {"Identity": f"{this.identity}: {len(domain):,} architectures", "First seed": str(seed)}
        facts |= {"Scores": costs} if costs else {}
        _write(report, found, rows, title, f"{this.metric}", command, facts)
        shown.print(f"Report: {report}")


def _refuse(options: dict[str, Any], why: str) -> None:
    """Raise InvalidArgument for options that were given and would be passed over."""
    if given := [f"--{name} {value}" for name, value in options.items() if value not in (None, "")]:
        raise InvalidArgument(f"{', '.join(given)}: {why}")


def _write(
    report: Path, found: Found, rows: Any, title: str, axis: str, command: str, facts: dict[str, str]
) -> None:
    """Write the page of a study."""
    import numpy as np

    from archenc.report import Searches, write_search_report
    from archenc.search.study_results import comparison_rows, history_rows

    compared = comparison_rows(found)
    write_search_report(
        [Searches(*method.names, found.curves(method)) for method in found.methods],
        history_rows(found),
        report,
        title=title,
        command=command,
        facts={"Target": axis, "Searches": f"{len(found.runs[found.methods[0]])} an algorithm", **facts},
        tables={
            "Evaluations to come within 1 % of the best, and regret at the end": _overview(rows),
            "evaluations_to_1pct, paired by seed": compared,
        },
        axis=axis,
        best=float(np.nanmax(found.problem.values)),
    )


def _methods(algorithms: str, encoders: str) -> list[Method]:
    """Return every algorithm with every encoder, or alone if it reads none. Raises UnknownName."""
    import inspect

    from archenc.pipelines.by_name import parse
    from archenc.registry import Registry
    from archenc.search.simulation import Method

    found = []
    given = [name.strip() for name in encoders.split(",") if name.strip()]
    for spec in (name.strip() for name in algorithms.split(",")):
        recipe = Registry("searchers").get(parse(spec)[0])
        reads = "encoder" in inspect.signature(recipe).parameters
        found += [Method(spec, encoder) for encoder in given] if reads and given else [Method(spec)]
    names = [" · ".join(method.names) for method in found]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise InvalidArgument(f"--algorithm {algorithms!r}: {twice[0]} is named twice; name each once")
    if given and not any(method.encoder for method in found):
        raise InvalidArgument(f"--encoder {encoders!r}: none of {algorithms} reads an encoder")
    return found


def _overview(rows: Any) -> list[dict[str, Any]]:
    """Return a line a method: both measures of coming near the best, and the regret at the end."""
    from archenc.search.study_results import CROSSING, HIT

    lines: dict[tuple[str, str], dict[str, Any]] = {}
    for row in rows:
        line = lines.setdefault(
            (row["method"], row["encoding"]), {"method": row["method"], "encoding": row["encoding"]}
        )
        if row["metric"] == HIT:
            line[f"{HIT}: median"] = row["median"]
            sure = row["ci_low"] == row["ci_low"]  # not of fewer than six seeds
            line["95 %"] = f"{row['ci_low']:g} - {row['ci_high']:g}" if sure else "-"
        elif row["metric"] == CROSSING:
            line[CROSSING] = row["mean"]
        elif row["metric"].startswith("regret_at_"):
            line["regret at"] = int(row["metric"].removeprefix("regret_at_"))
            line["mean regret"] = round(row["mean"], 5)
    return list(lines.values())
