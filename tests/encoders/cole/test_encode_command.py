"""`archenc encode --encoder cole`: a bar, a cache, a file."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from archenc.cli.app import app
from archenc.encoders.cole import embedding


def test_a_model_encodes_with_progress(bert: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedding, "PORTION", 8)
    cache, out = tmp_path / "cache", tmp_path / "codes.parquet"
    command = ["encode", "--space", "nb201", "--encoder", "cole", "--sample", "20", "--fit", "12"]
    for option in (f"model={bert}", f"cache={cache}", "components=5"):
        command += ["--set", option]
    result = CliRunner().invoke(app, [*command, "--out", str(out)])
    assert result.exit_code == 0, result.output
    assert "fitting" in result.output
    assert "architectures" in result.output
    assert pq.read_table(out).shape == (20, 2 + 5)
    assert len(list(cache.glob("*/*.parquet"))) >= 4


def test_a_model_that_is_not_there_is_said(tmp_path: Path) -> None:
    command = ["encode", "--space", "nb201", "--encoder", "cole", "--sample", "5", "--set", "model=./nowhere"]
    result = CliRunner().invoke(app, [*command, "--out", str(tmp_path / "codes.parquet"), "--no-progress"])
    assert result.exit_code == 2
    assert "no such folder" in " ".join(result.output.split())
