"""The demo: from an empty folder, without a network and without files of anybody's."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
from typer.testing import CliRunner

from archenc.cli.app import app

SMALL = ["demo", "--train", "8,16", "--trials", "2", "--budget", "24", "--searches", "1"]


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to stand in; no public files, no imported tables, no network."""

    def refused(*_args: object, **_options: object) -> None:
        raise AssertionError("the demo opened a connection")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ARCHENC_SHARED_DATA", str(tmp_path / "none"))
    monkeypatch.setenv("ARCHENC_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(socket.socket, "connect", refused)
    return tmp_path


@pytest.mark.slow
def test_it_predicts_searches_and_reports(bare: Path):
    result = CliRunner().invoke(app, SMALL)
    assert result.exit_code == 0, result.output
    for said in (
        "digits201: 6,466",
        "after measuring a few",
        "recommended",
        "random search",
        "Report: demo.html",
    ):
        assert said in result.stdout
    page = (bare / "demo.html").read_text()
    assert "predictor-guided" in page
    assert "ridge" in page
    again = CliRunner().invoke(app, SMALL)
    assert again.stdout == result.stdout, "the journal, and the same seeds, give the same"


def test_a_wrong_number_is_refused(bare: Path):
    result = CliRunner().invoke(app, ["demo", "--train", "few"])
    assert result.exit_code == 2
    assert "--train 'few'" in result.stderr
