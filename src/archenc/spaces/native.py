"""What every reader of spellings needs: plain values of what was given, and messages of bounded length."""

from __future__ import annotations

import operator
from reprlib import Repr
from typing import SupportsIndex

_REPR = Repr()
_REPR.maxstring = _REPR.maxother = _REPR.maxlong = 120
_REPR.maxlist = _REPR.maxtuple = 12
_REPR.maxlevel = 4
_LONGEST = 200


def shown(value: object) -> str:
    """Show any value in a message: cut where it is long, deep, or cannot show itself."""
    text = _REPR.repr(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."


def plain(native: object) -> object:
    """Return lists and Python scalars for arrays and their scalars; anything else as it is."""
    if hasattr(native, "tolist") and not isinstance(native, type):
        return native.tolist()  # type: ignore[union-attr]
    return native


def integer(item: object) -> int | None:
    """Return an integer of any type as an int, None for all else; a truth value is no integer."""
    if isinstance(item, (bool, type)) or not isinstance(item, SupportsIndex):
        return None
    try:
        return operator.index(item)
    except TypeError:  # arrays have the method, and most of them refuse
        return None
