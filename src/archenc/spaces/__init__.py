"""Search spaces: one file a space; they parse, format, sample, enumerate and know neighbours."""

from __future__ import annotations

from archenc.spaces.base import SearchSpace, register, space, spaces

__all__ = ["SearchSpace", "register", "space", "spaces"]
