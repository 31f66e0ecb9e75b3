"""`archenc search --report`: one page; and what the command says at its end."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from archenc.cli.app import app
from archenc.report import shell
from archenc.spaces import space
from archenc.tables import BenchmarkTable, Metric

NB201 = space("nasbench201")


@pytest.fixture
def table(tmp_path: Path) -> Path:
    archs = list({NB201.format(arch): arch for arch in NB201.sample(60, 1)}.values())[:30]
    values = np.arange(30.0)
    columns = {"gain": values, "score": values, "score_seconds": np.full(30, 120.0)}
    metrics = [Metric(name, "x", name, direction="max") for name in columns]
    path = tmp_path / "t.parquet"
    BenchmarkTable.from_columns("nasbench201", archs, columns, metrics).save(path)
    return path


def command(*arguments: object):
    return CliRunner().invoke(app, ["search", *map(str, arguments), "--no-progress"])


def test_a_page_of_a_study_has_curves_measures_and_the_best(table, tmp_path, monkeypatch):
    monkeypatch.setattr(shell, "_plotly", lambda: "/* plotly.js */")
    page = tmp_path / "page.html"
    result = command(
        "--space", table, "--metric", "gain", "--algorithm", "random,local", "--budget", 12, "--seeds", 3,
        "--out", tmp_path / "o", "--report", page,
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    text = page.read_text()
    for word in ("evaluations_to_1pct", "Best architectures", "paired by seed", "random", "local", "|~" * 0):
        assert word in text
    assert f"Report: {page}" in result.output


def test_what_ends_early_and_what_scores_cost_is_said(table, tmp_path):
    result = command(
        "--space", table, "--metric", "gain", "--algorithm", "score_prior", "--encoder", "zero_cost",
        "--scores", "score", "--budget", 50, "--seeds", 1, "--out", tmp_path / "o",
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    assert "ended after 30 architectures, before the budget of 50" in result.output
    assert "1 scores of all 30 architectures, not counted as evaluations: 1.0 hours" in result.output
