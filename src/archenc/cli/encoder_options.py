"""What the commands about encoders share: an encoder from options, architectures from a file, a bar."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from archenc.errors import DataError, InvalidArgument

if TYPE_CHECKING:
    from archenc.encoders import Encoder
    from archenc.graph import Architecture

E = TypeVar("E")


def encoder_class(name: str) -> type[Encoder]:
    """Return a registered encoder. Raises UnknownName."""
    from archenc.registry import Registry

    return Registry("encoders").get(name)


def made(name: str, cls: type[E], options: dict[str, Any]) -> E:
    """Return an encoder with parameters; those that are None are left out. Raises InvalidArgument."""
    named: Any = cls
    given = {key: value for key, value in options.items() if value is not None}
    legal = [key for key in named._get_param_names() if key != "self"]
    foreign = sorted(set(given) - set(legal))
    if foreign:
        raise InvalidArgument(f"--encoder {name} has no {', '.join(foreign)}; legal: {', '.join(legal)}")
    try:
        return cls(**given)
    except TypeError as error:  # a parameter without a default
        raise InvalidArgument(f"--encoder {name} cannot be made from a command line: {error}") from error


def settings(texts: Sequence[str]) -> dict[str, Any]:
    """Read `latent=32`, `preset=published`: numbers, true, false and null as JSON has them, else text."""
    found: dict[str, Any] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise InvalidArgument(f"--set {text!r}: expected NAME=VALUE")
        try:
            found[name.strip()] = json.loads(value)
        except ValueError:
            found[name.strip()] = value
    return found


def architectures(space_name: str, path: Path) -> list[Architecture]:
    """Read one architecture a line, in any spelling. Raises DataError, InvalidArgument."""
    from archenc.spaces import space

    try:
        lines = [line.strip() for line in path.read_text().splitlines()]
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: cannot be read ({error})") from error
    found = [space(space_name).parse(line) for line in lines if line]
    if not found:
        raise InvalidArgument(f"--archs {path}: no line with an architecture")
    return found
