"""`archenc encode`: the codes of architectures of a space, as a parquet file."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from archenc.errors import InvalidArgument

if TYPE_CHECKING:
    from archenc.graph import Architecture
    from archenc.spaces import SearchSpace


def encode(
    space: Annotated[str, typer.Option(help="Search space: nb201, nb101, nb301, tnb101, ...")],
    encoder: Annotated[str, typer.Option(help="A registered encoder: adjacency, path, arch2vec, cate, ...")],
    out: Annotated[
        Path | None,
        typer.Option(help="The parquet file; a stopped run goes on there. Default: ENCODER-SPACE.parquet."),
    ] = None,
    whole: Annotated[bool, typer.Option("--all", help="Every architecture of the space.")] = False,
    archs: Annotated[Path | None, typer.Option(help="Those of a text file, one a line.")] = None,
    sample: Annotated[int, typer.Option(min=0, help="So many, drawn at random.")] = 0,
    seed: Annotated[int, typer.Option(min=0, help="Of what is drawn.")] = 0,
    fit: Annotated[
        int, typer.Option(min=1, help="Architectures drawn to fit on, for encoders that learn from them.")
    ] = 1000,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", help="A parameter of the encoder: NAME=VALUE; may be repeated."),
    ] = None,
    progress: Annotated[bool, typer.Option(help="Show a bar, with the time left.")] = True,
) -> None:
    """Write the codes of architectures: key, spelling, and one float32 column a feature."""
    from archenc.cli.encoder_options import encoder_class, made, settings
    from archenc.encoders.exporting import PORTION, export
    from archenc.encoders.watching import showing
    from archenc.progress import bar
    from archenc.spaces import space as find

    if whole + (archs is not None) + (sample > 0) != 1:
        raise InvalidArgument("--all, --archs, --sample: choose one of them")
    member = find(space)
    out = Path(f"{encoder}-{member.name}.parquet") if out is None else out
    options = settings(set_ or [])
    chosen, total, what = _chosen(member, archs, sample, seed)
    model = made(encoder, encoder_class(encoder), options)
    portion = getattr(model, "export_portion", PORTION)
    try:
        with bar("fitting", progress) as show, showing(show):
            fitted = model.fit(member.sample(min(fit, member.size or fit), 0))
        with (
            bar("architectures", progress) as show,
            showing(lambda done, of: show.note(f"{done} of {of} read")),
        ):
            described = {"chosen": what, "fit": fit}
            export(fitted, chosen, total, out, described=described, portion=portion, progress=show)
    except KeyboardInterrupt as stop:
        typer.echo(f"interrupted: {out}.parts keeps what is done; the same command goes on there", err=True)
        raise typer.Exit(130) from stop
    width = len(fitted.get_feature_names_out())
    typer.echo(f"{out}: {total:,} architectures of {member.name}, {width:,} columns of {encoder}")


def _chosen(
    member: SearchSpace, archs: Path | None, sample: int, seed: int
) -> tuple[Iterable[Architecture], int, str]:
    from archenc.cli.encoder_options import architectures
    from archenc.store import content_key

    if sample:
        return member.sample(sample, seed), sample, f"{sample} drawn with seed {seed}"
    if archs is not None:
        found = architectures(member.name, archs)
        return found, len(found), content_key([member.format(arch) for arch in found])
    if member.size is None or member.size > 10_000_000:
        raise InvalidArgument(f"--all: {member.name} is too large to encode whole; give --sample or --archs")
    return member.enumerate(), member.size, "all"
