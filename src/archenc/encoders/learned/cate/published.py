"""The tokens of the published CATE: no reserved ids, and sums as nodes in cells of two inputs."""

from __future__ import annotations

import numpy as np

from archenc.encoders.frame import registered_space
from archenc.encoders.learned.vocabulary import TokenFrame, TokenGraphs
from archenc.graph import op
from archenc.graph.rewire import rewired

PAD, MASK = 0, 1
_PER_STEP = 2


def published_tokens(frame: TokenFrame) -> tuple[str, ...]:
    """Return the names of the published ids of a space, in FLAN's order, from 0.

    Id 0 also stands for padding and id 1 for a masked token, so both collide with operations: in
    NAS-Bench-101 padding looks like the input, and a masked token like conv1x1.
    """
    names = [one.name for one in registered_space(frame.space).node_ops]
    at = names.index("input")
    names[at : at + 1] = [name for name in frame.tokens if name == "input" or name.startswith("input_")]
    if frame.inputs > 1:
        names.insert(names.index("output"), "sum")
    return tuple(names)


def published_graphs(graphs: TokenGraphs, frame: TokenFrame) -> TokenGraphs:
    """Return cells, whose links are as given by the space, in the published tokens, padding as id 0.

    Cells of one input are rewired, see `archenc.graph.Rewire`. A cell of several has two operations a step;
    behind each two comes a node for their sum, which has their successors: 15 slots in NAS-Bench-301.
    """
    names = published_tokens(frame)
    table = np.array([names.index(name) if name in names else PAD for name in frame.tokens], dtype=np.uint8)
    tokens, links = table[graphs.tokens], graphs.links
    if frame.inputs == 1:
        known = [op(name).index if name in names else -1 for name in frame.tokens]
        return TokenGraphs(tokens, rewired(links, np.array(known)[graphs.tokens], 1, True))
    m, width = tokens.shape
    steps = (width - frame.inputs - 1) // _PER_STEP
    slot = np.arange(width) + np.clip((np.arange(width) - frame.inputs) // _PER_STEP, 0, steps)
    sums = frame.inputs + _PER_STEP + (_PER_STEP + 1) * np.arange(steps)
    wide = np.full((m, width + steps), names.index("sum"), dtype=np.uint8)
    wide[:, slot] = tokens
    wired = np.zeros((m, width + steps, width + steps), dtype=bool)
    for source in range(width - 1):
        step, inside = divmod(source - frame.inputs, _PER_STEP)
        if source < frame.inputs:
            wired[:, source, slot] = links[:, source]
        else:
            wired[:, slot[source], sums[step]] = True
            if inside == 0:
                wired[:, sums[step], slot] = links[:, source]
    return TokenGraphs(wide, wired)
