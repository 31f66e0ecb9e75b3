"""From dense arrays back to architectures."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from archenc.errors import InvalidArgument
from archenc.graph.architecture import Architecture
from archenc.graph.batch import GraphBatch
from archenc.graph.cell import Cell, Edge
from archenc.graph.ops import vocabulary


def architectures(batch: GraphBatch) -> list[Architecture]:
    """Return the architectures of a native batch; equal cells are built once and kept.

    Raises InvalidArgument for a batch in another view.
    """
    if batch.view != "native":
        raise InvalidArgument(f"architectures need a batch in the view 'native', got {batch.view!r}")
    n, n_cells, width = batch.ops.shape
    arrays = np.concatenate(
        [batch.ops.reshape(n * n_cells, -1), batch.edge_ops.reshape(n * n_cells, -1)], axis=1
    )
    cells = [cell_of(row.tobytes(), width) for row in arrays]
    names = batch.attribute_names
    return [
        Architecture(
            batch.space,
            tuple(cells[k * n_cells : (k + 1) * n_cells]),
            tuple((name, float(v)) for name, v in zip(names, values, strict=True) if not np.isnan(v)),
        )
        for k, values in enumerate(batch.attributes)
    ]


@lru_cache(maxsize=65536)
def cell_of(arrays: bytes, width: int) -> Cell:
    """Return the cell of `width` slots whose node operations, then edge operations, are given as int16."""
    ops, edge_ops = np.split(np.frombuffer(arrays, dtype=np.int16), [width])
    edge_ops = edge_ops.reshape(width, width)
    known = vocabulary()
    node_of = np.cumsum(ops >= 0) - 1
    nodes = tuple(known[index] for index in ops[ops >= 0].tolist())
    source, target = np.nonzero(edge_ops >= 0)
    edges = zip(
        node_of[source].tolist(), node_of[target].tolist(), edge_ops[source, target].tolist(), strict=True
    )
    return Cell(nodes, tuple(Edge(i, j, known[k]) for i, j, k in edges))
