"""Rewiring of node-form cells: what `none` and `skip` do is done to the links instead.

The rule of FLAN's NAS-Bench-201 graphs (Akhauri & Abdelfattah, ICML 2024): `none` loses all its links, `skip`
is bypassed (every predecessor is linked to every successor), nodes off every path from an input to the output
lose theirs. Nodes and their operations stay. It loses information: parallel skips collapse into one link.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Integer

from archenc.graph.live import NONE, live_nodes
from archenc.graph.ops import op

SKIP = op("skip").index


def drop_none(links: Bool[np.ndarray, "n V V"], ops: Integer[np.ndarray, "n V"]) -> Bool[np.ndarray, "n V V"]:
    """Return the links without those of `none` nodes."""
    kept = ops != NONE
    return links & kept[:, :, None] & kept[:, None, :]


def rewire(
    links: Bool[np.ndarray, "n V V"], ops: Integer[np.ndarray, "n V"], inputs: int
) -> Bool[np.ndarray, "n V V"]:
    """Return the rewired links of node-form cells, all at once.

    links[i, j]: a link i -> j, i < j. ops: vocabulary index of each node, -1 at padding. inputs: number of
    input nodes.
    """
    links = drop_none(links, ops)
    for node in range(inputs, links.shape[1] - 1):
        bypassed = (ops[:, node] == SKIP)[:, None]
        before, after = links[:, :, node] & bypassed, links[:, node, :] & bypassed
        links |= before[:, :, None] & after[:, None, :]
        links[:, :, node] &= ~bypassed
        links[:, node, :] &= ~bypassed
    live = live_nodes(links, inputs)
    return links & live[:, :, None] & live[:, None, :]
