"""`archenc pretrain`: train a learned encoder on the cells of a space, without labels."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from archenc.errors import InvalidArgument

if TYPE_CHECKING:
    from archenc.graph import GraphBatch


def pretrain(
    space: Annotated[str, typer.Option(help="Search space: nb201, nb101, nb301, tnb101, ...")],
    encoder: Annotated[str, typer.Option(help="A learned encoder: arch2vec, cate.")],
    out: Annotated[Path, typer.Option(help="Folder of the weights; a run that was stopped goes on there.")],
    preset: Annotated[
        str | None, typer.Option(help="clean (default), or published, with its quirks.")
    ] = None,
    epochs: Annotated[int | None, typer.Option(min=1, help="Default: the encoder's.")] = None,
    batch_size: Annotated[int | None, typer.Option(min=1, help="Default: the encoder's.")] = None,
    pairs: Annotated[int | None, typer.Option(min=1, help="Of cate: pairs an epoch at most.")] = None,
    cells: Annotated[
        int, typer.Option(min=0, help="Architectures drawn; 0: all of up to a million, else 100,000.")
    ] = 0,
    archs: Annotated[
        Path | None, typer.Option(help="Train on those of a text file, one a line, instead.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of what is drawn and how it is trained.")] = 0,
    set_: Annotated[
        list[str] | None, typer.Option("--set", help="Another parameter: NAME=VALUE; may be repeated.")
    ] = None,
    half: Annotated[bool, typer.Option("--half", help="Store float16, half as large.")] = False,
    device: Annotated[str, typer.Option(help="cpu, cuda, ...")] = "cpu",
    progress: Annotated[bool, typer.Option(help="Show a bar, with the time left.")] = True,
) -> None:
    """Train a learned encoder on the cells of a space, without labels.

    OUT holds config.json, model.safetensors, which `weights=OUT` takes, and losses.csv.
    """
    from archenc.cli.encoder_options import encoder_class, made, settings
    from archenc.encoders.learned.base import LearnedEncoder
    from archenc.encoders.learned.base import pretrain as train
    from archenc.progress import bar

    options = {
        "preset": preset,
        "epochs": epochs,
        "batch_size": batch_size,
        "pairs": pairs,
        "seed": seed,
        **settings(set_ or []),
    }
    cls = encoder_class(encoder)
    if not issubclass(cls, LearnedEncoder):
        raise InvalidArgument(f"--encoder {encoder}: it is not learned; nothing to pre-train")
    member = made(encoder, cls, options)
    X = _population(space, cells, archs, seed)
    member.set_params(weights=None)
    try:
        with bar("steps", progress) as show:

            def note(done: int, total: int, last: Mapping[str, Any] | None) -> None:
                show(done, total, "" if last is None else f"held-out loss {last['held_out_loss']:.4f}")

            weights = train(member, X, out, device=device, half=half, progress=note)
    except KeyboardInterrupt as stop:
        typer.echo(f"interrupted: checkpoints are kept in {out}; the same command goes on there", err=True)
        raise typer.Exit(130) from stop
    training = weights.config["training"]
    typer.echo(
        f"{out}: {encoder} for {X.space}, {len(X):,} architectures, {training['items']:,} items seen, "
        f"held-out loss {training['losses']['held_out_loss']:.4f} "
        f"(best {training['best_held_out_loss']:.4f})"
    )


def _population(space: str, cells: int, archs: Path | None, seed: int) -> GraphBatch:
    from archenc.cli.encoder_options import architectures
    from archenc.encoders.learned.gathering import batch_of, gather
    from archenc.spaces import space as find

    member = find(space)
    if archs is None:
        return gather(member.name, cells or None, seed)
    if cells:
        raise InvalidArgument("--cells, --archs: choose one of them")
    return batch_of(iter(architectures(member.name, archs)), member.max_nodes)
