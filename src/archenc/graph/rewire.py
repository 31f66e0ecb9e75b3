"""Rewiring of node-form cells: what `none` and `skip` do is done to the links instead.

The rule of FLAN's NAS-Bench-201 graphs (Akhauri & Abdelfattah, ICML 2024): `none` loses all its links, `skip`
is bypassed (every predecessor is linked to every successor), nodes off every path from an input to the output
lose theirs. Nodes and their operations stay. It loses information: parallel skips collapse into one link.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from jaxtyping import Bool, Integer

from archenc.graph.live import NONE, live_nodes
from archenc.graph.ops import op

SKIP = op("skip").index

Rewire = bool | Literal["none"]
"""False: keep all links. "none": drop the links of `none`. True: bypass `skip` and prune, too."""


def rewired(
    links: Bool[np.ndarray, "n V V"], ops: Integer[np.ndarray, "n V"], inputs: int, how: Rewire
) -> Bool[np.ndarray, "n V V"]:
    """Return the links of n node-form cells, rewired.

    links[i, j]: a link i -> j, i < j. ops: vocabulary index of each node, -1 at padding. inputs: number of
    input nodes. how: see `Rewire`.
    """
    if how is False:
        return links
    kept = ops != NONE
    links = links & kept[:, :, None] & kept[:, None, :]
    if how == "none":
        return links
    for node in range(inputs, links.shape[1] - 1):
        bypassed = (ops[:, node] == SKIP)[:, None]
        before, after = links[:, :, node] & bypassed, links[:, node, :] & bypassed
        links |= before[:, :, None] & after[:, None, :]
        links[:, :, node] &= ~bypassed
        links[:, node, :] &= ~bypassed
    live = live_nodes(links, inputs)
    return links & live[:, :, None] & live[:, None, :]
