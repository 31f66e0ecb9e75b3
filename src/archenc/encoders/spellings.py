"""The texts of every architecture of a population: its key, under which tables hold it, and its spelling."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from archenc.encoders.base import Population
from archenc.encoders.frame import registered_space
from archenc.graph import Architecture, Cell, Edge, GraphBatch, vocabulary


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


def architectures(batch: GraphBatch) -> list[Architecture]:
    """Return the architectures of a native batch; equal cells are built once and kept."""
    n, n_cells, width = batch.ops.shape
    arrays = np.concatenate(
        [batch.ops.reshape(n * n_cells, -1), batch.edge_ops.reshape(n * n_cells, -1)], axis=1
    )
    cells = [_cell(row.tobytes(), width) for row in arrays]
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
def _cell(arrays: bytes, width: int) -> Cell:
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
