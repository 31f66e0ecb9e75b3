"""Which nodes of a dense population are live: on a path from an input to the output."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Integer

from archenc.graph.ops import op

NONE = op("none").index


def passing_edges(
    ops: Integer[np.ndarray, "n V"], edge_ops: Integer[np.ndarray, "n V V"]
) -> Bool[np.ndarray, "n V V"]:
    """Mark the edges that carry something: present, not `none`, and between nodes that are not `none`."""
    open_node = ops != NONE
    return (edge_ops >= 0) & (edge_ops != NONE) & open_node[:, :, None] & open_node[:, None, :]


def live_nodes(passing: Bool[np.ndarray, "n V V"], inputs: int) -> Bool[np.ndarray, "n V"]:
    """Mark the nodes on a path from one of the first `inputs` nodes to the last node.

    passing[i, j]: something flows from i to j, i < j. A disconnected graph has no live node at all.
    """
    n, width, _ = passing.shape
    reached = np.zeros((n, width), dtype=bool)
    reached[:, :inputs] = True
    for j in range(inputs, width):
        reached[:, j] = (reached & passing[:, :, j]).any(1)
    reaching = np.zeros((n, width), dtype=bool)
    reaching[:, -1] = True
    for i in range(width - 2, -1, -1):
        reaching[:, i] = (reaching & passing[:, i, :]).any(1)
    return reached & reaching
