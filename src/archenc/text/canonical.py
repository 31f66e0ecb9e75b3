"""Architectures in a numbering that isomorphic ones share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from archenc.graph import Architecture, canonical_cells


def live_parts(archs: Sequence[Architecture]) -> list[Architecture]:
    """Return the architectures without what is dead, hidden nodes numbered as `live-iso-v1` orders them.

    Raises InvalidArchitecture if their cells, place by place, have different numbers of inputs.
    """
    columns = [canonical_cells(cells) for cells in zip(*(arch.cells for arch in archs), strict=True)]
    return [replace(arch, cells=cells) for arch, cells in zip(archs, zip(*columns, strict=True), strict=True)]
