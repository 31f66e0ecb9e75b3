"""Hypothesis strategies for operations, cells and architectures, for property tests of any member."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import assume
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from archenc.graph import Architecture, Cell, Edge, Kind, Op, op, vocabulary
from archenc.spaces import space
from archenc.spaces.nasbench301 import CELLS
from archenc.spaces.nasbench301 import SPACE as NB301

Draw = Callable[..., Any]
"""Hypothesis's `draw`, as a type that can be checked while the tests run."""

_STRUCTURE = {Kind.INPUT, Kind.OUTPUT, Kind.SUM, Kind.LINK, Kind.PADDING}
NB101_OPS = tuple(op(name) for name in ("conv3x3", "conv1x1", "max_pool3x3"))
NB201_OPS = tuple(op(name) for name in ("none", "skip", "conv1x1", "conv3x3", "avg_pool3x3"))


def operations() -> SearchStrategy[Op]:
    """Draw an operation that computes something: no input, output, sum, link or padding."""
    return st.sampled_from([member for member in vocabulary() if member.kind not in _STRUCTURE])


@st.composite
def node_cells(draw: Draw, max_hidden: int = 5, ops: tuple[Op, ...] = NB101_OPS, n_inputs: int = 1) -> Cell:
    """Draw a cell with operations on nodes; it may be disconnected and have dead nodes."""
    hidden = tuple(draw(st.lists(st.sampled_from(ops), max_size=max_hidden)))
    nodes = (op("input"),) * n_inputs + hidden + (op("output"),)
    pairs = draw(_pairs(len(nodes), n_inputs))
    return Cell(nodes, tuple(Edge(source, target, op("link")) for source, target in pairs))


@st.composite
def edge_cells(draw: Draw, max_hidden: int = 4, ops: tuple[Op, ...] = NB201_OPS, n_inputs: int = 1) -> Cell:
    """Draw a cell with operations on edges, at least one edge; it may be disconnected."""
    hidden = draw(st.integers(0, max_hidden))
    nodes = (op("input"),) * n_inputs + (op("sum"),) * hidden + (op("output"),)
    pairs = draw(_pairs(len(nodes), n_inputs, at_least=1))
    return Cell(nodes, tuple(Edge(i, j, draw(st.sampled_from(ops))) for i, j in pairs))


def cells(max_hidden: int = 4) -> SearchStrategy[Cell]:
    """Draw a cell with one input or two, and operations on nodes or on edges."""
    return st.integers(1, 2).flatmap(
        lambda n: st.one_of(
            node_cells(max_hidden, n_inputs=n, ops=NB101_OPS), edge_cells(max_hidden, n_inputs=n)
        )
    )


@st.composite
def relabelled(draw: Draw, cell: Cell) -> Cell:
    """Draw the same cell with its hidden nodes in another order, sources still before targets."""
    waiting = set(range(cell.n_inputs, cell.n_nodes - 1))
    order = list(range(cell.n_inputs))
    while waiting:
        blocked = {edge.target for edge in cell.edges if edge.source in waiting}
        node = draw(st.sampled_from(sorted(waiting - blocked)))
        waiting.remove(node)
        order.append(node)
    order.append(cell.n_nodes - 1)
    number = {node: position for position, node in enumerate(order)}
    edges = [Edge(number[edge.source], number[edge.target], edge.op) for edge in cell.edges]
    return Cell(tuple(cell.nodes[node] for node in order), tuple(draw(st.permutations(edges))))


@st.composite
def architectures(draw: Draw, max_cells: int = 2) -> Architecture:
    """Draw an architecture of no registered space, of one kind of cell, with some numeric attributes."""
    n_inputs, on_nodes = draw(st.integers(1, 2)), draw(st.booleans())
    kind = node_cells(4, n_inputs=n_inputs) if on_nodes else edge_cells(3, n_inputs=n_inputs)
    drawn = draw(st.lists(kind, min_size=1, max_size=max_cells))
    number = st.one_of(
        st.integers(-(10**6), 10**6), st.floats(allow_nan=False, allow_infinity=False, width=32)
    )
    attributes = draw(st.dictionaries(st.text(st.characters(codec="ascii"), max_size=8), number, max_size=3))
    return Architecture("drawn", tuple(drawn), tuple(attributes.items()))


def nb201_architectures() -> SearchStrategy[Architecture]:
    """Draw one of the 15,625 architectures of NAS-Bench-201."""
    nb201 = space("nasbench201")
    return st.integers(0, (nb201.size or 1) - 1).map(nb201.parse)


@st.composite
def nb101_architectures(draw: Draw) -> Architecture:
    """Draw a NAS-Bench-101 cell without dead nodes: 2 to 7 nodes, at most 9 edges."""
    hidden = draw(st.lists(st.sampled_from(NB101_OPS), max_size=5))
    last = len(hidden) + 1
    pairs = {(draw(st.integers(0, node - 1)), node) for node in range(1, last + 1)}
    for node in range(1, last):
        if all(source != node for source, _ in pairs):
            pairs.add((node, draw(st.integers(node + 1, last))))
    assume(len(pairs) <= 9)
    spare = [(i, j) for j in range(last + 1) for i in range(j) if (i, j) not in pairs]
    if spare:
        pairs |= set(draw(st.lists(st.sampled_from(spare), unique=True, max_size=9 - len(pairs))))
    cell = Cell((op("input"), *hidden, op("output")), tuple(Edge(i, j, op("link")) for i, j in pairs))
    return Architecture("nasbench101", (cell,))


def nb301_architectures() -> SearchStrategy[Architecture]:
    """Draw a NAS-Bench-301 architecture, uniformly over its cells; it shrinks to the first of all."""
    cell = st.integers(0, CELLS - 1)
    return st.tuples(cell, cell).map(lambda numbers: NB301.from_numbers(np.array([numbers]))[0])


def tnb101_architectures() -> SearchStrategy[Architecture]:
    """Draw one of the 4,096 micro architectures of TransNAS-Bench-101; it shrinks to the one of zeros."""
    return st.tuples(*[st.integers(0, 3)] * 6).map(space("transnasbench101").parse)


@st.composite
def _pairs(draw: Draw, n_nodes: int, n_inputs: int, at_least: int = 0) -> list[tuple[int, int]]:
    possible = [(i, j) for j in range(n_inputs, n_nodes) for i in range(j)]
    return draw(st.lists(st.sampled_from(possible), unique=True, min_size=at_least))
