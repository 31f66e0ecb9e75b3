"""Arguments that several commands of `archenc data` take."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from archenc.cli.printing import Format

Name = Annotated[str, typer.Argument(help="Benchmark, by the name of its space: nasbench201 or nb201.")]
Home = Annotated[
    Path | None,
    typer.Option(
        "--home", help="Where files and tables are kept; default $ARCHENC_HOME or ~/.local/share/archenc."
    ),
]
FormatOption = Annotated[Format, typer.Option("--format", help="How to print.")]
