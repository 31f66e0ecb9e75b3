from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import version

import pytest
import typer
from typer.testing import CliRunner

from archenc.cli import app as command_line
from archenc.errors import UnknownName

runner = CliRunner()


def stand_in(monkeypatch: pytest.MonkeyPatch, function: Callable[..., None]) -> None:
    """Let `archenc evaluate` call a function of the test."""
    monkeypatch.setitem(command_line._COMMANDS, "evaluate", ("archenc.cli.app:_stand_in", "a stand-in"))
    monkeypatch.setattr(command_line, "_stand_in", function, raising=False)


def test_the_version_is_printed():
    result = runner.invoke(command_line.app, ["--version"])
    assert (result.exit_code, result.output) == (0, f"archenc {version('archenc')}\n")


def test_the_package_is_the_command_too():
    asked = [sys.executable, "-m", "archenc", "--version"]
    assert subprocess.run(asked, capture_output=True, text=True, check=True).stdout == (
        f"archenc {version('archenc')}\n"
    )


def test_the_help_lists_every_command():
    output = runner.invoke(command_line.app, ["--help"]).output
    assert all(name in output for name in ("demo", "data", "evaluate", "reproduce"))


@pytest.mark.parametrize("name", sorted(command_line._COMMANDS))
def test_every_command_loads_and_explains_itself(name: str):
    result = runner.invoke(command_line.app, [name, "--help"])
    assert result.exit_code == 0, result.output
    assert "Usage" in result.output


def test_a_command_is_called_with_its_arguments(monkeypatch: pytest.MonkeyPatch):
    def evaluate(train: str = "7", trials: int = 9) -> None:
        typer.echo(f"{train} {trials + 1}")

    stand_in(monkeypatch, evaluate)
    result = runner.invoke(command_line.app, ["evaluate", "--train", "7,39", "--trials", "2"])
    assert (result.exit_code, result.output) == (0, "7,39 3\n")


def test_an_error_of_ours_is_one_line_on_stderr_and_status_2(monkeypatch: pytest.MonkeyPatch):
    def evaluate() -> None:
        raise UnknownName("predictors: no 'flam'; did you mean flan?")

    stand_in(monkeypatch, evaluate)
    result = runner.invoke(command_line.app, ["evaluate"])
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr == "error: predictors: no 'flam'; did you mean flan?\n"


def test_an_unforeseen_error_is_not_dressed_up(monkeypatch: pytest.MonkeyPatch):
    def evaluate() -> None:
        raise ZeroDivisionError("a bug")

    stand_in(monkeypatch, evaluate)
    result = runner.invoke(command_line.app, ["evaluate"])
    assert isinstance(result.exception, ZeroDivisionError)


def test_an_interrupt_ends_with_status_130(monkeypatch: pytest.MonkeyPatch):
    def evaluate() -> None:
        raise KeyboardInterrupt

    stand_in(monkeypatch, evaluate)
    result = runner.invoke(command_line.app, ["evaluate"])
    assert result.exit_code == 130
    assert "interrupted" in result.stderr


def test_a_misspelt_command_gets_the_right_one_suggested():
    result = runner.invoke(command_line.app, ["evalute"])
    assert result.exit_code == 2
    assert "evaluate" in result.stderr
