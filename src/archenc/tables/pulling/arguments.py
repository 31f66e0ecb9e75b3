"""What `pull` accepts: numbers that clocks take, names that are texts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from numbers import Real
from typing import Any

from archenc.errors import InvalidArgument

_DAY = 86_400.0  # sockets refuse a few hundred years, and infinity


def check_patience(retries: Any, timeout: Any, backoff: Any) -> None:
    """Raise InvalidArgument unless these are a count, seconds above 0, and seconds of 0 or more."""
    if not isinstance(retries, int) or isinstance(retries, bool) or retries < 0:
        raise InvalidArgument(f"retries={retries!r}: expected a whole number, 0 or more")
    if not _is_seconds(timeout) or timeout == 0:
        raise InvalidArgument(f"timeout={timeout!r}: expected seconds, above 0 and at most {_DAY:,.0f}")
    if not _is_seconds(backoff):
        raise InvalidArgument(f"backoff={backoff!r}: expected seconds, 0 to {_DAY:,.0f}")


def checked_names(names: Any) -> list[str]:
    """Return names as a list, also where one is given alone. Raises InvalidArgument for anything else."""
    if isinstance(names, str):
        return [names]
    if isinstance(names, Sequence) and names and all(isinstance(name, str) for name in names):
        return list(names)
    raise InvalidArgument(f"names={names!r:.80}: expected a benchmark or file, or a list of them")


def _is_seconds(value: Any) -> bool:
    """Return whether a value is a number that a clock takes; nan and infinity are none."""
    if not isinstance(value, Real) or isinstance(value, bool):
        return False
    return math.isfinite(value) and 0 <= float(value) <= _DAY
