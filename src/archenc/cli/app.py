"""The command `archenc`: every command is a file of its own, imported when it is called."""

from __future__ import annotations

import os
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from archenc.errors import ArchencError
from archenc.plugins import ENVIRONMENT

_COMMANDS = {
    "demo": ("archenc.cli.demo:demo", "Predict, search and report on measurements that come along."),
    "benchmark": ("archenc.cli.benchmark:app", "Train architectures and make a table of your own."),
    "predict": ("archenc.cli.predict:predict", "Learn from a table and rank what it has not measured."),
    "rank": ("archenc.cli.rank:rank", "Rank networks in a folder from a few measured: which to train next?"),
    "data": ("archenc.cli.data:app", "Fetch, import, describe, query and export benchmark tables."),
    "encode": ("archenc.cli.encode:encode", "Write the codes that an encoder gives architectures."),
    "evaluate": ("archenc.cli.evaluate:evaluate", "Train and test predictors on a table, trial by trial."),
    "pretrain": ("archenc.cli.pretrain:pretrain", "Train a learned encoder on a space, without labels."),
    "pretrain-text": (
        "archenc.cli.pretrain_text:pretrain_text",
        "Train a small language model on the source code of cells.",
    ),
    "search": ("archenc.cli.search:search", "Search on a table with many seeds: how soon is the best near?"),
    "score": ("archenc.cli.score:score", "Score untrained networks of a space by zero-cost proxies."),
    "reproduce": (
        "archenc.cli.reproduce:reproduce",
        "Run a published protocol and print ours beside theirs.",
    ),
    "text": ("archenc.cli.text:text", "Write an architecture as source code or as another text."),
    "transfer": ("archenc.cli.transfer:transfer", "Learn on one space, go on with few labels of another."),
}


class _LazyGroup(TyperGroup):
    """Imports a command when it is called, so that `--help` stays quick; turns our errors into one line."""

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        name, _, rest = super().resolve_command(ctx, args)
        return name, None if name is None else _load(name), rest

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except ArchencError as error:
            typer.secho("error: ", fg=typer.colors.RED, bold=True, err=True, nl=False)
            typer.echo(str(error), err=True)
            raise typer.Exit(2) from error
        except KeyboardInterrupt as stop:
            typer.echo("interrupted", err=True)
            raise typer.Exit(130) from stop


def _load(name: str) -> Any:
    module, _, attribute = _COMMANDS[name][0].partition(":")
    target = getattr(import_module(module), attribute)
    if not isinstance(target, typer.Typer):
        single = typer.Typer(add_completion=False)
        single.command(name)(target)
        target = single
    return typer.main.get_command(target)


app = typer.Typer(cls=_LazyGroup, add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)
for _name, (_, _help) in _COMMANDS.items():
    app.command(_name, help=_help)(lambda: None)


def _print_version(wanted: bool) -> bool:
    if wanted:
        typer.echo(f"archenc {version('archenc')}")
        raise typer.Exit
    return wanted


@app.callback()
def _archenc(
    plugin: Annotated[
        list[Path] | None,
        typer.Option(help="A Python file that registers a space of your own; it is run. Repeatable."),
    ] = None,
    _version: bool = typer.Option(
        False, "--version", callback=_print_version, is_eager=True, help="Print the version and leave."
    ),
) -> None:
    """Know how good a neural network is before anyone trains it."""
    if plugin:
        known = os.environ.get(ENVIRONMENT, "")
        os.environ[ENVIRONMENT] = os.pathsep.join(filter(None, [known, *map(str, plugin)]))


def main() -> None:
    """Run the command line; exits with 0 (done), 2 (a wrong argument or file) or 130 (interrupted)."""
    app()
