"""Finding models: by name, folder and id; and what is said where one is not to be had."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from archenc.encoders.cole.language_model import LanguageModel
from archenc.encoders.cole.sources import find
from archenc.errors import DataError, IncompatibleModel, InvalidArgument

from . import models

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bert: Path) -> Path:
    """The hub's cache with one model in it, and no network."""
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)  # else it tries for half a minute
    folder = tmp_path / "models--org--tiny"
    (folder / "refs").mkdir(parents=True)
    (folder / "refs" / "main").write_text(COMMIT)
    shutil.copytree(bert, folder / "snapshots" / COMMIT)
    return tmp_path


def test_a_model_by_id_is_that_of_its_commit(hub: Path, bert: Path) -> None:
    source = find("org/tiny")
    assert source.identity == f"org/tiny@{COMMIT}"
    assert find("org/tiny", COMMIT).folder == find("org/tiny", "main").folder == source.folder
    texts = ["x = 1", "class Cell(nn.Module):"]
    mine, its = LanguageModel(source).embed(texts), LanguageModel.of(bert).embed(texts)
    assert (mine["mean"].vectors == its["mean"].vectors).all()


@pytest.mark.parametrize(("name", "revision"), [("org/other", None), ("org/tiny", "v2"), ("other", None)])
def test_a_model_that_cannot_be_had_is_said_with_what_to_do(
    hub: Path, name: str, revision: str | None
) -> None:
    with pytest.raises(DataError, match=r"hf download .*model=FOLDER.*archenc\[cole\]"):
        find(name, revision)


def test_a_download_that_was_stopped_is_begun_again(hub: Path) -> None:
    (hub / "models--org--tiny" / "snapshots" / COMMIT / "model.safetensors").unlink()
    with pytest.raises(DataError, match="org/tiny is not on this machine"):
        find("org/tiny")


def test_no_name_is_refused() -> None:
    with pytest.raises(InvalidArgument, match="model=''"):
        find("")


@pytest.mark.parametrize("model", ["./nowhere", "a/b/c", "no such folder"])
def test_a_folder_that_is_not_there_is_refused(model: str) -> None:
    with pytest.raises(DataError, match=r"no such folder; expected one with config\.json"):
        find(model)


def test_a_revision_belongs_to_the_hub(bert: Path) -> None:
    for model in ("minilm", bert):
        with pytest.raises(InvalidArgument, match="revision='v1'"):
            find(model, "v1")


def test_a_folder_without_a_tokenizer_is_refused(tmp_path: Path) -> None:
    folder = models.encoder(tmp_path / "bare", with_tokenizer=False)
    with pytest.raises(IncompatibleModel, match="holds no tokenizer"):
        find(folder)


def test_a_folder_without_weights_is_refused(tmp_path: Path, bert: Path) -> None:
    folder = shutil.copytree(bert, tmp_path / "bare")
    (folder / "model.safetensors").unlink()
    with pytest.raises(IncompatibleModel, match="holds no weights"):
        find(folder)


@pytest.mark.parametrize("content", [None, "", "[", "\x00"])
def test_a_folder_without_a_config_is_refused(tmp_path: Path, bert: Path, content: str | None) -> None:
    folder = shutil.copytree(bert, tmp_path / "bare")
    (folder / "config.json").unlink()
    if content is not None:
        (folder / "config.json").write_text(content)
    with pytest.raises(IncompatibleModel, match=r"config\.json cannot be read"):
        find(folder)


def test_a_missing_shard_is_named(tmp_path: Path) -> None:
    folder = models.encoder(tmp_path / "shards", shard="10KB")
    shards = sorted(folder.glob("model-*.safetensors"))
    assert len(shards) > 2
    shards[1].unlink()
    with pytest.raises(IncompatibleModel, match=shards[1].name):
        find(folder)
    (folder / "model.safetensors.index.json").write_text("{}")
    with pytest.raises(IncompatibleModel, match="no index of shards"):
        find(folder)


def test_another_model_in_the_same_folder_has_another_identity(tmp_path: Path, bert: Path) -> None:
    folder = tmp_path / "model"
    shutil.copytree(bert, folder)
    first = find(folder).identity
    assert first == find(bert).identity
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"hidden_act": "relu"}))
    assert find(folder).identity != first
