"""A population spelled in one encoder's alphabet: what the pure functions of this room work on."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Int

from archenc.errors import InvalidArgument
from archenc.graph import GraphBatch, Kind, vocabulary
from archenc.graph.live import live_nodes

SILENT = -1
"""Letter of a node or edge that carries no operation: input, output, sum, link, an empty slot."""

_STRUCTURE = frozenset({Kind.INPUT, Kind.OUTPUT, Kind.SUM, Kind.LINK, Kind.PADDING})


@dataclass(frozen=True, slots=True)
class Letters:
    """n cells on V slots, ops as letters 0..m-1 in the encoder's own order.

    present: edges i -> j, i < j. edges, nodes: letter of the op there, or SILENT. real: slots that hold a
    node; the output is always the last slot. m: size of the alphabet.
    """

    present: Bool[np.ndarray, "n V V"]
    edges: Int[np.ndarray, "n V V"]
    nodes: Int[np.ndarray, "n V"]
    real: Bool[np.ndarray, "n V"]
    n_inputs: int
    m: int

    @property
    def slots(self) -> int:
        """Number of node slots V."""
        return self.nodes.shape[1]

    @classmethod
    def blank(cls, slots: int, n_inputs: int, m: int) -> Letters:
        """Return a population of no cells."""
        shape = (0, slots, slots)
        ids = np.empty(shape, dtype=np.int16)
        none = np.empty(shape, dtype=bool)
        return cls(none, ids, ids[:, :, 0], none[:, :, 0], n_inputs, m)


def is_op(kind: Kind) -> bool:
    """Say whether a node or edge of this kind carries an operation."""
    return kind not in _STRUCTURE


def spell(batch: GraphBatch, ops: Sequence[str], dropped: Collection[str] = ()) -> Letters:
    """Translate a batch into letters; the cells of an architecture follow each other, `n = len * cells`.

    ops: the alphabet, in order. dropped: names of ops that count as no edge (and no node) at all.
    Raises InvalidArgument for an op that is in neither.
    """
    letter = np.full(len(vocabulary()) + 1, SILENT, dtype=np.int16)  # the last entry serves index -1: nothing
    gone = np.zeros(len(vocabulary()) + 1, dtype=bool)
    for entry in vocabulary():
        if entry.name in ops:
            letter[entry.index] = list(ops).index(entry.name)
        elif entry.name in dropped:
            gone[entry.index] = True
        elif is_op(entry.kind):
            letter[entry.index] = _UNKNOWN
    slots = batch.ops.shape[2]
    edge_ops = batch.edge_ops.reshape(-1, slots, slots)
    node_ops = batch.ops.reshape(-1, slots)
    edges, nodes = letter[edge_ops], letter[node_ops]
    for letters, ids in ((edges, edge_ops), (nodes, node_ops)):
        if (letters == _UNKNOWN).any():
            name = vocabulary()[int(ids[letters == _UNKNOWN][0])].name
            raise InvalidArgument(
                f"X: an architecture of {batch.space} uses {name!r}, which is not in the op order "
                f"{tuple(ops)}; pass ops= with every op of the space"
            )
    present = batch.adjacency.reshape(-1, slots, slots) != 0
    if gone.any():
        lost = gone[node_ops]
        present = present & ~gone[edge_ops] & ~lost[:, :, None] & ~lost[:, None, :]
    return Letters(present, edges, nodes, batch.mask.reshape(-1, slots), batch.inputs, len(ops))


def pruned(cells: Letters) -> Letters:
    """Return the live part: what lies on no walk from an input to the output leaves no letter."""
    live = live_nodes(cells.present, cells.n_inputs)
    present = cells.present & live[:, :, None] & live[:, None, :]
    real = live | (np.arange(cells.slots) < cells.n_inputs)
    real[:, -1] = True
    return replace(
        cells,
        present=present,
        edges=np.where(present, cells.edges, SILENT),
        nodes=np.where(live, cells.nodes, SILENT),
        real=real & cells.real,
    )


_UNKNOWN = -2
