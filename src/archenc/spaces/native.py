"""What every reader of spellings needs: plain values of what was given, and messages of bounded length."""

from __future__ import annotations

from archenc.errors import shown as shown
from archenc.typing import integer as integer


def plain(native: object) -> object:
    """Return lists and Python scalars for arrays and their scalars; anything else as it is."""
    if hasattr(native, "tolist") and not isinstance(native, type):
        return native.tolist()  # type: ignore[union-attr]
    return native
