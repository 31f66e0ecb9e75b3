"""The texts of every architecture of a population: its key, under which tables hold it, and its spelling."""

from __future__ import annotations

from archenc.encoders.base import Population
from archenc.encoders.frame import registered_space
from archenc.graph import GraphBatch, architectures


def keys_of(X: Population, space_name: str) -> list[str]:
    """Return the text by which tables and scores hold each architecture: that of `space.key`.

    Raises InvalidArgument for a space that is not registered.
    """
    key = registered_space(space_name).key
    return [key(arch) for arch in (architectures(X) if isinstance(X, GraphBatch) else X)]


def native_spellings(X: Population, space_name: str) -> list[str]:
    """Return one spelling an architecture. Raises InvalidArgument for a space that is not registered."""
    spell = registered_space(space_name).format
    return [spell(arch) for arch in (architectures(X) if isinstance(X, GraphBatch) else X)]
