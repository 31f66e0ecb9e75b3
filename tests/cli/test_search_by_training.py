"""`archenc search --dataset`: trains, reports, and goes on after a kill."""

from __future__ import annotations

import csv
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from archenc.cli.app import app

OPTIONS = (
    "search", "--space", "nb201", "--dataset", "digits", "--train", "64", "--val", "64", "--epochs", "1",
    "--batch-size", "32", "--skeleton", "channels=2,cells=1,stages=1,stem_stride=2",
    "--algorithm", "evolution", "--no-progress",
)  # fmt: skip
ARCHENC = [sys.executable, "-c", "from archenc.cli.app import main; main()"]


def values(folder: Path) -> list[tuple[str, str]]:
    rows = csv.DictReader((folder / "results.csv").read_text().splitlines())
    return [(row["architecture"], row["value"]) for row in rows]


def test_it_trains_reports_and_reads_what_is_known(tmp_path: Path):
    more = ("--budget", "4", "--out", str(tmp_path), "--report", str(tmp_path / "page.html"))
    first = CliRunner().invoke(app, [*OPTIONS, *more])
    assert first.exit_code == 0, first.output
    assert "4 trained now" in first.output
    assert "validation accuracy" in (tmp_path / "page.html").read_text()
    found = values(tmp_path)
    again = CliRunner().invoke(app, [*OPTIONS, *more])
    assert "0 trained now" in again.output
    assert values(tmp_path) == found
    other = CliRunner().invoke(app, [*OPTIONS, *more, "--lr", "0.2"])
    assert other.exit_code == 2
    assert "another data set or training" in other.stderr
    for option, value in (("--seed", "1"), ("--algorithm", "recommended")):
        other = CliRunner().invoke(app, [*OPTIONS, *more, option, value])
        assert other.exit_code == 2
        assert f"holds a search with {option} " in other.stderr
    assert values(tmp_path) == found


@pytest.mark.slow
def test_a_kill_loses_no_training_that_was_finished(tmp_path: Path):
    def command(folder: Path) -> list[str]:
        return [*ARCHENC, *OPTIONS, "--budget", "12", "--jobs", "2", "--out", str(folder)]

    running = subprocess.Popen(command(tmp_path / "killed"), start_new_session=True)
    kept, end = tmp_path / "killed" / "trainings.jsonl", time.monotonic() + 120
    while time.monotonic() < end and (not kept.exists() or kept.read_bytes().count(b"\n") < 3):
        time.sleep(0.02)
    os.kill(running.pid, signal.SIGKILL)
    running.wait()
    before = kept.read_bytes().count(b"\n")
    later = subprocess.run(command(tmp_path / "killed"), capture_output=True, text=True, check=True)
    assert f"{12 - before} trained now" in later.stdout
    subprocess.run(command(tmp_path / "whole"), check=True, capture_output=True)
    assert values(tmp_path / "killed") == values(tmp_path / "whole")
