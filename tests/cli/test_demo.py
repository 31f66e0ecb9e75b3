from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from archenc.cli import demo as module
from archenc.cli import evaluate as evaluation
from archenc.cli.app import app

runner = CliRunner()


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A fresh folder to stand in, no imported table, no public files."""
    here = tmp_path / "checkout"
    here.mkdir()
    monkeypatch.chdir(here)
    monkeypatch.delenv("ARCHENC_SHARED_DATA", raising=False)
    monkeypatch.setenv("ARCHENC_HOME", str(tmp_path / "home"))
    return here


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the demo asks of `archenc evaluate`, which does not run."""
    given: dict[str, Any] = {}
    monkeypatch.setattr(evaluation, "evaluate", lambda **options: given.update(options))
    return given


def test_without_the_files_it_says_which_variable_to_set_and_where_they_come_from(bare: Path):
    result = runner.invoke(app, ["demo"])
    assert result.exit_code == 2
    assert "ARCHENC_SHARED_DATA=/path/to/folder make demo" in result.stderr
    assert str(bare.parent / "shared" / "data") in result.stderr
    for name in module._NEEDED:
        assert name in result.stderr
    assert result.stderr.count("https://") == len(module._NEEDED)


def test_only_files_that_are_missing_are_named(bare: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("ARCHENC_SHARED_DATA", str(bare))
    (bare / "nb201").mkdir()
    (bare / module._NEEDED[0]).write_text("")
    result = runner.invoke(app, ["demo"])
    assert result.exit_code == 2
    assert module._NEEDED[0] not in result.stderr
    assert module._NEEDED[1] in result.stderr


def test_pulled_files_are_taken(
    bare: Path, asked: dict[str, Any], shared_data: Path, monkeypatch: pytest.MonkeyPatch
):
    assert f"archenc data pull {' '.join(module._NEEDED)}" in runner.invoke(app, ["demo"]).stderr
    monkeypatch.setattr("archenc.tables.import_benchmark", lambda *given, **_: asked.update(files=given[1]))
    pulled = bare.parent / "home" / "files"
    pulled.mkdir(parents=True)
    (pulled / "nb201").symlink_to(shared_data / "nb201")
    assert runner.invoke(app, ["demo"]).exit_code == 0
    assert asked["files"] == pulled / "nb201"


def test_an_imported_table_is_taken_as_it_is(bare: Path, asked: dict[str, Any]):
    table = bare.parent / "home" / "tables" / "nasbench201.parquet"
    table.parent.mkdir(parents=True)
    table.touch()
    assert runner.invoke(app, ["demo", "--trials", "2"]).exit_code == 0
    assert (asked["space"], asked["trials"]) == (str(table), 2)


def test_the_files_are_imported_beside_the_checkout_once(
    bare: Path, asked: dict[str, Any], shared_data: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("ARCHENC_SHARED_DATA", str(shared_data))
    first = runner.invoke(app, ["demo"])
    assert first.exit_code == 0, first.stderr
    assert "Importing" in first.stderr
    assert asked["space"] == str(Path(".archenc") / "tables" / "nasbench201.parquet")
    assert (bare / asked["space"]).exists()
    assert "Importing" not in runner.invoke(app, ["demo"]).stderr
