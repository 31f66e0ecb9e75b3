"""A saved model is a folder: `config.json`, what it is, beside `model.safetensors`, what it learned.

The config holds the format version, the version of archenc that wrote it, and SHA-256 digests of the tensors
and of itself. A folder is read only if all of that holds to the byte. Nothing is pickled.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from archenc.errors import DataError, IncompatibleModel, InvalidArgument
from archenc.store import write_bytes

FORMAT = 1
CONFIG, TENSORS = "config.json", "model.safetensors"

State = tuple[dict[str, Any], dict[str, np.ndarray]]


def write(path: str | Path, config: dict[str, Any], tensors: dict[str, np.ndarray]) -> None:
    """Write a model folder at `path`: complete or not at all; an earlier model there is replaced.

    Raises InvalidArgument if `path` holds anything but a saved model or `config` has no JSON form, DataError
    if the folder cannot be written.
    """
    from safetensors.numpy import save

    target = Path(path)
    _check_replaceable(target)
    # safetensors writes the buffer as it lies, so the order must be C
    payload = save({name: np.asarray(value, order="C") for name, value in tensors.items()})
    header = {"format": FORMAT, "archenc": version("archenc"), "tensors_sha256": _digest(payload)}
    body = {**header, "model": config}
    try:
        text = _dump({**body, "config_sha256": _digest(_dump(body))})
    except (TypeError, ValueError) as error:
        raise InvalidArgument(f"the model to be saved at {target} has no JSON form: {error}") from error
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        staging = Path(tempfile.mkdtemp(prefix=f".{target.name}.", suffix=".tmp", dir=target.parent))
        staging.chmod(0o755)
    except OSError as error:
        raise DataError(f"{target}: cannot write there ({error})") from error
    try:
        write_bytes(staging / TENSORS, payload)
        write_bytes(staging / CONFIG, text)
        _move_into_place(staging, target)
    except OSError as error:
        raise DataError(f"{target}: cannot write there ({error}); an earlier model is kept") from error
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def read(path: str | Path) -> State:
    """Read the model folder at `path`: the config and the tensors that `write` was given.

    Raises IncompatibleModel for a missing or altered file, or one that another format version wrote.
    """
    from safetensors.numpy import load

    folder = Path(path)
    text, payload = _read_bytes(folder / CONFIG), _read_bytes(folder / TENSORS)
    try:
        config = json.loads(text)
        found, writer = config["format"], config["archenc"]
    except (ValueError, KeyError, TypeError) as error:
        raise IncompatibleModel(f"{folder / CONFIG}: not the config of a saved model ({error!r})") from error
    stated = config.pop("config_sha256", None)
    # the bytes must be exactly what `write` makes of this content, white space included
    intact = stated == _digest(_dump(config)) and text == _dump({**config, "config_sha256": stated})
    if found != FORMAT and (intact or writer != version("archenc")):  # else a flipped bit says the format
        raise IncompatibleModel(
            f"{folder} has model format {found}, written by archenc {writer}; this is archenc "
            f"{version('archenc')}, which reads format {FORMAT}: load it with that version, or fit again"
        )
    if not intact:
        raise IncompatibleModel(f"{folder / CONFIG} was altered: its SHA-256 does not match")
    if config["tensors_sha256"] != _digest(payload):
        raise IncompatibleModel(f"{folder / TENSORS} was altered: its SHA-256 does not match {CONFIG}")
    # copies: what safetensors returns cannot be written to, which torch warns about
    return config["model"], {name: value.copy() for name, value in load(payload).items()}


def nest(prefix: str, tensors: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return the tensors renamed to `prefix/name`."""
    return {f"{prefix}/{name}": value for name, value in tensors.items()}


def unnest(prefix: str, tensors: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return the tensors called `prefix/name`, as `name`."""
    start = f"{prefix}/"
    return {name.removeprefix(start): value for name, value in tensors.items() if name.startswith(start)}


def _dump(value: Any) -> bytes:
    return (json.dumps(value, indent=1, sort_keys=True, allow_nan=False, ensure_ascii=False) + "\n").encode()


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _read_bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise IncompatibleModel(
            f"{path} cannot be read ({error.strerror}): a saved model is a folder with {CONFIG} and {TENSORS}"
        ) from error


def _check_replaceable(target: Path) -> None:
    if not target.exists() and not target.is_symlink():
        return
    inside = {entry.name for entry in target.iterdir()} if target.is_dir() else {target.name}
    if inside - {CONFIG, TENSORS}:
        raise InvalidArgument(
            f"path={str(target)!r} is something other than a saved model: give a new folder"
        )


def _move_into_place(staging: Path, target: Path) -> None:
    # a folder cannot be renamed onto a full one: the old model steps aside, and back if the new one fails
    if not target.exists():
        staging.rename(target)
        return
    aside = staging.with_suffix(".old")
    target.rename(aside)
    try:
        staging.rename(target)
    except OSError:
        aside.rename(target)
        raise
    shutil.rmtree(aside, ignore_errors=True)
