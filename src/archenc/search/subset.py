"""A part of a space, by how large its cells are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

from archenc.errors import InvalidArgument
from archenc.graph import Architecture

_ANY = (0, 10**6)


@final
@dataclass(frozen=True)
class Sizes:
    """Architectures of which every cell has so many nodes and edges, least and most, both included.

    Nodes count inputs and output; a cell with nodes on no path is counted as it is. Raises InvalidArgument.
    """

    nodes: tuple[int, int] = _ANY
    edges: tuple[int, int] = _ANY

    def __post_init__(self) -> None:
        for name, (least, most) in (("nodes", self.nodes), ("edges", self.edges)):
            if not 0 <= least <= most:
                raise InvalidArgument(f"{name}={(least, most)}: expected (least, most)")

    def __contains__(self, arch: Architecture) -> bool:
        return all(
            self.nodes[0] <= cell.n_nodes <= self.nodes[1]
            and self.edges[0] <= len(cell.edges) <= self.edges[1]
            for cell in arch.cells
        )


OUTSIDE_LEARNED = Sizes((2, 6), (1, 7))
"""What CATE's experiment outside the search space learns from: 10,026 cells of NAS-Bench-101 (ICML 2021)."""

OUTSIDE_SEARCHED = Sizes((6, 6), (7, 9))
"""What it searches: 60,669 cells, of which 6,909 with seven edges were learned from as well."""

OUTSIDE_DISJOINT = Sizes((6, 6), (8, 9))
"""The same without those: 53,760 cells."""
