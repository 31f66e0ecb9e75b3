"""The whole adjacency matrix and the op of every node: the input of plain multilayer perceptrons."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from archenc.encoders.edge_codes import one_hot
from archenc.errors import InvalidArgument
from archenc.graph import GraphBatch, Rewire, op, vocabulary


@dataclass(frozen=True, slots=True)
class FullMatrixCode:
    """`V*V` entries of the adjacency matrix in the `op_on_node` view, then m bits a node (raw: one op id).

    ops: the node ops, "input" and "output" among them. nodes: V of that view. blank: id of an empty slot.
    """

    ops: tuple[str, ...]
    nodes: int
    rewire: Rewire
    raw: bool
    blank: int

    @property
    def names(self) -> list[str]:
        """Names of the columns of one cell."""
        edges = [f"edge_{i}_{j}" for i in range(self.nodes) for j in range(self.nodes)]
        ops = [f"op_{k}" for k in range(self.nodes)]
        return edges + (ops if self.raw else [f"{slot}={name}" for slot in ops for name in self.ops])

    def encode(self, batch: GraphBatch) -> Float[np.ndarray, "n d"]:
        """Return one row a cell. Raises InvalidArgument for an op that is not in the order."""
        batch = batch.to_view("op_on_node", self.rewire)
        if batch.n_nodes != self.nodes:
            raise InvalidArgument(f"X: cells of {batch.n_nodes} nodes as graphs; fit saw {self.nodes}")
        ids = batch.ops.reshape(-1, self.nodes)
        table = np.full(len(vocabulary()) + 1, _UNKNOWN)
        table[-1] = self.blank  # reached as index -1: an empty slot
        table[[op(name).index for name in self.ops]] = np.arange(len(self.ops))
        letters = table[ids]
        if (letters == _UNKNOWN).any():
            name = vocabulary()[int(ids[letters == _UNKNOWN][0])].name
            raise InvalidArgument(f"X: a node carries {name!r}, which is not in the op order {self.ops}")
        parts = [
            batch.adjacency.reshape(len(ids), -1),
            letters if self.raw else one_hot(letters, len(self.ops)),
        ]
        return np.concatenate([part.astype(np.float32) for part in parts], axis=1)


_UNKNOWN = -2
