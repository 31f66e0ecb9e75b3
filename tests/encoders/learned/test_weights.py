"""Weights on disk: the same bits again, or an error that names the file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from archenc.encoders.learned import weights as room
from archenc.encoders.learned.vocabulary import TokenFrame
from archenc.encoders.learned.weights import Weights, packaged
from archenc.errors import IncompatibleModel, InvalidArgument

CONFIG: dict[str, Any] = {
    "encoder": "arch2vec",
    "preset": "clean",
    "frame": TokenFrame.of("nasbench201").to_dict(),
    "setting": {"latent": 16},
    "training": {"architectures": 3},
}
TENSORS = {
    "a.weight": np.random.default_rng(0).standard_normal((3, 4)).astype(np.float32),
    "steps": np.array(7, dtype=np.int64),
    "turned": np.arange(6, dtype=np.float32).reshape(2, 3).T,
}


def made(folder: Path, half: bool = False) -> Weights:
    return Weights(CONFIG, TENSORS).save(folder, half)


def test_they_come_back_bit_by_bit(tmp_path: Path):
    made(tmp_path)
    loaded = Weights.load(tmp_path)
    assert loaded.config == CONFIG
    assert loaded.frame == TokenFrame.of("nasbench201")
    for name, value in TENSORS.items():
        np.testing.assert_array_equal(loaded.tensors[name], value)
        assert loaded.tensors[name].dtype == value.dtype
    loaded.tensors["a.weight"][0] = 1  # writable, as torch wants it


def test_halves_are_what_save_returns(tmp_path: Path):
    kept, loaded = made(tmp_path, half=True), Weights.load(tmp_path)
    for name, value in kept.tensors.items():
        np.testing.assert_array_equal(loaded.tensors[name], value)
        assert loaded.tensors[name].dtype == TENSORS[name].dtype
    assert np.abs(kept.tensors["a.weight"] - TENSORS["a.weight"]).max() > 0
    assert kept.tensors["steps"] == 7


@pytest.mark.parametrize("name", ["config.json", "model.safetensors"])
def test_a_missing_or_altered_file_is_named(tmp_path: Path, name: str):
    made(tmp_path)
    file = tmp_path / name
    content = file.read_bytes()
    file.write_bytes(content[:-5])
    with pytest.raises(IncompatibleModel, match=name):
        Weights.load(tmp_path)
    file.unlink()
    with pytest.raises(IncompatibleModel, match=f"{name} cannot be read"):
        Weights.load(tmp_path)


def test_a_flipped_bit_of_a_tensor_is_noticed(tmp_path: Path):
    made(tmp_path)
    file = tmp_path / "model.safetensors"
    content = bytearray(file.read_bytes())
    content[-2] ^= 1
    file.write_bytes(content)
    with pytest.raises(IncompatibleModel, match="altered"):
        Weights.load(tmp_path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"format": 2}, "not of format 1"),
        ({"frame": {}}, "not the config"),
        ({"frame": None}, "not the config"),
        ({"setting": 3}, "not the config"),
        ({"encoder": ...}, "without encoder"),
    ],
)
def test_a_foreign_config_is_refused(tmp_path: Path, change: dict[str, Any], message: str):
    made(tmp_path)
    file = tmp_path / "config.json"
    config = {**json.loads(file.read_text()), **change}
    file.write_text(json.dumps({name: value for name, value in config.items() if value is not ...}))
    with pytest.raises(IncompatibleModel, match=message):
        Weights.load(tmp_path)


def test_what_is_not_packaged_names_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(room, "FOLDER", tmp_path)
    made(tmp_path / "arch2vec-clean-nasbench201")
    assert packaged("arch2vec", "clean", "nasbench201").config == CONFIG
    with pytest.raises(
        InvalidArgument, match=r"it has arch2vec-clean-nasbench201.*archenc pretrain --space nas"
    ):
        packaged("arch2vec", "clean", "nasbench101")
    with pytest.raises(InvalidArgument, match=r"none at all.*--encoder cate --preset published"):
        packaged("cate", "published", "nasbench101")
