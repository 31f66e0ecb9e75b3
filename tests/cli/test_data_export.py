"""`archenc data export`."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from archenc.cli.app import app
from archenc.tables import BenchmarkTable, Metric, read_export, stored_path


@pytest.fixture(autouse=True)
def stored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> BenchmarkTable:
    """A small table in archenc's home."""
    monkeypatch.setenv("ARCHENC_HOME", str(tmp_path / "home"))
    metrics = [
        Metric("cifar10_val_accuracy_200ep", "cifar10", "accuracy", "val", 200, "fraction", "max", "one"),
        Metric("cifar10_zen", "cifar10", "zen"),
        Metric("cifar10_zc64_snip", "cifar10", "snip"),
    ]
    columns = {"cifar10_val_accuracy_200ep": [0.9, 0.8, 0.7], "cifar10_zen": [1e6, np.nan, -5.25]}
    columns["cifar10_zc64_snip"] = [1.0, 2.0, 3.0]
    table = BenchmarkTable.from_columns("nb201", [17, 4, 99], columns, metrics)
    table.save(stored_path("nb201"))
    return table


def run(*arguments: object, status: int = 0) -> Result:
    result = CliRunner().invoke(app, ["data", "export", "nb201", *map(str, arguments)])
    assert result.exit_code == status, result.output
    return result


def columns(path: Path) -> dict[str, list[str]]:
    head, *rows = csv.reader(path.read_text().splitlines())
    return (
        dict(zip(head, map(list, zip(*rows, strict=True)), strict=True))
        if rows
        else {name: [] for name in head}
    )


def test_a_whole_table(stored: BenchmarkTable, tmp_path: Path):
    path = tmp_path / "x.csv"
    output = run("--to", path).stdout
    assert f"3 architectures x 3 metrics in {path}" in output
    assert f"{path}.json" in output
    again = read_export(path)
    assert again.keys == stored.keys
    assert again.metrics == stored.metrics


def test_some_metrics_and_rows(stored: BenchmarkTable, tmp_path: Path):
    pytest.importorskip("duckdb")
    path = tmp_path / "x.csv"
    run(
        "--to",
        path,
        "--metrics",
        "cifar10_zc*, cifar10_zen,cifar10_zc64_snip",
        "--rows",
        "cifar10_zen IS NOT NULL",
    )
    assert columns(path) == {
        "architecture": [stored.keys[0], stored.keys[2]],
        "cifar10_zc64_snip": ["1", "3"],
        "cifar10_zen": ["1000000", "-5.25"],
    }
    run("--to", path, "--rows", "false")
    assert columns(path)["architecture"] == []
    facts = json.loads((tmp_path / "x.csv.json").read_text())
    assert (facts["rows"], facts["rows_of_the_table"]) == (0, 3)


def test_another_format_and_style(tmp_path: Path):
    path = tmp_path / "x.txt"
    run("--to", path, "--format", "jsonl", "--style", "index", "--metrics", "cifar10_zen")
    assert [json.loads(line) for line in path.read_text().splitlines()] == [
        {"architecture": "17", "cifar10_zen": 1e6},
        {"architecture": "4", "cifar10_zen": None},
        {"architecture": "99", "cifar10_zen": -5.25},
    ]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--to", "x.xlsx"], "expected a name that ends in .csv, .parquet, .jsonl"),
        (["--to", "x.csv", "--metrics", "cifar10_zn"], "near are cifar10_zen"),
        (["--to", "x.csv", "--metrics", "zz*"], "no metric of nasbench201 matches"),
        (["--to", "x.csv", "--rows", "nothing > 1"], "nothing"),
        (["--to", "x.csv", "--rows", "true; DROP VIEW nb201"], "expected one SELECT"),
        (["--to", "x.csv", "--style", "braille"], "style='braille'"),
        (["--to", "none.csv/x.csv"], "cannot write there"),
    ],
)
def test_what_cannot_be_exported(
    arguments: list[str], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    pytest.importorskip("duckdb")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "none.csv").touch()
    result = run(*arguments, status=2)
    assert message in result.stderr
    assert result.stdout == ""
    assert sorted(path.name for path in tmp_path.iterdir()) == ["home", "none.csv"]


@pytest.mark.parametrize("metrics", [",", "cifar10_zen,", " "])
def test_an_empty_name_of_a_metric(tmp_path: Path, metrics: str):
    result = CliRunner().invoke(
        app, ["data", "export", "nb201", "--to", str(tmp_path / "x.csv"), "--metrics", metrics]
    )
    assert result.exit_code != 0
    assert not (tmp_path / "x.csv").exists()
