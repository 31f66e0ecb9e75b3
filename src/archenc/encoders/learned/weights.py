"""Pre-trained weights: a folder of `config.json` and `model.safetensors`, our own ones inside the package."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any, Self

import numpy as np

from archenc.encoders.learned.vocabulary import TokenFrame
from archenc.errors import IncompatibleModel, InvalidArgument
from archenc.store import write_bytes, write_json

FORMAT = 1
CONFIG, TENSORS = "config.json", "model.safetensors"
FOLDER = Path(str(files("archenc"))) / "data" / "weights"
"""Where the weights that come with archenc are: one folder an encoder, preset and space."""


@dataclass(frozen=True, eq=False)
class Weights:
    """What pre-training gave.

    config: encoder, preset, frame (see `TokenFrame`), setting (sizes of the network), training (data,
    schedule, held-out losses). tensors: float32, buffers of other types as they are.
    """

    config: dict[str, Any]
    tensors: dict[str, np.ndarray]

    @property
    def frame(self) -> TokenFrame:
        """How cells become tokens for these weights."""
        return TokenFrame.from_dict(self.config["frame"])

    def save(self, folder: str | Path, half: bool = False) -> Self:
        """Write the two files; return the weights as `load` will read them.

        half: store float16, half as large; encodings are then made from the rounded numbers.
        """
        from safetensors.numpy import save

        stored = {name: _stored(value, half) for name, value in self.tensors.items()}
        payload = save(stored)
        header = {"format": FORMAT, **self.config, "sha256": hashlib.sha256(payload).hexdigest()}
        write_bytes(Path(folder) / TENSORS, payload)
        write_json(Path(folder) / CONFIG, header)
        return type(self)(self.config, {name: _used(value) for name, value in stored.items()})

    @classmethod
    def load(cls, folder: str | Path) -> Self:
        """Read the two files. Raises IncompatibleModel for a missing, altered or foreign one."""
        from safetensors.numpy import load

        path = Path(folder)
        config, payload = _config(path), _bytes(path / TENSORS)
        if config.pop("format") != FORMAT:
            raise IncompatibleModel(f"{path / CONFIG}: not of format {FORMAT}, which this archenc reads")
        if config.pop("sha256") != hashlib.sha256(payload).hexdigest():
            raise IncompatibleModel(f"{path / TENSORS} was altered: its SHA-256 is not that in {CONFIG}")
        return cls(config, {name: _used(value) for name, value in load(payload).items()})


def packaged(encoder: str, preset: str, space: str) -> Weights:
    """Return the weights that come with archenc. Raises InvalidArgument, naming what makes them."""
    folder = FOLDER / f"{encoder}-{preset}-{space}"
    if (folder / CONFIG).is_file():
        return Weights.load(folder)
    there = sorted(path.name for path in FOLDER.glob(f"{encoder}-*") if (path / CONFIG).is_file())
    raise InvalidArgument(
        f"weights='packaged': archenc has none of {encoder}, preset {preset!r}, for {space} (it has "
        f"{', '.join(there) or 'none at all'}); make them by  archenc pretrain --space {space} --encoder "
        f"{encoder} --preset {preset} --out FOLDER  and give weights=FOLDER, or train in fit by weights=None"
    )


def is_finished(folder: str | Path) -> bool:
    """Say whether a folder holds weights."""
    return (Path(folder) / CONFIG).is_file()


def _stored(value: np.ndarray, half: bool) -> np.ndarray:
    value = np.asarray(value, order="C")
    return value.astype(np.float16) if half and value.dtype == np.float32 else value


def _used(value: np.ndarray) -> np.ndarray:
    return value.astype(np.float32) if value.dtype == np.float16 else value.copy()


def _config(folder: Path) -> dict[str, Any]:
    path = folder / CONFIG
    try:
        config = json.loads(_bytes(path))
        missing = {"format", "sha256", "encoder", "preset", "setting", "training"} - set(config)
        TokenFrame.from_dict(config["frame"])
        if missing or not isinstance(config["setting"], Mapping):
            raise ValueError(f"without {', '.join(sorted(missing)) or 'a setting'}")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise IncompatibleModel(f"{path}: not the config of pre-trained weights ({error!r})") from error
    return config


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise IncompatibleModel(
            f"{path} cannot be read ({error.strerror}): weights are a folder with {CONFIG} and {TENSORS}, as "
            "archenc pretrain --out FOLDER makes it"
        ) from error
