"""`archenc reproduce`: the list, a small experiment of its own, its files."""

import csv

import numpy as np
import pytest
from typer.testing import CliRunner

from archenc.cli.app import app
from archenc.evaluation import experiments
from archenc.spaces import space
from archenc.tables import BenchmarkTable, Metric

NB201 = space("nasbench201")


def run(*arguments: object):
    return CliRunner(env={"COLUMNS": "200"}).invoke(app, ["reproduce", *map(str, arguments)])


def test_without_a_name_it_lists_the_experiments():
    result = run()
    assert result.exit_code == 0
    for name in experiments.experiments():
        assert name in result.output


def test_an_unknown_name_lists_the_known_ones():
    result = run("flan-nb2001")
    assert result.exit_code == 2
    assert "did you mean flan-nb201" in result.output


def test_without_the_table_it_says_what_to_do(monkeypatch, tmp_path):
    monkeypatch.setenv("ARCHENC_HOME", str(tmp_path))
    result = run("flan-nb201")
    assert result.exit_code == 2
    assert "archenc data import" in result.output


@pytest.fixture
def tiny(monkeypatch, tmp_path):
    archs = [NB201.parse(index) for index in range(80)]
    labels = [NB201.format(arch).count("conv") + 0.01 * place for place, arch in enumerate(archs)]
    metrics = [Metric("cifar10_acc", "cifar10", "accuracy", direction="max")]
    table = BenchmarkTable.from_columns("nasbench201", archs, {"cifar10_acc": np.array(labels)}, metrics)
    table.save(tmp_path / "table.parquet")
    fields = {
        "title": "A tiny one", "space": "nasbench201", "metric": "cifar10_acc", "seed": 4,
        "beside": ["ta_gates/nb201/ta_gates"],
        "parts": [{"sizes": [7, 39], "trials": 2, "methods": [
            {"predictor": "ridge", "encoder": "path", "published": ["flan/nb201/flan"]}]}],
    }  # fmt: skip
    known = {"tiny": experiments._experiment("tiny", fields)}
    monkeypatch.setattr(experiments, "_experiments", lambda: known)
    return tmp_path / "table.parquet"


def test_ours_stand_beside_the_published_with_their_settings(tiny, tmp_path):
    places = ["--out", tmp_path / "run", "--results", tmp_path / "docs", "--report", tmp_path / "r.html"]
    result = run("tiny", "--table", tiny, "--no-progress", *places)
    assert result.exit_code == 0, result.output
    assert "0.496" in result.output
    assert "test: 7,813 cells" in result.output
    assert "7: 0.538, 39: 0.671" in result.output
    with (tmp_path / "docs" / "tiny.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert rows[0]["experiment"] == "tiny"
    assert rows[0]["published"] == "0.496"
    assert rows[0]["command"] == "archenc reproduce tiny"
    assert rows[0]["n_trials"] == "2"
    assert (tmp_path / "docs" / "tiny.csv").read_bytes() == (tmp_path / "run" / "results.csv").read_bytes()
    text = (tmp_path / "docs" / "tiny.md").read_text()
    assert "archenc reproduce tiny" in text
    assert "Published figures, each in its own setting" in text
    assert "ridge · path" in (tmp_path / "r.html").read_text()


def test_the_journal_is_read_and_only_what_is_missing_is_run(tiny, tmp_path):
    journal = tmp_path / "run" / "journal.jsonl"
    given = ["tiny", "--table", tiny, "--out", tmp_path / "run", "--no-progress"]
    assert run(*given, "--trials", 1).exit_code == 0
    first = journal.read_text()
    assert first.count("\n") == 2
    assert run(*given).exit_code == 0
    assert journal.read_text().startswith(first)
    assert journal.read_text().count("\n") == 4
