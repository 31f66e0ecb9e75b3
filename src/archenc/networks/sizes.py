"""The sizes of a skeleton, checked where they come in."""

from __future__ import annotations

from archenc.errors import InvalidArgument


def positive(**sizes: int) -> None:
    """Raise InvalidArgument, naming it, if one of the sizes is below 1."""
    for name, value in sizes.items():
        if value < 1:
            raise InvalidArgument(f"{name}={value}: expected an integer >= 1")
