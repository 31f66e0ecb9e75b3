"""`archenc benchmark`: train architectures and make a table of what was measured."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from archenc.cli import network_options
from archenc.errors import DataError, InvalidArgument
from archenc.progress import bar

app = typer.Typer(add_completion=False, no_args_is_help=True, help="Train architectures, and make a table.")


@app.callback()
def _benchmark() -> None:
    """Train architectures, and make a table."""


@app.command()
def build(
    space: Annotated[str, typer.Option(help="Search space with networks: nb201, nb101, tnb101, ...")],
    dataset: Annotated[
        str,
        typer.Option(help="digits; cifar10:FOLDER or cifar100:FOLDER (binary layout); FILE.npz with x, y."),
    ],
    out: Annotated[Path, typer.Option(help="Folder of shards and table; the same folder resumes.")],
    sample: Annotated[int, typer.Option(min=0, help="Train so many random architectures; 0: all.")] = 0,
    distinct: Annotated[
        bool, typer.Option("--distinct", help="Train one architecture of each canonical class.")
    ] = False,
    archs: Annotated[
        Path | None, typer.Option(help="Train those of a text file, one native spelling a line.")
    ] = None,
    seeds: Annotated[str, typer.Option(help="Seeds, separated by commas.")] = "0",
    repeated: Annotated[
        int | None, typer.Option(min=0, help="Architectures with every seed, at random; default all.")
    ] = None,
    train: Annotated[
        float | None, typer.Option(help="Training examples: a number, or a share below 1.")
    ] = None,
    val: Annotated[float | None, typer.Option(help="Validation examples, likewise.")] = None,
    split: Annotated[int, typer.Option(min=0, help="Seed of the split into training, validation, test.")] = 0,
    skeleton: Annotated[
        str, typer.Option(help="Options of the network, such as channels=8,cells=1,stages=1,stem_stride=2.")
    ] = "",
    task: Annotated[str, typer.Option(help="Task of the network, where a space has several heads.")] = "",
    epochs: Annotated[int, typer.Option(min=1)] = 16,
    batch_size: Annotated[int, typer.Option(min=2)] = 64,
    lr: Annotated[float, typer.Option(help="Learning rate at the start; it falls to 0 as a cosine.")] = 0.1,
    checkpoints: Annotated[str, typer.Option(help="Epochs to measure after, besides the last.")] = "",
    shard: Annotated[int, typer.Option(min=1, help="Architectures trained together.")] = 64,
    jobs: Annotated[int, typer.Option(min=1, help="Processes, of one thread each.")] = 1,
    minutes: Annotated[float | None, typer.Option(help="Begin no shard after so many minutes.")] = None,
    reuse: Annotated[
        Path | None, typer.Option(help="Take over the shards of the same build with fewer seeds.")
    ] = None,
    ray: Annotated[
        str, typer.Option(help="Train on a Ray cluster: its address, auto, or local to start one.")
    ] = "",
    progress: Annotated[bool, typer.Option(help="Show a bar with the time left.")] = True,
) -> None:
    """Train architectures of a space on a data set; write OUT/table.parquet.

    A stopped or killed build goes on where it was, to the same bytes. Wall-clock times are in
    OUT/seconds.jsonl.
    """
    from archenc.networks.benchmark import Plan, build_benchmark
    from archenc.networks.training import Recipe

    recipe = Recipe(epochs, batch_size, lr, checkpoints=_integers("checkpoints", checkpoints))
    data, options = network_options.dataset(dataset, train, val, split), network_options.skeleton(skeleton)
    plan = Plan(
        space,
        _architectures(space, sample, distinct, archs, data.input_shape, options),
        data,
        recipe,
        seeds=_integers("seeds", seeds),
        repeated=repeated,
        skeleton=options,
        shard_size=shard,
        task=task or None,
    )
    counts = (0, 0)
    with bar("trainings", progress) as show:

        def note(done: int, total: int) -> None:
            nonlocal counts
            counts = (done, total)
            show(done, total)

        mapper = _cluster(ray) if ray else None
        table = build_benchmark(
            plan, out, jobs=jobs, minutes=minutes, progress=note, mapper=mapper, reuse=reuse
        )
    done, total = counts
    typer.echo(f"{out / 'table.parquet'}: {len(table):,} architectures, {done:,} of {total:,} trainings")
    if done < total:
        typer.echo("The same command goes on with the rest.")


def _architectures(
    space: str,
    sample: int,
    distinct: bool,
    archs: Path | None,
    input_shape: tuple[int, ...],
    skeleton: dict[str, Any],
) -> tuple[str, ...]:
    from archenc.networks import benchmark
    from archenc.spaces import space as named

    member = named(space)
    if (sample > 0) + distinct + (archs is not None) > 1:
        raise InvalidArgument("--sample, --distinct, --archs: choose one of them")
    if archs is not None:
        try:
            lines = archs.read_text().splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise DataError(f"{archs}: cannot be read ({error})") from error
        return tuple(member.format(member.parse(line.strip())) for line in lines if line.strip())
    if sample:
        return benchmark.sample(space, sample, input_shape=input_shape, skeleton=skeleton)
    if distinct:
        return benchmark.distinct(space)
    if member.size is None or member.size > 1_000_000:
        raise InvalidArgument(f"--space {space}: too large to train whole; give --sample")
    return tuple(member.format(arch) for arch in member.enumerate())


def _integers(option: str, text: str) -> tuple[int, ...]:
    try:
        return tuple(int(number) for number in text.split(",") if number.strip())
    except ValueError as error:
        raise InvalidArgument(f"--{option} {text!r}: expected whole numbers separated by commas") from error


def _cluster(address: str) -> Any:
    from functools import partial

    from archenc.networks.benchmark import on_cluster

    return partial(on_cluster, address=None if address == "local" else address)
