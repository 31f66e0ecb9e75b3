"""A cell: a directed acyclic graph with operations on its nodes or on its edges."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, NamedTuple

from archenc.errors import InvalidArchitecture
from archenc.graph.ops import Kind, Op, is_known, op, vocabulary


class Edge(NamedTuple):
    """A connection from node `source` to node `target`; `op` is the link where operations sit on nodes."""

    source: int
    target: int
    op: Op


@dataclass(frozen=True, slots=True)
class Cell:
    """One input or more, hidden nodes, one output; every edge runs from a lower node to a higher one.

    nodes: the input nodes first, the output last. Where operations sit on the nodes, all edges are links;
    where they sit on the edges, hidden nodes are sums (a link into the output is then a plain connection).
    edges: stored by target, then source, whatever order they were given in.
    Raises InvalidArchitecture, which names what is wrong and where.
    """

    nodes: tuple[Op, ...]
    edges: tuple[Edge, ...]

    def __post_init__(self) -> None:
        hidden_ops = _check_nodes(self.nodes)
        edges = tuple(sorted(self.edges, key=_by_target))
        object.__setattr__(self, "edges", edges)
        shape = tuple([(edge.source, edge.target) for edge in edges])
        _check_shape(len(self.nodes), self.n_inputs, shape)
        for edge in edges:
            legal = _EDGE_OPS.get(edge.op.name)
            if legal is not edge.op and legal != edge.op:
                raise InvalidArchitecture(
                    f"edge {edge.source}->{edge.target}: {edge.op.name!r} is no operation that an edge can "
                    f"carry; legal: link, or an operation of archenc.graph.vocabulary()"
                )
            if hidden_ops is not None and edge.op.kind is not Kind.LINK:
                raise InvalidArchitecture(
                    f"edge {edge.source}->{edge.target} carries {edge.op.name!r} while node {hidden_ops} "
                    f"carries {self.nodes[hidden_ops].name!r}: operations sit on nodes or on edges, not both"
                )

    @classmethod
    def from_matrix(cls, matrix: Sequence[Sequence[int]], ops: Sequence[str]) -> Cell:
        """Build a cell with operations on nodes, as NAS-Bench-101 writes them.

        matrix: n rows of n zeros and ones, `matrix[i][j] == 1` for an edge i -> j. ops: n names, "input"
        first and "output" last. Raises InvalidArchitecture or UnknownName.
        """
        n = len(ops)
        if len(matrix) != n or any(len(row) != n for row in matrix):
            raise InvalidArchitecture(f"the adjacency matrix is not {n} x {n}, yet there are {n} operations")
        link = op("link")
        edges = []
        for i, row in enumerate(matrix):
            for j, bit in enumerate(row):
                if bit not in (0, 1):
                    raise InvalidArchitecture(f"adjacency matrix entry [{i}][{j}] is {bit!r}; legal: 0 or 1")
                if bit:
                    edges.append(Edge(i, j, link))
        return cls(tuple(op(name) for name in ops), tuple(edges))

    @property
    def n_nodes(self) -> int:
        """Number of nodes, inputs and output counted."""
        return len(self.nodes)

    @property
    def n_inputs(self) -> int:
        """Number of input nodes; they come first."""
        return sum(node.kind is Kind.INPUT for node in self.nodes)

    @property
    def ops_on(self) -> Literal["nodes", "edges"]:
        """Where the operations sit. A cell of links and sums only counts as "nodes"."""
        return "nodes" if all(edge.op.kind is Kind.LINK for edge in self.edges) else "edges"

    @property
    def live(self) -> frozenset[int]:
        """Nodes on some path from an input to the output that passes no `none`."""
        passing = [
            edge
            for edge in self.edges
            if edge.op.kind is not Kind.NONE
            and self.nodes[edge.source].kind is not Kind.NONE
            and self.nodes[edge.target].kind is not Kind.NONE
        ]
        reached = set(range(self.n_inputs))
        for edge in passing:  # sorted by target, so a source is settled before it is used
            if edge.source in reached:
                reached.add(edge.target)
        reaching = {self.n_nodes - 1}
        for edge in sorted(passing, key=lambda edge: -edge.source):
            if edge.target in reaching:
                reaching.add(edge.source)
        return frozenset(reached & reaching)

    @property
    def is_connected(self) -> bool:
        """Whether anything that enters can reach the output."""
        return self.n_nodes - 1 in self.live

    def prune(self) -> Cell:
        """Return the live part: dead nodes and edges are gone, the inputs stay, nodes are renumbered.

        Raises InvalidArchitecture if no path leads from an input to the output.
        """
        live = self.live
        if self.n_nodes - 1 not in live:
            raise InvalidArchitecture(
                f"the cell is disconnected: no path from an input to the output (node {self.n_nodes - 1}) "
                f"passes only live operations; edges: {self._edge_text()}"
            )
        kept = [node for node in range(self.n_nodes) if node in live or node < self.n_inputs]
        number = {node: position for position, node in enumerate(kept)}
        edges = tuple(
            Edge(number[edge.source], number[edge.target], edge.op)
            for edge in self.edges
            if edge.source in live and edge.target in live and edge.op.kind is not Kind.NONE
        )
        return Cell(tuple(self.nodes[node] for node in kept), edges)

    def _edge_text(self) -> str:
        return (
            ", ".join(f"{edge.source}->{edge.target} {edge.op.name}" for edge in self.edges) or "none at all"
        )


_NO_EDGE = {Kind.INPUT, Kind.OUTPUT, Kind.SUM, Kind.PADDING}
_EDGE_OPS = {member.name: member for member in vocabulary() if member.kind not in _NO_EDGE}
_HIDDEN_KINDS = frozenset(Kind) - {Kind.INPUT, Kind.OUTPUT, Kind.LINK, Kind.PADDING}


def _by_target(edge: Edge) -> tuple[int, int]:
    return edge.target, edge.source


@lru_cache(maxsize=4096)
def _check_nodes(nodes: tuple[Op, ...]) -> int | None:
    """Check the nodes; return the first hidden node that carries an operation, or None."""
    for position, node in enumerate(nodes):
        if not is_known(node):
            raise InvalidArchitecture(f"node {position}: operation {node.name!r} is not in the vocabulary")
    kinds = [node.kind for node in nodes]
    n_inputs = kinds.count(Kind.INPUT)
    if n_inputs == 0 or kinds[:n_inputs] != [Kind.INPUT] * n_inputs:
        raise InvalidArchitecture(f"the input nodes must come first; the nodes are {_names(nodes)}")
    if kinds.count(Kind.OUTPUT) != 1 or kinds[-1] is not Kind.OUTPUT:
        raise InvalidArchitecture(
            f"exactly one output node, the last, is needed; the nodes are {_names(nodes)}"
        )
    for position in range(n_inputs, len(nodes) - 1):
        if kinds[position] not in _HIDDEN_KINDS:
            raise InvalidArchitecture(
                f"node {position}: {nodes[position].name!r} cannot stand on a hidden node"
            )
    return next((i for i in range(n_inputs, len(nodes) - 1) if kinds[i] is not Kind.SUM), None)


def _names(nodes: tuple[Op, ...]) -> str:
    return ", ".join(node.name for node in nodes) or "none at all"


@lru_cache(maxsize=65536)
def _check_shape(n: int, n_inputs: int, shape: tuple[tuple[int, int], ...]) -> None:
    for source, target in shape:
        if not (0 <= source < n and 0 <= target < n):
            raise InvalidArchitecture(f"edge {source}->{target}: nodes run from 0 to {n - 1}")
    for source, target in shape:
        if source >= target:
            if _leads_to(target, source, shape):
                raise InvalidArchitecture(f"edge {source}->{target} closes a cycle; a cell must be acyclic")
            raise InvalidArchitecture(
                f"edge {source}->{target} runs backwards: number the nodes with sources before targets"
            )
        if target < n_inputs:
            raise InvalidArchitecture(f"edge {source}->{target} ends in an input node")
    if len(set(shape)) < len(shape):
        twice = next(pair for pair in shape if shape.count(pair) > 1)
        raise InvalidArchitecture(
            f"edge {twice[0]}->{twice[1]} is given twice; put the operations on nodes to have two in parallel"
        )


def _leads_to(start: int, goal: int, shape: tuple[tuple[int, int], ...]) -> bool:
    seen, todo = {start}, [start]
    while todo:
        here = todo.pop()
        if here == goal:
            return True
        fresh = {target for source, target in shape if source == here} - seen
        seen |= fresh
        todo += fresh
    return False
