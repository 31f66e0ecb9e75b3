"""Tables that come with archenc."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

_FOLDER = Path(str(files("archenc"))) / "data"


def packaged() -> list[str]:
    """Return the names of the tables that come with archenc: digits201, where the build shipped it."""
    return sorted(path.stem for path in _FOLDER.glob("*.parquet"))


def packaged_path(name: str) -> Path | None:
    """Return the file of a table that comes with archenc, or None if there is none of that name."""
    return _FOLDER / f"{name}.parquet" if name in packaged() else None
