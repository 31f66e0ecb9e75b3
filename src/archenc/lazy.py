"""Names of a room that are imported when first used, so that importing the room loads nothing heavy."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any


def lazy(room: str, homes: Mapping[str, str]) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Return `__getattr__` and `__dir__` for the package `room`.

    homes: the module, within the room, of every lazy name. `dir` shows the public names, `__all__`. A name
    that is not there raises AttributeError, as any module's does.
    """

    def get(name: str) -> Any:
        if name in homes:
            return getattr(import_module(f"{room}.{homes[name]}"), name)
        raise AttributeError(f"module {room!r} has no attribute {name!r}")

    def listed() -> list[str]:
        return sorted(import_module(room).__all__)

    return get, listed
