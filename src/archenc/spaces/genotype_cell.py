"""Cells of the NASNet family as graphs: blocks that add two operations, blocks that the output concatenates.

A *state* is 0 or 1, the two cells before, or b + 2, the sum that block b makes. Operations sit on nodes:
that of block b, slot r is node 2 b + 2 + r, and a state that a block made is the two nodes of it. Every node
that makes a concatenated state is linked to the output. The graphs published with FLAN (Akhauri &
Abdelfattah, ICML 2024) number these links by state, not by node, which wires wrong operations to the output.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache

from archenc.graph import Cell, Edge, Op, op

Pair = tuple[int, int]
"""(state, position of the operation in the operations of the space)."""

_IN, _OUT, _LINK = op("input"), op("output"), op("link")


def cell_of(pairs: Sequence[Pair], concat: Iterable[int], ops: Sequence[Op]) -> Cell:
    """Return the cell of 2 B pairs and the states that its output concatenates: 2 B + 3 nodes."""
    last = len(pairs) + 2
    edges: list[Edge] = []
    for slot, (state, _) in enumerate(pairs):
        edges += _wires(state, slot + 2)
    for state in concat:
        edges += _wires(state, last)
    return Cell((_IN, _IN, *(ops[member] for _, member in pairs), _OUT), tuple(edges))


def pairs_of(cell: Cell, ops: Sequence[Op]) -> tuple[tuple[Pair, ...], tuple[int, ...]] | None:
    """Return the pairs and the concatenated states of a cell; None where it is no such cell."""
    members = cell.nodes[2:-1]
    if cell.n_inputs != 2 or not members or len(members) % 2 or not set(members) <= set(ops):
        return None
    into: list[list[int]] = [[] for _ in cell.nodes]
    for edge in cell.edges:  # by target, then source
        into[edge.target].append(edge.source)
    states = [_state(sources) for sources in into[2:-1]]
    concat = tuple(sorted({_state([node]) for node in into[-1]}))
    whole = all(
        state < slot // 2 + 2 and into[slot + 2] == list(makers(state)) for slot, state in enumerate(states)
    )
    if not whole or not concat or into[-1] != [node for state in concat for node in makers(state)]:
        return None
    position = {member.name: place for place, member in enumerate(ops)}
    return tuple(zip(states, (position[member.name] for member in members), strict=True)), concat


def makers(state: int) -> tuple[int, ...]:
    """Return the nodes whose sum is a state."""
    return (state,) if state < 2 else (2 * state - 2, 2 * state - 1)


def loose(pairs: Sequence[Pair], inputs: bool = False) -> tuple[int, ...]:
    """Return the states that no block uses; those of the inputs, too, if asked for."""
    used = {state for state, _ in pairs}
    return tuple(state for state in range(0 if inputs else 2, len(pairs) // 2 + 2) if state not in used)


@cache
def _wires(state: int, target: int) -> tuple[Edge, ...]:
    return tuple([Edge(node, target, _LINK) for node in makers(state)])


def _state(nodes: Sequence[int]) -> int:
    return -1 if not nodes else nodes[0] if nodes[0] < 2 else nodes[0] // 2 + 1
