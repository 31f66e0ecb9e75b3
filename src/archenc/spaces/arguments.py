"""What every search space asks of the arguments of its methods, and the words in which it refuses them."""

from __future__ import annotations

from archenc.errors import InvalidArchitecture, shown
from archenc.graph import Architecture
from archenc.typing import whole_number

MOST = 10**9
"""Architectures in one draw: a list of more does not fit in any memory."""


def an_architecture(arch: object, space: str) -> Architecture:
    """Return an architecture as it is. Raises InvalidArchitecture for a spelling or anything else."""
    if not isinstance(arch, Architecture):
        raise InvalidArchitecture(
            f"expected an Architecture of {space!r}, not {type(arch).__name__} {shown(arch)}; legal: what "
            "parse makes of a spelling"
        )
    return arch


def sample_size(n: object, available: int, what: str, *, replace: bool) -> int:
    """Return how many to draw, as an int.

    available: how many there are; what: the words for them. Raises InvalidArgument unless n is an integer
    within 0..MOST and, without replacement, within 0..available.
    """
    if replace or available > MOST:
        return whole_number("n", n, 0, MOST, "as many as one draw may hold")
    return whole_number("n", n, 0, available, f"{what}; or replace=True")
