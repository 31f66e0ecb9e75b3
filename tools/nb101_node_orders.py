"""Measure how the parameters of NAS-Bench-101 networks depend on the numbering of a cell's nodes.

    python tools/nb101_node_orders.py

goes through all 423,624 cells and all numberings of each, by the closed form, and prints what
docs/networks.md states: the cells with more than one number of parameters, and the largest gap relative to
the number of the trained one.
"""

from __future__ import annotations

from archenc import space
from archenc.graph import Cell, Edge
from archenc.networks.nb101_vertices import as_trained, orders, parameters


def renumbered(cell: Cell, order: tuple[int, ...]) -> Cell:
    """Return a cell with its nodes in another order."""
    place = {node: rank for rank, node in enumerate(order)}
    edges = tuple(Edge(place[edge.source], place[edge.target], edge.op) for edge in cell.edges)
    return Cell(tuple(cell.nodes[node] for node in order), edges)


def main() -> None:
    """Count, and print."""
    total = several = 0
    largest = 0.0
    for arch in space("nasbench101").enumerate():
        total += 1
        cell = arch.cells[0]
        last = cell.n_nodes - 1
        if sum(edge.target == last and edge.source > 0 for edge in cell.edges) in (0, 1, 2, 4):
            continue  # the channels divide evenly
        found = {parameters(renumbered(cell, order)) for order in orders(cell)}
        several += len(found) > 1
        largest = max(largest, (max(found) - min(found)) / parameters(as_trained(cell)[0]))
    print(
        f"{several:,} of {total:,} cells have more than one number of parameters, up to {largest:.2%} apart"
    )


if __name__ == "__main__":
    main()
