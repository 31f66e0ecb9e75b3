"""What is packaged as data and asked for by name: experiments and transfers."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Callable, Mapping
from importlib.resources import files
from typing import Any, TypeVar

from archenc.errors import UnknownName

T = TypeVar("T")


def read_definitions(
    file: str, read: Callable[[str, dict[str, Any]], T], room: str = "archenc.evaluation"
) -> dict[str, T]:
    """Return what `read` makes of each table of a TOML file in the data of a room, by its name."""
    text = files(room).joinpath(f"data/{file}").read_text(encoding="utf-8")
    return {name: read(name, fields) for name, fields in tomllib.loads(text).items()}


def named(kind: str, name: str, known: Mapping[str, T]) -> T:
    """Return the definition called `name`. Raises UnknownName, which lists them; kind: what they are."""
    if name not in known:
        near = difflib.get_close_matches(name, known, n=3)
        hint = f"did you mean {', '.join(near)}? " if near else ""
        raise UnknownName(f"{kind}: no {name!r}; {hint}known: {', '.join(known)}")
    return known[name]
