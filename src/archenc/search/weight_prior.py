"""How many weights a cell has, and which of its operations anything passes through."""

from __future__ import annotations

import math

from archenc.graph import Architecture, Cell, Kind, Op

_CHANNELS = 16
"""Width at which a depthwise kernel is compared with one that mixes channels."""


def weights(arch: Architecture) -> float:
    """Return the weights of all operations between input and output, in units of a 1x1 convolution.

    Counted from the cells alone: no network is built, no data is seen.
    """
    return sum(_weights_of(operation) for cell in arch.cells for operation in live(cell))


def _weights_of(operation: Op) -> float:
    if not operation.parametrised:
        return 0.0
    kernel = math.prod(operation.kernel)
    return operation.repeats * (1 + kernel / _CHANNELS if operation.separable else kernel)


def live(cell: Cell) -> list[Op]:
    """Return the operations that something passes through on its way from an input to the output."""
    edges = [edge for edge in cell.edges if edge.op.kind is not Kind.NONE]
    reached = set(range(cell.n_inputs))
    for edge in edges:  # by target, sources before targets
        if edge.source in reached:
            reached.add(edge.target)
    wanted = {cell.n_nodes - 1}
    for edge in reversed(edges):
        if edge.target in wanted:
            wanted.add(edge.source)
    alive = reached & wanted
    passed = [edge.op for edge in edges if edge.source in alive and edge.target in alive]
    return [*(cell.nodes[node] for node in sorted(alive)), *passed]
