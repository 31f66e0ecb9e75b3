"""`archenc pretrain` and `archenc encode`: from a space to a file of codes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from archenc.cli.app import app
from archenc.encoders import Adjacency, Arch2Vec
from archenc.spaces import space


def call(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, list(arguments))
    return result.exit_code, result.output


def codes(path: Path) -> np.ndarray:
    table = pq.read_table(path)
    return np.stack([table[name].to_numpy() for name in table.column_names[2:]], axis=1)


def test_pretrained_weights_encode_a_file_of_architectures(tmp_path: Path):
    out, archs = str(tmp_path / "weights"), space("nb201").sample(7, 5)
    command = ["pretrain", "--space", "nb201", "--encoder", "arch2vec", "--out", out, "--cells", "60"]
    options = ["--epochs", "2", "--batch-size", "16", "--set", "latent=8", "--no-progress"]
    code, said = call(*command, *options)
    assert code == 0, said
    assert "60 architectures, 108 items seen" in said
    assert call(*command, *options) == (0, said)  # finished: the same again
    code, said = call(*command, "--epochs", "3", "--no-progress")
    assert code == 2
    assert "other settings" in said
    (tmp_path / "archs.txt").write_text("\n".join(map(space("nb201").format, archs)) + "\n\n")
    code, said = call(
        *["encode", "--space", "nb201", "--encoder", "arch2vec", "--archs", str(tmp_path / "archs.txt")],
        *["--set", f"weights={out}", "--set", "latent=8", "--out", str(tmp_path / "codes.parquet")],
    )
    assert code == 0, said
    assert "7 architectures of nasbench201, 8 columns of arch2vec" in said
    encoder = Arch2Vec(weights=out, latent=8).fit(archs)
    np.testing.assert_array_equal(codes(tmp_path / "codes.parquet"), encoder.transform(archs))


def test_a_whole_space_is_encoded(tmp_path: Path):
    out = tmp_path / "codes.parquet"
    code, said = call("encode", "--space", "tnb101", "--encoder", "adjacency", "--all", "--out", str(out))
    assert code == 0, said
    archs = list(space("tnb101").enumerate())
    np.testing.assert_array_equal(codes(out), Adjacency().fit(archs).transform(archs))


def test_the_codes_of_a_space_take_three_words_and_no_file_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    command = ["encode", "--space", "tnb101_macro", "--encoder", "adjacency"]
    code, said = call(*command, "--all")
    assert code == 0, said
    assert "adjacency-transnasbench101_macro.parquet: 3,256 architectures" in said
    assert len(codes(tmp_path / "adjacency-transnasbench101_macro.parquet")) == 3_256
    code, said = call(*command, "--sample", "5")  # other codes do not take their place
    assert code == 2
    assert "adjacency-transnasbench101_macro.parquet" in said


def test_training_on_a_file_equals_training_on_its_architectures(tmp_path: Path):
    archs = space("nb301").sample(12, 1)
    (tmp_path / "archs.txt").write_text("\n".join(map(space("nb301").format, archs)))
    command = ["pretrain", "--space", "nb301", "--encoder", "arch2vec", "--epochs", "1", "--no-progress"]
    options = ["--archs", str(tmp_path / "archs.txt"), "--out", str(tmp_path / "weights")]
    code, said = call(*command, *options)
    assert code == 0, said
    trained = Arch2Vec(weights=None, epochs=1).fit(archs).transform(archs)
    loaded = Arch2Vec(weights=str(tmp_path / "weights")).fit(archs).transform(archs)
    np.testing.assert_array_equal(trained, loaded)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["pretrain", "--encoder", "adjacency"], "not learned"),
        (["pretrain", "--encoder", "arch2vec", "--pairs", "5"], "has no pairs; legal: batch_size"),
        (["pretrain", "--encoder", "arch2vec", "--set", "latent"], "NAME=VALUE"),
        (["pretrain", "--encoder", "arch2vec", "--cells", "5", "--archs", "a.txt"], "choose one"),
        (["encode", "--encoder", "adjacency"], "--all, --archs, --sample"),
        (["encode", "--encoder", "adjacency", "--all", "--sample", "3"], "--all, --archs, --sample"),
        (["encode", "--encoder", "adjacency", "--archs", "nowhere.txt"], "cannot be read"),
        (["encode", "--encoder", "arch3vec", "--sample", "5"], "arch2vec"),
        (["encode", "--encoder", "zero_cost", "--sample", "5"], "scores"),
    ],
)
def test_refusals_are_one_line(tmp_path: Path, arguments: list[str], message: str):
    code, said = call(*arguments, "--space", "nb201", "--out", str(tmp_path / "out"))
    assert code == 2, said
    assert message in said
    assert "Traceback" not in said


def test_a_space_too_large_to_list_is_refused(tmp_path: Path):
    arguments = [
        "encode",
        "--space",
        "nb301",
        "--encoder",
        "adjacency",
        "--all",
        "--out",
        str(tmp_path / "o"),
    ]
    code, said = call(*arguments)
    assert code == 2
    assert "too large" in said


def test_source_code_is_encoded(tmp_path: Path) -> None:
    out = tmp_path / "codes.parquet"
    command = ["encode", "--space", "nb201", "--encoder", "bag_of_tokens", "--set", "unit=words"]
    status, said = call(*command, "--sample", "60", "--fit", "30", "--out", str(out), "--no-progress")
    assert status == 0, said
    assert codes(out).shape == (60, 29)
