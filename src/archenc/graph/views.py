"""The two views of a cell: operations on nodes, operations on edges."""

from __future__ import annotations

import numpy as np

from archenc.graph.cell import Cell, Edge
from archenc.graph.line_graph import line_graph
from archenc.graph.ops import Kind, Op, op
from archenc.graph.rewire import Rewire, rewired


def op_on_node(cell: Cell, rewire: Rewire = False) -> Cell:
    """Return the cell with its operations on nodes: inputs, one node an operation, output.

    A NAS-Bench-201 cell gives 8 nodes, 1..6 being its edges (0,1) (0,2) (1,2) (0,3) (1,3) (2,3), and 10
    links. rewire: see `Rewire`; removed nodes stay, without links. A cell that has its operations on nodes
    already keeps its nodes.
    """
    nodes, pairs = cell.nodes, [(edge.source, edge.target) for edge in cell.edges]
    if cell.ops_on == "edges":
        is_link = [edge.op.kind is Kind.LINK for edge in cell.edges]
        graph = line_graph(
            cell.n_nodes, cell.n_inputs, tuple((*p, b) for p, b in zip(pairs, is_link, strict=True))
        )
        carried = tuple(edge.op for edge in cell.edges if edge.op.kind is not Kind.LINK)
        nodes = cell.nodes[: cell.n_inputs] + carried + cell.nodes[-1:]
        pairs = list(graph.links)
    if rewire:
        pairs = _rewired(nodes, pairs, cell.n_inputs, rewire)
    link = op("link")
    return Cell(nodes, tuple(Edge(source, target, link) for source, target in pairs))


def op_on_edge(cell: Cell) -> Cell:
    """Return the cell with its operations on edges: each edge carries the operation of its source node.

    Hidden nodes become sums; an edge from an input, or from a sum, stays a link. A cell that has its
    operations on edges already is returned as it is.
    """
    if cell.ops_on == "edges":
        return cell
    link, total = op("link"), op("sum")
    silent = {Kind.INPUT, Kind.SUM}
    nodes = tuple(total if node.kind not in (Kind.INPUT, Kind.OUTPUT) else node for node in cell.nodes)
    edges = tuple(
        Edge(
            edge.source,
            edge.target,
            link if cell.nodes[edge.source].kind in silent else cell.nodes[edge.source],
        )
        for edge in cell.edges
    )
    return Cell(nodes, edges)


def _rewired(
    nodes: tuple[Op, ...], pairs: list[tuple[int, int]], inputs: int, how: Rewire
) -> list[tuple[int, int]]:
    links = np.zeros((1, len(nodes), len(nodes)), dtype=bool)
    for source, target in pairs:
        links[0, source, target] = True
    links = rewired(links, np.array([[node.index for node in nodes]]), inputs, how)
    return [(int(source), int(target)) for target, source in np.argwhere(links[0].T)]
