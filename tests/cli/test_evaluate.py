"""`archenc evaluate`: a run from the command line, its files, its errors, and Ctrl-C."""

import csv
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from jaxtyping import config
from typer.testing import CliRunner

from archenc.cli.app import app
from archenc.spaces import space
from archenc.tables import BenchmarkTable, Metric

NB201 = space("nasbench201")


@pytest.fixture(scope="module")
def table(tmp_path_factory) -> Path:
    """A table of 200 cells with a made-up accuracy, a latency, and one score with gaps."""
    archs = [NB201.parse(index) for index in range(200)]
    noise = np.random.default_rng(0).normal(size=200)
    accuracy = np.array([NB201.format(arch).count("conv") for arch in archs]) + 0.2 * noise
    gaps = accuracy + noise
    gaps[:30] = np.nan
    columns = {"cifar10_acc": accuracy, "latency": np.exp(accuracy), "score": gaps, "same": np.ones(200)}
    metrics = [
        Metric("cifar10_acc", "cifar10", "accuracy", direction="max", unit="points"),
        Metric("latency", "cifar10", "latency", direction="min", unit="ms"),
        Metric("same", "cifar10", "accuracy", direction="max"),
    ]
    path = tmp_path_factory.mktemp("tables") / "small.parquet"
    BenchmarkTable.from_columns("nasbench201", archs, columns, metrics).save(path)
    return path


@pytest.fixture
def unchecked() -> Iterator[None]:
    """Switch the type checks of the tests off: a wrong word reaches the code as it does for a user."""
    config.update("jaxtyping_disable", True)
    yield
    config.update("jaxtyping_disable", False)


def run(*arguments: object):
    return CliRunner().invoke(app, ["evaluate", *map(str, arguments), "--no-progress"])


def rows(path: Path) -> list[dict]:
    with path.open() as file:
        return list(csv.DictReader(file))


def test_a_run_prints_a_table_and_writes_its_files(table, tmp_path):
    out, report = tmp_path / "out", tmp_path / "report.html"
    given = ["--space", table, "--metric", "cifar10_acc", "--predictor", "ridge,extra_trees:n_estimators=5"]
    given += [
        "--encoder",
        "path,zero_cost",
        "--scores",
        "score",
        "--train",
        "5,20",
        "--trials",
        2,
        "--out",
        out,
    ]
    result = run(*given, "--report", report)
    assert result.exit_code == 0, result.output
    assert "170 architectures, 2 trials, seed 0" in " ".join(result.output.split())
    assert "paired difference" in result.output
    table_rows = rows(out / "results.csv")
    found = {(row["method"], row["encoding"], row["n_train"]) for row in table_rows}
    assert len(found) == 2 * 2 * 2
    assert len(rows(out / "trials.csv")) == 2 * 2 * 2 * 2 * 8
    assert "kendall_tau" in (out / "results.md").read_text()
    page = report.read_text()
    assert "170 of 200 architectures" in page
    assert "cifar10_acc (points)" in page
    again = run(*given)
    assert "16 trials were known" in again.output
    assert rows(out / "results.csv")[0]["mean"] == table_rows[0]["mean"]


