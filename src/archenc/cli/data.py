"""`archenc data`: from public files to a table, and from a table to answers."""

from __future__ import annotations

import typer

from archenc.cli.data_files import import_, list_, pull
from archenc.cli.data_table import export, info, query

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    help="Fetch, import, describe, query and export benchmark tables.",
)
for _name, _command in {
    "list": list_,
    "pull": pull,
    "import": import_,
    "info": info,
    "query": query,
    "export": export,
}.items():
    app.command(_name)(_command)
