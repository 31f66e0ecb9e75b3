"""`archenc pretrain-text`: train a small language model on the source code of cells, without labels."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from archenc.errors import InvalidArgument


class Objective(StrEnum):
    """What is learned."""

    MASKED = "masked"
    CONTRAST = "contrast"


def pretrain_text(
    out: Annotated[Path, typer.Option(help="Folder of the model; a run that was stopped goes on there.")],
    objective: Annotated[
        Objective,
        typer.Option(help="Say hidden tokens; or texts of one network together, similar costs near."),
    ] = Objective.MASKED,
    model: Annotated[
        str | None, typer.Option(help="Go on from this one: minilm, a folder, an id. Default: from nothing.")
    ] = None,
    spaces: Annotated[
        str, typer.Option(help="Search spaces, separated by commas.")
    ] = "nb201,tnb101,nb101,nb301",
    cells: Annotated[
        int | None, typer.Option(min=2, help="Architectures drawn from a space that has more.")
    ] = None,
    epochs: Annotated[int | None, typer.Option(min=1)] = None,
    batch_size: Annotated[int | None, typer.Option(min=2)] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of what is drawn and how it is trained.")] = 0,
    set_: Annotated[
        list[str] | None,
        typer.Option(
            "--set", help="Another setting of the lesson or the shape: NAME=VALUE; may be repeated."
        ),
    ] = None,
    half: Annotated[bool, typer.Option("--half", help="Store float16, half as large.")] = False,
    device: Annotated[str, typer.Option(help="cpu, cuda, ...")] = "cpu",
    progress: Annotated[bool, typer.Option(help="Show a bar, with the time left.")] = True,
) -> None:
    """Train a language model on the source code of cells, without labels.

    OUT is in Hugging Face's format and is what `--encoder cole:model=OUT` reads; losses.csv and training.json
    say how it was made.
    """
    from archenc.cli.encoder_options import settings
    from archenc.encoders.cole.learning.lesson import Lesson, Shape
    from archenc.encoders.cole.learning.training import train_language_model
    from archenc.progress import bar

    given: dict[str, Any] = {
        "cells": cells,
        "epochs": epochs,
        "batch_size": batch_size,
        **settings(set_ or []),
    }
    given = {name: value for name, value in given.items() if value is not None}
    names = {"lesson": Lesson.__dataclass_fields__, "shape": Shape.__dataclass_fields__}
    foreign = sorted(set(given) - set(names["lesson"]) - set(names["shape"]))
    if foreign:
        legal = ", ".join([*names["lesson"], *names["shape"]])
        raise InvalidArgument(f"--set: there is no {', '.join(foreign)}; legal: {legal}")
    sized = {name: value for name, value in given.items() if name in names["shape"]}
    if sized and model is not None:
        raise InvalidArgument(
            f"--set {', '.join(sized)}: of a model that begins from nothing; leave out --model"
        )
    taught = {name: value for name, value in given.items() if name not in sized}
    named = tuple(name.strip() for name in spaces.split(","))
    lesson = Lesson(**{"objective": objective.value, "spaces": named, "seed": seed, **taught})
    try:
        with bar("steps", progress) as show:

            def note(done: int, total: int, last: Mapping[str, Any] | None) -> None:
                show(done, total, "" if last is None else f"held-out loss {last['held_out_loss']:.4f}")

            record = train_language_model(
                out, lesson, model, shape=Shape(**sized), device=device, half=half, progress=note
            )
    except KeyboardInterrupt as stop:
        typer.echo(f"interrupted: checkpoints are kept in {out}; the same command goes on there", err=True)
        raise typer.Exit(130) from stop
    last = record["last"]
    typer.echo(
        f"{out}: {record['texts']:,} texts of {record['networks']:,} networks, {record['parameters']:,} "
        f"parameters, {last['items']:,} items seen, held-out loss {last['held_out_loss']:.4f}, accuracy "
        f"{last['held_out_accuracy']:.3f}"
    )
