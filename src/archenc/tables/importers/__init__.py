"""Importers: for each benchmark, the public files it comes in and what their columns mean."""

from __future__ import annotations

from archenc.registry import Registry
from archenc.tables.importing import Source

_REGISTRY = Registry("importers")


def sources_of(space_name: str) -> tuple[Source, ...]:
    """Return the files of a benchmark by the canonical name of its space. Raises UnknownName."""
    return _REGISTRY.get(space_name)


__all__ = ["sources_of"]
