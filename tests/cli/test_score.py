"""`archenc score`: a table in a folder, and plain refusals."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from archenc import space
from archenc.cli.app import app
from archenc.networks.benchmark import distinct
from archenc.proxies import operation_scores
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


def test_a_data_set_gives_images_classes_and_the_names_of_columns(tmp_path: Path):
    options = [
        "--dataset",
        "digits",
        "--batch",
        "4",
        "--skeleton",
        "channels=4,cells=1,stages=1,stem_stride=2",
    ]
    code, said = call(
        "--space", "nb201", "--out", str(tmp_path), "--rows", "2", "--proxies", "jacov", *options
    )
    assert code == 0, said
    table = BenchmarkTable.open(tmp_path / "scores.parquet")
    assert list(table.metrics) == ["digits_zc4_jacov"]
    assert table.metrics["digits_zc4_jacov"].dataset == "digits"
    recipe = table.provenance["scores"]
    assert recipe["skeleton"]["input_shape"] == recipe["inputs"]["shape"][1:] == [1, 8, 8]
    assert recipe["inputs"]["part"] == "train"


def test_one_of_each_canonical_class(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    two = distinct("nb201")[5:7]
    monkeypatch.setattr("archenc.networks.benchmark.distinct", {"nasbench201": two}.get)
    options = ["--rows", "distinct", "--proxies", "params", "--batch", "2", "--skeleton", SMALL]
    code, said = call("--space", "nb201", "--out", str(tmp_path), *options)
    assert code == 0, said
    assert BenchmarkTable.open(tmp_path / "scores.parquet").keys == list(two)


def test_operations_are_scored_and_found_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("ARCHENC_HOME", str(tmp_path))
    out = tmp_path / "operations" / "mine"
    options = ["--operations", "--proxies", "snip,l2_norm", "--batch", "4", "--skeleton", SMALL]
    code, said = call("--space", "nb201", "--out", str(out), "--rows", "3", *options)
    assert code == 0, said
    assert "3 architectures x at most 6 operations x 2 proxies" in said
    assert "ms an architecture" in said
    found = operation_scores("mine")
    assert found.names == ("snip", "l2_norm")
    assert found.values.shape == (3, 6, 2)


def test_images_come_from_one_place(tmp_path: Path):
    code, said = call("--space", "nb201", "--out", str(tmp_path), "--inputs", "noise", "--dataset", "digits")
    assert code == 2
    assert "choose one" in said


@pytest.mark.parametrize(
    ("option", "value", "named"),
    [
        ("--inputs", "photos", "photos"),
        ("--dataset", "photos", "photos"),
        ("--rows", "nothing.txt", "nothing.txt"),
        ("--skeleton", "channels", "NAME=VALUE"),
        ("--proxies", "snipp", "snipp"),
        ("--task", "svhn", "svhn"),
    ],
)
def test_refusals(tmp_path: Path, option: str, value: str, named: str):
    code, said = call("--space", "nb201", "--out", str(tmp_path / "out"), option, value)
    assert code == 2
    assert named in said
    assert not (tmp_path / "out" / "journal.jsonl").exists()
