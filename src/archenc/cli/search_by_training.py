"""The part of `archenc search` that trains: one search, on a data set of the user's own."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from archenc.errors import InvalidArgument

_LOOKED_AT = 5
"""Architectures of which one at least must have a network that can be trained."""


@dataclass(frozen=True)
class Trained:
    """What is trained on, and how: the options of the command."""

    dataset: str
    train: float | None
    val: float | None
    skeleton: str
    task: str
    epochs: int
    batch_size: int
    lr: float
    timeout: float | None
    jobs: int
    ray: str


def search_by_training(
    space: str,
    algorithm: str,
    encoder: str,
    given: Trained,
    *,
    budget: int,
    seed: int,
    identity: str,
    out: Path | None,
    report: Path | None,
    progress: bool,
) -> None:
    """Search once, train what is asked for, print and write what was found."""
    from archenc.cli import network_options
    from archenc.cli.evaluate import says_where_results_are
    from archenc.cli.printing import console, rich_table
    from archenc.evaluation.results import write_csv
    from archenc.networks.training import Recipe
    from archenc.search import WholeSpace, make, search
    from archenc.search.evaluators import FromFunction
    from archenc.search.training import Training

    if "," in algorithm or "," in encoder:
        raise InvalidArgument("--dataset: one search, so one --algorithm, and one --encoder if any")
    if not space:
        raise InvalidArgument("--space: needed, a space with networks: nb201, nb101, tnb101, ...")
    domain = WholeSpace(space, identity=identity)  # pyright: ignore[reportArgumentType]
    searcher = make(algorithm, domain, seed=seed, encoder=encoder or None)
    data = network_options.dataset(given.dataset, given.train, given.val)
    training = Training(
        data,
        Recipe(given.epochs, given.batch_size, given.lr),
        skeleton=network_options.skeleton(given.skeleton),
        task=given.task or None,
    )
    _check(training, domain.space)
    folder = out or Path("runs") / "search" / domain.space.name / data.name
    evaluate = FromFunction(training, keep=folder / "trainings.jsonl", **_runner(given))
    asked = {"algorithm": algorithm, "encoder": encoder, "seed": seed, "identity": identity}
    _claim(folder, training.key, asked)
    with says_where_results_are(folder):
        history = search(
            searcher,
            evaluate,
            budget,
            batch=given.jobs if given.jobs > 1 or given.ray else None,
            out=folder,
            progress=progress,
        )
    rows = [
        {"evaluation": place, "architecture": domain.space.format(arch), "value": value}
        for place, (arch, value) in enumerate(zip(history.archs, history.values, strict=True), start=1)
    ]
    write_csv(rows, folder / "results.csv", ("evaluation", "architecture", "value"))
    shown = console()
    title = f"{domain.space.name} on {data.name}: validation accuracy, percent, after {given.epochs} epochs"
    ranked = sorted((row for row in rows if row["value"] == row["value"]), key=lambda row: -row["value"])
    if ranked:
        shown.print(rich_table(ranked[:10], title))
    if len(rows) < budget:
        shown.print(f"The space ended after {len(rows)} architectures, before the budget of {budget}.")
    failed = [arch for arch, value in zip(history.archs, history.values, strict=True) if value != value]
    _say_failures(shown, [f"{domain.space.format(arch)}: {evaluate.why(arch)}" for arch in failed])
    shown.print(
        f"{len(rows)} evaluations, {evaluate.cost.evaluations} trained now in "
        f"{evaluate.cost.seconds:,.0f} s of training. Every one: {folder / 'results.csv'}"
    )
    if report is not None:
        _write(report, algorithm, encoder, history, rows, title, given, domain)
        shown.print(f"Report: {report}")


def _check(training: Any, space: Any) -> None:
    """Refuse what no architecture can be trained with, before anything is paid for."""
    from archenc.errors import ArchencError

    refused: ArchencError | None = None
    for arch in space.sample(_LOOKED_AT, 0):
        try:
            training.check(arch)
        except ArchencError as error:
            refused = error
        else:
            return
    if refused is not None:
        raise refused


def _claim(folder: Path, key: str, asked: dict[str, Any]) -> None:
    """Say what a folder's values and search are, or see that they are of the same training and search."""
    from archenc.errors import DataError
    from archenc.store import write_json

    path = folder / "training.json"
    try:
        known: dict[str, Any] = {"key": key}
        if path.exists():
            known = json.loads(path.read_text(encoding="utf-8"))
        same, before = known["key"] == key, {**asked, **known.get("search", {})}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(f"{path}: damaged ({error}); remove the folder to start again") from error
    if not same:
        raise DataError(f"{folder}: holds a search with another data set or training; give another --out")
    if other := [f"--{name} {before[name]}" for name in asked if before[name] != asked[name]]:
        raise DataError(f"{folder}: holds a search with {', '.join(other)}; give these, or another --out")
    write_json(path, {"key": key, "search": asked})


def _runner(given: Trained) -> dict[str, Any]:
    if given.ray:
        from archenc.search.ray_cluster import OnRay

        address = None if given.ray == "local" else given.ray
        return {"runner": OnRay(address, given.jobs if given.jobs > 1 else None, given.timeout)}
    return {"jobs": given.jobs, "timeout": given.timeout}


def _say_failures(shown: Any, failures: Sequence[str]) -> None:
    for reason in failures[:5]:
        shown.print(f"failed: {reason}", markup=False)
    if len(failures) > 5:
        shown.print(f"and {len(failures) - 5} more failed; trainings.jsonl says why")


def _write(
    report: Path,
    algorithm: str,
    encoder: str,
    history: Any,
    rows: Sequence[dict[str, Any]],
    title: str,
    given: Trained,
    domain: Any,
) -> None:
    from archenc.report import Searches, write_search_report

    write_search_report(
        [Searches(algorithm, encoder or "default", history.best_so_far[None])],
        rows,
        report,
        title=title,
        command=shlex.join(["archenc", *sys.argv[1:]]),
        facts={
            "Search space": domain.space.name,
            "Data": given.dataset,
            "Training": f"{given.epochs} epochs, batches of {given.batch_size}, learning rate {given.lr:g}",
            "Algorithm": algorithm,
            "Evaluations": f"{len(rows)}, {sum(row['value'] != row['value'] for row in rows)} failed",
        },
        tables={},
        axis="validation accuracy, percent",
    )
