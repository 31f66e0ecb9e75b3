"""`archenc score`: a table in a folder, and plain refusals."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from archenc import space
from archenc.cli.app import app
from archenc.tables import BenchmarkTable

SMALL = "channels=4,cells=1,input_shape=1x8x8"


def call(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["score", *arguments])
    return result.exit_code, result.output


def test_a_sample_is_scored_and_kept(tmp_path: Path):
    command = ["--space", "nb201", "--out", str(tmp_path), "--rows", "2", "--batch", "4", "--skeleton", SMALL]
    code, said = call(*command, "--proxies", "snip,zen", "--no-progress")
    assert code == 0, said
    table = BenchmarkTable.open(tmp_path / "scores.parquet")
    assert list(table.metrics) == ["cifar10_digits4_snip", "cifar10_digits4_zen"]
    assert "2 architectures x 2 proxies" in said


def test_architectures_come_from_a_file(tmp_path: Path):
    archs = space("nb201").sample(2, 5)
    (tmp_path / "archs.txt").write_text("\n".join(map(space("nb201").format, archs)) + "\n")
    options = ["--inputs", "noise", "--batch", "4", "--skeleton", SMALL, "--proxies", "params"]
    code, said = call(
        "--space", "nb201", "--out", str(tmp_path / "out"), "--rows", str(tmp_path / "archs.txt"), *options
    )
    assert code == 0, said
    table = BenchmarkTable.open(tmp_path / "out" / "scores.parquet")
    assert table.keys == [space("nb201").key(arch) for arch in archs]


@pytest.mark.parametrize(
    ("option", "value", "named"),
    [
        ("--inputs", "photos", "photos"),
        ("--rows", "nothing.txt", "nothing.txt"),
        ("--skeleton", "channels", "name=value"),
        ("--proxies", "snipp", "snipp"),
        ("--task", "svhn", "svhn"),
    ],
)
def test_refusals(tmp_path: Path, option: str, value: str, named: str):
    code, said = call("--space", "nb201", "--out", str(tmp_path / "out"), option, value)
    assert code == 2
    assert named in said
    assert not (tmp_path / "out" / "journal.jsonl").exists()
