"""`archenc rank`: candidate networks in a folder, accuracies for a few: which of the rest to train next."""

from __future__ import annotations

import math
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from archenc.cli.printing import Format
from archenc.errors import DataError, InvalidArgument, UnknownName

if TYPE_CHECKING:
    from archenc.pipelines.candidates.folder import Described
    from archenc.proxies import Inputs
    from archenc.search.ranking import Ranked


def rank(
    folder: Annotated[
        Path, typer.Argument(help="Folder of Python files that define networks; they are run.")
    ],
    measured: Annotated[
        Path, typer.Option(help="CSV file: a column `candidate` with names, and one of measured values.")
    ],
    input_shape: Annotated[
        str, typer.Option(help="Shape of one example: channels, height, width.")
    ] = "3x32x32",
    metric: Annotated[
        str, typer.Option(help="The column of values; needed where the file has several beside `candidate`.")
    ] = "",
    direction: Annotated[str, typer.Option(help="max: higher is better; min: lower is.")] = "max",
    inputs: Annotated[
        str, typer.Option(help="Batch for zero-cost scores: noise, digits, or a FILE.npz with x and y.")
    ] = "noise",
    classes: Annotated[int, typer.Option(min=2, help="Classes that the networks tell apart.")] = 10,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", help="An argument for what builds the networks: num_classes=10; repeatable."),
    ] = None,
    proxies: Annotated[
        str,
        typer.Option(help="Zero-cost scores and first_steps, separated by commas; none: the graph alone."),
    ] = "",
    batch: Annotated[int, typer.Option(min=2, help="Examples in the batch.")] = 32,
    coverage: Annotated[float, typer.Option(help="Share of networks that the intervals should hold.")] = 0.8,
    expects_large: Annotated[
        bool | None,
        typer.Option(
            "--expects-large/--expects-nothing",
            help="Are large networks thought to be better before measurements say so? By default with "
            "--direction max; set it for losses, unset it for throughputs.",
        ),
    ] = None,
    bounds: Annotated[
        str, typer.Option(help="The lowest and the highest value there can be: 0,1 or 0,100.")
    ] = "",
    advise: Annotated[int, typer.Option(min=0, help="How many networks to name for training next.")] = 5,
    seed: Annotated[int, typer.Option(min=0, help="Of weights, batch and predictor.")] = 0,
    jobs: Annotated[int, typer.Option(min=1, help="Processes, one thread each.")] = 1,
    seconds: Annotated[
        float, typer.Option(help="Leave out a file or a network that takes longer than so many seconds.")
    ] = 300,
    cache: Annotated[
        Path | None,
        typer.Option(help="File that keeps what is known of each network; default in runs/rank."),
    ] = None,
    output: Annotated[Format, typer.Option("--format", help="How the ranking is printed.")] = Format.TABLE,
    report: Annotated[Path | None, typer.Option(help="Write a self-contained HTML page there.")] = None,
    progress: Annotated[bool, typer.Option("--progress/--no-progress", help="Show a bar.")] = True,
) -> None:
    """Rank the networks of a folder from the few that were measured, and say which to train next.

    THE PYTHON FILES OF THE FOLDER ARE RUN: rank only code that you would run. Each file offers networks: a
    mapping CANDIDATES from names to callables, a function or class `model`, or functions annotated to return
    a module. A network that fails is reported, and the others are ranked.
    """
    from archenc.cli.encoder_options import settings
    from archenc.pipelines.candidates.describing import SCORES
    from archenc.pipelines.candidates.folder import describe_folder
    from archenc.progress import bar
    from archenc.search.ranking import check_labels
    from archenc.search.ranking import rank as ranked

    if direction not in ("max", "min"):
        raise InvalidArgument(f"--direction {direction!r}: legal: max, min")
    if not 0 < coverage < 1:
        raise InvalidArgument(f"--coverage {coverage}: expected a share between 0 and 1, such as 0.8")
    labels, ends = _measured(measured, metric), _bounds(bounds)
    check_labels(labels, ends)
    chosen = SCORES if not proxies else () if proxies == "none" else _names(proxies)
    drawn = _inputs(inputs, shape_of(input_shape), batch, seed, classes)
    kept = cache or Path("runs") / "rank" / f"{folder.resolve().name}.jsonl"
    try:
        with bar("networks", progress) as show:
            found = describe_folder(
                folder,
                drawn,
                chosen,
                seed=seed,
                options=settings(set_ or []),
                cache=kept,
                jobs=jobs,
                seconds=seconds,
                progress=lambda done, total, name: show(done, total, name),
            )
    except KeyboardInterrupt as stop:
        typer.echo(f"interrupted: {kept} keeps what is done; the same command goes on there", err=True)
        raise typer.Exit(130) from stop
    lost = _tell_failures(found, labels)
    if not found.descriptions:
        raise DataError(f"{folder}: no network of it could be described; the reasons stand above")
    _tell_missing(found)
    known = {name: value for name, value in labels.items() if name not in lost}
    result = ranked(
        found.descriptions,
        known,
        maximise=direction == "max",
        advised=advise,
        coverage=coverage,
        bounds=ends,
        expects_large=expects_large,
        seed=seed,
    )
    _print(result, output, len(known), coverage)
    if report is not None:
        from archenc.report.ranking_page import write_ranking

        command = shlex.join(["archenc", *sys.argv[1:]])
        title = f"{folder.resolve().name}: {len(result)} networks, {len(known)} measured"
        write_ranking(result, found.failures, report, title=title, command=command, coverage=coverage)
        typer.echo(f"Report: {report}", err=True)


