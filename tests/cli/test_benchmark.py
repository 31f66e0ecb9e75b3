"""`archenc benchmark build`: from the command line to a table, and what it refuses."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from archenc.cli.app import app
from archenc.spaces import space
from archenc.tables import BenchmarkTable

NB201 = space("nasbench201")
SMALL = [
    "--skeleton",
    "channels=2,cells=1,stages=1,stem_stride=2",
    "--epochs",
    "1",
    "--train",
    "64",
    "--val",
    "32",
]


def run(out: Path, *arguments: object, dataset: str = "digits", name: str = "nb201"):
    words = ["benchmark", "build", "--space", name, "--dataset", dataset, "--out", out, *arguments]
    return CliRunner().invoke(app, [str(word) for word in [*words, "--no-progress"]])


def test_a_build_writes_a_table_and_can_be_stopped(tmp_path):
    listed = tmp_path / "cells.txt"
    listed.write_text("".join(NB201.format(NB201.parse(index)) + "\n" for index in (5, 3)))
    words = ["--archs", listed, *SMALL, "--seeds", "0,1", "--repeated", "1"]
    stopped = run(tmp_path / "out", *words, "--minutes", "0")
    assert stopped.exit_code == 0, stopped.output
    assert "0 of 3 trainings" in stopped.stdout
    done = run(tmp_path / "out", *words)
    assert done.exit_code == 0, done.output
    assert "2 architectures, 3 of 3 trainings" in done.stdout
    table = BenchmarkTable.open(tmp_path / "out" / "table.parquet")
    assert table.rows([NB201.parse(5), NB201.parse(3)]).tolist() == [0, 1]
    assert {"digits_val_accuracy_1ep", "digits_test_loss_1ep_seed1", "digits_runs"} <= set(table.metrics)


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        (["--sample", 2, "--distinct"], {}, "choose one"),
        (["--sample", 2], {"dataset": "mnist"}, "expected digits"),
        (["--sample", 2], {"dataset": "cifar10:nowhere"}, "data_batch_1.bin"),
        (["--sample", 2, "--skeleton", "channels"], {}, "NAME=VALUE"),
        (["--sample", 2, "--skeleton", "width=3"], {}, "'width'"),
        (["--sample", 2, "--seeds", "one"], {}, "--seeds 'one'"),
        ([], {"name": "nb301"}, "give --sample"),
        (["--archs", "nowhere.txt"], {}, "nowhere.txt"),
    ],
)
def test_wrong_words_are_answered_in_one_line(tmp_path, arguments, options, message):
    result = run(tmp_path / "out", *arguments, **options)
    assert result.exit_code == 2, result.output
    assert message in result.output
