"""Importers: for each benchmark, the public files it comes in and what their columns mean."""

from __future__ import annotations

from archenc.registry import Registry
from archenc.tables.importing import Benchmark

_REGISTRY = Registry("importers")


def benchmark(space_name: str) -> Benchmark:
    """Return the importer of a benchmark by the canonical name of its space. Raises UnknownName."""
    return _REGISTRY.get(space_name)


__all__ = ["benchmark"]
