"""Cells numbered anew: as isomorphic ones share it, or by lot."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from archenc.graph.cell import Cell, Edge
from archenc.graph.dense import scatter
from archenc.graph.form_graph import live_iso
from archenc.graph.ops import Kind
from archenc.graph.unbatch import cell_of


def canonical_cells(cells: Sequence[Cell]) -> list[Cell]:
    """Return for each cell its live part, the same for all cells that have one text in `live-iso-v1`.

    A disconnected cell becomes its inputs and an output that nothing reaches. Raises InvalidArchitecture if
    the cells have different numbers of inputs.
    """
    if not cells:
        return []
    inputs = cells[0].n_inputs
    ops, edge_ops, where = live_iso(*scatter(cells), inputs)
    arrays = np.concatenate([ops, edge_ops.reshape(len(ops), -1)], axis=1)
    found = [cell_of(row.tobytes(), ops.shape[1]) for row in arrays]
    return [found[row] for row in where]


def renumbered(cell: Cell, rng: np.random.Generator) -> Cell:
    """Return the same cell with its hidden nodes in another legal order, drawn at random.

    A `none` edge is no edge: where it would run backwards, it is turned round.
    """
    real = [(edge.source, edge.target) for edge in cell.edges if edge.op.kind is not Kind.NONE]
    order, waiting = list(range(cell.n_inputs)), set(range(cell.n_inputs, cell.n_nodes - 1))
    while waiting:
        ready = sorted(node for node in waiting if not any(t == node and s in waiting for s, t in real))
        order.append(ready[int(rng.integers(len(ready)))])
        waiting.remove(order[-1])
    order.append(cell.n_nodes - 1)
    place = {node: position for position, node in enumerate(order)}

    def edge(old: Edge) -> Edge:
        ends = place[old.source], place[old.target]
        return Edge(min(ends), max(ends), old.op)

    return Cell(tuple(cell.nodes[node] for node in order), tuple(edge(old) for old in cell.edges))