def shape_of(text: str) -> tuple[int, ...]:
    """Read `1x8x8`. Raises InvalidArgument."""
    sizes = text.lower().split("x")
    if not all(size.isdigit() and int(size) > 0 for size in sizes):
        raise InvalidArgument(f"--input-shape {text!r}: expected sizes with an x between, such as 3x32x32")
    return tuple(int(size) for size in sizes)


def _bounds(text: str) -> tuple[float, float]:
    try:
        low, high = (float(end) for end in text.split(",")) if text else (-math.inf, math.inf)
    except ValueError as error:
        raise InvalidArgument(f"--bounds {text!r}: expected two numbers, such as 0,100") from error
    if not low < high:
        raise InvalidArgument(f"--bounds {text!r}: expected the lower one first, such as 0,100")
    return low, high


def _measured(path: Path, metric: str) -> dict[str, float]:
    """Read the measured values of the networks that have one; a blank cell is none."""
    from archenc.tables.readers import csv_columns, read_csv

    names = csv_columns(path)
    if "candidate" not in names:
        alone = "; separate columns by commas" if len(names) == 1 else ""
        raise DataError(f"{path}: no column `candidate`; it has {', '.join(names)}{alone}")
    others = [name for name in names if name != "candidate"]
    if not metric and len(others) != 1:
        raise InvalidArgument(f"--metric: needed, for {path} has the columns {', '.join(others) or 'none'}")
    if metric and metric not in others:
        raise InvalidArgument(f"--metric {metric!r}: {path} has the columns {', '.join(others)}")
    column = metric or others[0]
    numbers, texts = read_csv(path, [column], ["candidate"])
    found: dict[str, float] = {}
    stripped = [name.strip() for name in texts["candidate"]]
    for name, value in zip(stripped, numbers[column].tolist(), strict=True):
        if math.isnan(value):
            continue
        if name in found:
            raise DataError(f"{path}: {name!r} has two values; give one, such as their mean")
        found[name] = value
    return found


def _names(text: str) -> tuple[str, ...]:
    from archenc.pipelines.candidates.first_steps import NAME
    from archenc.proxies import proxy

    names = [name.strip() for name in text.split(",") if name.strip()]
    try:
        return tuple(name if name == NAME else proxy(name).name for name in names)
    except UnknownName as error:
        raise UnknownName(f"--proxies: {error}; also {NAME}, or none alone") from error


def _inputs(text: str, shape: tuple[int, ...], batch: int, seed: int, classes: int) -> Inputs:
    from archenc.cli.network_options import dataset
    from archenc.proxies import Inputs

    if text == "noise":
        return Inputs.noise(shape, seed, batch=batch, n_classes=classes)
    if text == "digits" and len(shape) == 3:
        return Inputs.digits(seed, batch=batch, shape=(shape[0], shape[1], shape[2]), n_classes=classes)
    if text.endswith(".npz"):
        return Inputs.dataset(dataset(text), seed, batch=batch)
    raise InvalidArgument(f"--inputs {text!r}: legal: noise, digits (for images), FILE.npz")


def _tell_failures(found: Described, labels: dict[str, float]) -> set[str]:
    """Say what could not be described, and return the measured networks that are lost with it."""
    lost: set[str] = set()
    for name, reason in found.failures.items():
        mine = {one for one in labels if one == name or one.startswith(f"{name}.")}
        lost |= mine - set(found.descriptions)
        said = f" Left out with it, though measured: {', '.join(sorted(mine))}." if mine else ""
        typer.secho(f"left out: {name}: {reason}.{said}", fg=typer.colors.YELLOW, err=True)
    return lost


def _tell_missing(found: Described) -> None:
    """Say which scores networks do not have, and why the first of them."""
    reasons: dict[str, list[str]] = {}
    for one in found.descriptions.values():
        for score, reason in one.reasons.items():
            reasons.setdefault(score, []).append(reason)
    total = len(found.descriptions)
    for score, said in sorted(reasons.items()):
        typer.echo(f"score {score}: none for {len(said)} of {total} networks: {said[0]}", err=True)


def _print(result: list[Ranked], output: Format, known: int, coverage: float) -> None:
    from archenc.cli.printing import console, print_rows, rich_table
    from archenc.report.ranking_page import ranking_rows

    rows = ranking_rows(result)
    if output is not Format.TABLE:
        print_rows(rows, output)
        return
    title = f"{len(result)} networks, {known} measured; intervals of {coverage:.0%}"
    out = console()
    out.print(rich_table(rows, title))
    advice = sorted((one for one in result if one.next), key=lambda one: one.next)
    if advice:
        out.print(f"Train next: {', '.join(one.candidate for one in advice)}")
