"""Checkpoints of a run: the last one that is whole, whatever moment the run was killed at."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor

from archenc.errors import InvalidArgument
from archenc.store import Journal, write_bytes

JOURNAL = "journal.jsonl"


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """step: steps done. since: steps since the last validation. history: records of the validations."""

    step: int
    since: int
    history: list[dict[str, Any]]
    tensors: dict[str, Tensor]

    def part(self, name: str) -> dict[str, Tensor]:
        """Return the tensors called `name/...`, without that."""
        start = f"{name}/"
        found = [key for key in self.tensors if key.startswith(start)]
        return {key.removeprefix(start): self.tensors[key] for key in found}


class Checkpoints:
    """A folder with a journal that names each checkpoint and its SHA-256, and the latest one of them.

    Raises InvalidArgument if the folder holds checkpoints of another run.
    """

    def __init__(self, folder: Path, key: str) -> None:
        self.folder, self.key = folder, key
        self.journal = Journal(folder / JOURNAL)
        self.records = self.journal.records()
        if any(record["key"] != key for record in self.records):
            raise InvalidArgument(
                f"out={str(folder)!r} holds a run with other settings or other data; take another folder, or "
                "remove this one"
            )

    def put(self, checkpoint: Checkpoint) -> None:
        """Keep a checkpoint; those before it are removed."""
        from safetensors.torch import save

        # weights that two layers share are written twice: the format knows no sharing
        payload = save({name: value.contiguous().clone() for name, value in checkpoint.tensors.items()})
        record = {
            "key": self.key,
            "step": checkpoint.step,
            "since": checkpoint.since,
            "history": checkpoint.history,
            "sha256": hashlib.sha256(payload).hexdigest(),
        }
        write_bytes(self._path(checkpoint.step), payload)
        self.journal.append(record)
        self.records.append(record)
        for path in self.folder.glob("checkpoint-*.safetensors"):
            if path != self._path(checkpoint.step):
                path.unlink(missing_ok=True)

    def latest(self) -> Checkpoint | None:
        """Return the latest whole checkpoint, None if there is none."""
        from safetensors.torch import load

        for record in reversed(self.records):
            try:
                payload = self._path(record["step"]).read_bytes()
            except OSError:  # removed, because a later one was kept
                continue
            if hashlib.sha256(payload).hexdigest() == record["sha256"]:
                tensors = load(payload)
                return Checkpoint(record["step"], record["since"], record["history"], tensors)
        return None

    def _path(self, step: int) -> Path:
        return self.folder / f"checkpoint-{step}.safetensors"