def test_the_defaults_of_the_results_folder_and_the_published_figures(table, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = run(
        "--space",
        table,
        "--metric",
        "latency",
        "--predictor",
        "ridge",
        "--encoder",
        "adjacency",
        "--train",
        9,
    )
    assert result.exit_code == 0, result.output
    assert len(rows(tmp_path / "runs" / "nasbench201" / "latency" / "trials.csv")) == 9 * 8
    taus = [float(row["mean"]) for row in rows(tmp_path / "runs/nasbench201/latency/results.csv")]
    assert taus[0] > 0.2  # turned once: a model of latency ranks fast cells first


def test_a_whole_pool_marks_the_gaps(table, tmp_path):
    given = ["--space", table, "--metric", "cifar10_acc", "--predictor", "ridge", "--encoder", "zero_cost"]
    given += [
        "--scores",
        "score",
        "--train",
        20,
        "--trials",
        2,
        "--metrics",
        "kendall_tau",
        "--interval",
        "bootstrap",
    ]
    assert run(*given, "--out", tmp_path / "part").exit_code == 0
    assert run(*given, "--pool", "all", "--group", "nats-v1", "--out", tmp_path / "all").exit_code == 0
    assert rows(tmp_path / "part" / "trials.csv")[0]["n_test"] == "150"
    assert 150 < int(rows(tmp_path / "all" / "trials.csv")[0]["n_test"]) <= 180


def test_published_protocols_by_name(table, tmp_path):
    given = [
        "--space",
        table,
        "--metric",
        "cifar10_acc",
        "--predictor",
        "ridge",
        "--encoder",
        "path",
        "--train",
        20,
    ]
    result = run(*given, "--protocol", "ta_gates", "--out", tmp_path)
    assert result.exit_code == 0, result.output
    assert {row["n_test"] for row in rows(tmp_path / "trials.csv")} == {"100"}
    result = run(
        *given, "--test", 50, "--split", "random", "--reference", 0, "--trials", 1, "--out", tmp_path
    )
    assert {row["n_test"] for row in rows(tmp_path / "trials.csv")} == {"50"}


def test_a_prefix_is_the_same_in_every_trial(table, tmp_path):
    given = ["--space", table, "--metric", "cifar10_acc", "--predictor", "ridge", "--encoder", "path"]
    given += ["--train", 20, "--trials", 2, "--metrics", "kendall_tau"]
    assert run(*given, "--draw", "prefix", "--out", tmp_path / "prefix").exit_code == 0
    assert run(*given, "--out", tmp_path / "drawn").exit_code == 0
    same, drawn = (
        {row["value"] for row in rows(tmp_path / name / "trials.csv")} for name in ("prefix", "drawn")
    )
    assert (len(same), len(drawn)) == (1, 2), "ridge has no seed"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--metric", "cifar10_ac"], "cifar10_acc"),
        (["--train", "150,500"], "train size 500 is too large: the pool holds 200"),
        (["--train", "7,x"], "expected whole numbers"),
        (["--train", "1"], "at least 2"),
        (["--metric", "same"], "all 200 values are equal"),
        (["--metric", "score"], "does not say whether more of it is better"),
        (["--predictor", "rigde"], "did you mean ridge"),
        (["--predictor", ","], "names separated by commas"),
        (["--encoder", ""], "needs an encoder"),
        (["--encoder", "zero_cost", "--scores", "synflow"], "no such metric"),
        (["--metrics", "tau"], "legal: kendall_tau"),
        (["--pool", "some"], "expected 'complete' or 'all'"),
        (["--group", "nats-v9"], "nats-v9"),
        (["--split", "thirds"], "expected 'random', 'halves' or 'folds'"),
        (["--draw", "first"], "expected 'random' or 'prefix'"),
        (["--protocol", "gates"], "expected 'flan', 'ta_gates' or 'cole'"),
        (["--reference", "20"], "takes a reference"),
        (["--space", "nb999"], "nb999"),
    ],
)
def test_wrong_arguments_end_with_one_clear_line_and_write_nothing(
    table, tmp_path, monkeypatch, arguments, words: str, unchecked
):
    monkeypatch.chdir(tmp_path)
    given = {
        "--space": str(table),
        "--metric": "cifar10_acc",
        "--predictor": "ridge",
        "--encoder": "path",
        "--train": "7",
    }
    given |= dict(zip(arguments[::2], arguments[1::2], strict=True))
    result = run(*(part for pair in given.items() for part in pair))
    assert result.exit_code == 2
    assert words in result.output
    assert "Traceback" not in result.output
    assert not list(tmp_path.rglob("*.csv"))


@pytest.mark.slow
def test_an_interrupt_says_where_the_results_are_and_the_command_continues(table, tmp_path):
    command = [
        sys.executable,
        "-c",
        "from archenc.cli.app import main; main()",
        "evaluate",
        "--space",
        str(table),
    ]
    command += [
        "--metric",
        "cifar10_acc",
        "--predictor",
        "extra_trees",
        "--encoder",
        "path",
        "--trials",
        "40",
    ]
    command += ["--train", "30,60", "--out", str(tmp_path / "out"), "--no-progress"]
    journal = tmp_path / "out" / "journal.jsonl"
    started = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 60
    while not (journal.exists() and journal.stat().st_size > 500) and time.monotonic() < deadline:
        time.sleep(0.02)
    os.kill(started.pid, signal.SIGINT)
    _, errors = started.communicate(timeout=60)
    assert started.returncode == 130
    assert f"every finished trial is kept in {tmp_path / 'out'}" in errors
    assert "Traceback" not in errors
    kept = journal.read_text().count("\n")
    assert 0 < kept < 80
    finished = subprocess.run(command, capture_output=True, text=True, check=True)
    assert f"{kept} trials were known from an earlier run" in finished.stdout
    assert journal.read_text().count("\n") == 80
