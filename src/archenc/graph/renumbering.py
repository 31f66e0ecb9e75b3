"""Cells in a numbering that isomorphic ones share."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from archenc.graph.cell import Cell
from archenc.graph.dense import scatter
from archenc.graph.form_graph import live_iso
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
