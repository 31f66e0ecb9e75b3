"""`archenc score`: zero-cost scores of the architectures of a space, or of their operations."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from archenc.cli import network_options
from archenc.errors import InvalidArgument

if TYPE_CHECKING:
    from archenc.graph import Architecture
    from archenc.networks import Network
    from archenc.proxies import Inputs, OperationScores


def score(
    space: Annotated[str, typer.Option(help="Search space: nb201, nb101, nb301, tnb101, ...")],
    out: Annotated[Path, typer.Option(help="Folder of scores.parquet; a run that was killed goes on there.")],
    task: Annotated[str, typer.Option(help="Data set or task of the networks; default the first.")] = "",
    inputs: Annotated[
        str, typer.Option(help="digits (default), noise, cifar:PATH (CIFAR-10, binary) or cifar100:PATH.")
    ] = "",
    dataset: Annotated[
        str,
        typer.Option(
            help="Instead of --inputs, a data set of `archenc benchmark build`: the batch is drawn from its "
            "training part, and networks take its images and classes."
        ),
    ] = "",
    proxies: Annotated[
        str, typer.Option(help="Names separated by commas, or all: 13, of operations 7.")
    ] = "all",
    rows: Annotated[
        str,
        typer.Option(
            help="all (enumerated), distinct (one of each canonical class), N (drawn at random), or a file "
            "with one architecture a line."
        ),
    ] = "100",
    batch: Annotated[int, typer.Option(min=1, help="Images in the batch.")] = 32,
    seed: Annotated[int, typer.Option(min=0, help="Seed of rows, batch and initial weights.")] = 0,
    jobs: Annotated[int, typer.Option(min=1, help="Processes, one thread each.")] = 1,
    device: Annotated[str, typer.Option(help="cpu, cuda, ...")] = "cpu",
    skeleton: Annotated[
        str, typer.Option(help="Smaller networks: channels=8,cells=1,... as networks.build takes them.")
    ] = "",
    operations: Annotated[
        bool,
        typer.Option(
            "--operations",
            help="Score each operation, for TA-GATES and GATES++: operations.parquet instead of a table.",
        ),
    ] = False,
    progress: Annotated[bool, typer.Option(help="Show a bar, with the time left.")] = True,
) -> None:
    """Score untrained networks, or their operations, by zero-cost proxies and write what was found."""
    from archenc.networks import build
    from archenc.proxies import PROXIES, SALIENCIES, Inputs, score_operations, score_space
    from archenc.spaces import space as find

    member = find(space)
    archs = _rows(member.name, rows, seed)
    if inputs and dataset:
        raise InvalidArgument("--inputs, --dataset: choose one of them")
    options = network_options.skeleton(skeleton)
    data = network_options.dataset(dataset) if dataset else None
    if data is not None:
        options |= {"input_shape": data.input_shape, "n_classes": data.n_classes}
    network = build(archs[0], task or None, device="meta", **options)
    drawn = (
        _inputs(inputs or "digits", network, batch, seed)
        if data is None
        else Inputs.dataset(data, seed, batch=batch)
    )
    everything = SALIENCIES if operations else PROXIES
    names = everything if proxies == "all" else tuple(name.strip() for name in proxies.split(","))
    given: dict[str, Any] = {
        "out": out,
        "seed": seed,
        "jobs": jobs,
        "device": None if device == "cpu" else device,
        "progress": progress,
        "skeleton": options,
    }
    try:
        if operations:
            found = score_operations(member.name, archs, network.task, drawn, names, **given)
            _tell_operations(found, out)
            return
        given["dataset"] = None if data is None else data.name
        table = score_space(member.name, archs, network.task, drawn, names, **given)
    except KeyboardInterrupt as stop:
        typer.echo(f"interrupted: every score is kept in {out}; the same command continues there", err=True)
        raise typer.Exit(130) from stop
    typer.echo(f"{len(table):,} architectures x {len(table.metrics)} proxies in {out / 'scores.parquet'}")
    for name in table.metrics:
        for reason, count in table.missing(name).items():
            typer.echo(f"  {name}: {count:,} without a value: {reason}")


def _tell_operations(found: OperationScores, out: Path) -> None:
    """Say what was measured, and what an architecture took."""
    from archenc.proxies.operation_table import OPERATIONS
    from archenc.proxies.space_run import SECONDS

    seconds = list(json.loads((out / SECONDS).read_text()).values())
    n, u, z = found.values.shape
    typer.echo(
        f"{n:,} architectures x at most {u} operations x {z} proxies in {out / OPERATIONS}; "
        f"{1000 * sum(seconds) / n:.1f} ms an architecture"
    )


def _rows(space: str, rows: str, seed: int) -> list[Architecture]:
    from archenc.spaces import space as find

    member = find(space)
    if rows == "all":
        return list(member.enumerate())
    if rows == "distinct":
        from archenc.networks.benchmark import distinct

        return [member.parse(spelling) for spelling in distinct(space)]
    if rows.isdigit() and int(rows) > 0:
        return member.sample(int(rows), seed)
    path = Path(rows)
    if not path.is_file():
        raise InvalidArgument(f"--rows {rows!r}: expected all, distinct, a positive number, or a file")
    return [member.parse(line.strip()) for line in path.read_text().splitlines() if line.strip()]


def _inputs(text: str, network: Network, batch: int, seed: int) -> Inputs:
    from archenc.proxies import Inputs

    kind, _, path = text.partition(":")
    shape, n_classes = network.input_shape, network.n_classes
    if kind == "noise" and not path:
        return Inputs.noise(shape, seed, batch=batch, n_classes=n_classes)
    if kind == "digits" and not path:
        if len(shape) != 3:
            raise InvalidArgument(f"--inputs digits: the task {network.task} takes {shape}; take noise")
        return Inputs.digits(seed, batch=batch, shape=(shape[0], shape[1], shape[2]), n_classes=n_classes)
    if kind in ("cifar", "cifar10", "cifar100") and path:
        dataset = "cifar100" if kind == "cifar100" else "cifar10"
        return Inputs.cifar_binary(path, seed, dataset=dataset, batch=batch)
    raise InvalidArgument(f"--inputs {text!r}: legal: digits, noise, cifar:PATH, cifar100:PATH")
