"""`archenc text`: an architecture as source code, as the text of an ONNX graph, or as a string."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer


class Form(StrEnum):
    """What is written."""

    EXCLUDE_HELPER = "exclude_helper"
    HELPER = "helper"
    INLINE = "inline"
    ROUTING = "routing"
    ONNX = "onnx"
    ONNX_LEGACY = "onnx_legacy"


class Context(StrEnum):
    """What is written around the cells."""

    NONE = "none"
    NETWORK = "network"
    COMMENT = "comment"


class Detail(StrEnum):
    """How a NAS-Bench-101 cell is written."""

    SIMPLE = "simple"
    FAITHFUL = "faithful"


def text(
    space: Annotated[str, typer.Option(help="Search space: nb201, nb101, nb301, tnb101, ...")],
    arch: Annotated[str, typer.Option(help="The architecture, in any spelling of its space.")],
    form: Annotated[
        Form, typer.Option(help="Source code in three forms, the operations alone, or the ONNX text.")
    ] = Form.EXCLUDE_HELPER,
    context: Annotated[Context, typer.Option(help="Around source code.")] = Context.NONE,
    canonical: Annotated[bool, typer.Option(help="Without dead parts; isomorphic cells alike.")] = False,
    unit_name: Annotated[str, typer.Option(help="Name of the class of a convolution.")] = "ConvUnit",
    dataset: Annotated[str | None, typer.Option(help="Data set or task that context speaks of.")] = None,
    nb101_detail: Annotated[
        Detail, typer.Option(help="NAS-Bench-101: 16 channels everywhere, or as it was built.")
    ] = Detail.SIMPLE,
) -> None:
    """Print the text of an architecture."""
    from archenc.spaces import space as find
    from archenc.text import render

    written = render(
        find(space).parse(arch),
        form=form.value,
        context=context.value,
        canonical=canonical,
        unit_name=unit_name,
        dataset=dataset,
        nb101_detail=nb101_detail.value,
    )
    typer.echo(written.removesuffix("\n"))
