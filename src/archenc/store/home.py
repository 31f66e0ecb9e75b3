"""The folder where archenc keeps what a user imported."""

from __future__ import annotations

import os
from pathlib import Path

from archenc.errors import InvalidArgument


def home(path: str | Path | None = None) -> Path:
    """Return `path`, or $ARCHENC_HOME, or `archenc` in the XDG data folder (~/.local/share)."""
    if path is not None:
        if not isinstance(path, str | Path):
            raise InvalidArgument(f"home={path!r}: expected a folder")
        return Path(path).expanduser()
    if chosen := os.environ.get("ARCHENC_HOME"):
        return Path(chosen).expanduser()
    data = os.environ.get("XDG_DATA_HOME") or "~/.local/share"
    return Path(data).expanduser() / "archenc"
