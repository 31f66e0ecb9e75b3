"""Types that every room shares, and the one way a seed becomes a generator and a size an integer."""

from __future__ import annotations

import math
import operator
from numbers import Real
from typing import SupportsIndex

import numpy as np

from archenc.errors import InvalidArgument, shown

Seed = int | np.random.Generator


def as_generator(seed: Seed) -> np.random.Generator:
    """Return the generator itself, or a fresh one from an integer seed.

    Nothing in archenc seeds or reads a global generator. Raises InvalidArgument for anything else.
    """
    if isinstance(seed, np.random.Generator):
        return seed
    if isinstance(seed, (int, np.integer)) and not isinstance(seed, bool) and seed >= 0:
        return np.random.default_rng(int(seed))
    raise InvalidArgument(f"seed={seed!r}: expected an integer >= 0 or a numpy.random.Generator")


def integer(item: object) -> int | None:
    """Return an integer of any type as an int, None for all else; a truth value is no integer."""
    if type(item) is int:
        return item
    if isinstance(item, (bool, type)) or not isinstance(item, SupportsIndex):
        return None
    try:
        return operator.index(item)
    except TypeError:  # arrays have the method, and most of them refuse
        return None


def whole_number(name: str, value: object, least: int = 0, most: int | None = None, why: str = "") -> int:
    """Return an integer of any type within least..most as an int.

    name: of the argument. why: what the message says of the bounds. Raises InvalidArgument.
    """
    number = integer(value)
    if number is None or number < least or (most is not None and number > most):
        legal = f">= {least}" if most is None else f"{least}..{most}"
        raise InvalidArgument(f"{name}={shown(value)}: expected an integer {legal}{why and f', {why}'}")
    return number


def real_number(name: str, value: object, least: float = -math.inf, most: float = math.inf) -> float:
    """Return a finite number of any type within least..most as a float.

    name: of the argument. Raises InvalidArgument, also for a truth value, which is no number.
    """
    if isinstance(value, Real) and not isinstance(value, bool):
        number = float(value)
        if math.isfinite(number) and least <= number <= most:
            return number
    bounds = "" if math.isinf(least) else f" >= {least:g}" if math.isinf(most) else f" {least:g}..{most:g}"
    raise InvalidArgument(f"{name}={shown(value)}: expected a finite number{bounds}")


def truth(name: str, value: object) -> bool:
    """Return a truth value. Raises InvalidArgument for anything else: "false" would be true."""
    if not isinstance(value, (bool, np.bool_)):
        raise InvalidArgument(f"{name}={shown(value)}: expected true or false")
    return bool(value)
