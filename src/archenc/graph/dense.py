"""Cells to dense arrays, and dense arrays from view to view, without a loop over architectures."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Int, Int16

from archenc.errors import InvalidArchitecture
from archenc.graph.cell import Cell
from archenc.graph.line_graph import line_graph
from archenc.graph.ops import op, vocabulary
from archenc.graph.rewire import Rewire, rewired

LINK, SUM, INPUT, OUTPUT = (op(name).index for name in ("link", "sum", "input", "output"))


def scatter(cells: Sequence[Cell]) -> tuple[Int16[np.ndarray, "m V"], Int16[np.ndarray, "m V V"]]:
    """Return node and edge operations of m cells, the output at V - 1 and padding before it.

    Raises InvalidArchitecture if the cells have different numbers of inputs.
    """
    index = {member.name: member.index for member in vocabulary()}
    sizes = np.array([len(cell.nodes) for cell in cells])
    width = int(sizes.max())
    node_index = np.array([index[node.name] for cell in cells for node in cell.nodes], dtype=np.int16)
    owner = np.repeat(np.arange(len(cells)), sizes)
    position = np.arange(len(owner)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    ops = np.full((len(cells), width), -1, dtype=np.int16)
    ops[owner, _place(position, sizes[owner], width)] = node_index
    inputs = (ops == INPUT).sum(1)
    if (inputs != inputs[0]).any():
        raise InvalidArchitecture(
            f"a batch needs cells with one number of inputs, got {sorted({int(k) for k in inputs})}"
        )
    edge_ops = np.full((len(cells), width, width), -1, dtype=np.int16)
    counts = np.array([len(cell.edges) for cell in cells])
    flat = np.array(
        [(e[0], e[1], index[e[2].name]) for cell in cells for e in cell.edges], dtype=np.int64
    ).reshape(-1, 3)
    owner = np.repeat(np.arange(len(cells)), counts)
    source, target = (_place(flat[:, k], sizes[owner], width) for k in (0, 1))
    edge_ops[owner, source, target] = flat[:, 2]
    return ops, edge_ops


def pad(
    ops: Int16[np.ndarray, "m V"], edge_ops: Int16[np.ndarray, "m V V"], width: int
) -> tuple[Int16[np.ndarray, "m W"], Int16[np.ndarray, "m W W"]]:
    """Return the arrays `width` nodes wide, the new slots before the output."""
    m, old = ops.shape
    kept = np.r_[: old - 1, width - 1]
    wide_ops = np.full((m, width), -1, dtype=np.int16)
    wide_ops[:, kept] = ops
    wide_edges = np.full((m, width, width), -1, dtype=np.int16)
    wide_edges[:, kept[:, None], kept] = edge_ops
    return wide_ops, wide_edges


def _place(position: Int[np.ndarray, " k"], size: Int[np.ndarray, " k"], width: int) -> Int[np.ndarray, " k"]:
    return np.where(position == size - 1, width - 1, position)


def node_form(
    ops: Int16[np.ndarray, "m V"], edge_ops: Int16[np.ndarray, "m V V"], inputs: int, rewire: Rewire
) -> tuple[Int16[np.ndarray, "m W"], Int16[np.ndarray, "m W W"]]:
    """Return the arrays with operations on nodes; see `archenc.graph.views.op_on_node`.

    Cells are handled by topology: the whole of NAS-Bench-201 is one.
    """
    links = edge_ops == LINK
    if (links == (edge_ops >= 0)).all():
        node_ops = ops
    else:
        hidden = ops[:, inputs:-1]
        if ((hidden >= 0) & (hidden != SUM)).any():
            raise InvalidArchitecture(
                "a batch needs operations on the nodes of all cells, or on the edges of all"
            )
        node_ops, links = _line_graphs(ops, edge_ops, inputs)
    links = rewired(links, node_ops, inputs, rewire)
    return node_ops, np.where(links, np.int16(LINK), np.int16(-1))


def _line_graphs(
    ops: Int16[np.ndarray, "m V"], edge_ops: Int16[np.ndarray, "m V V"], inputs: int
) -> tuple[Int16[np.ndarray, "m W"], Bool[np.ndarray, "m W W"]]:
    m, width = ops.shape
    # 0 no edge, 1 link, 2 operation; transposed, so that edges come out by target, then source
    shape = np.where(edge_ops < 0, 0, np.where(edge_ops == LINK, 1, 2)).astype(np.uint8)
    shape = np.ascontiguousarray(shape.transpose(0, 2, 1)).reshape(m, -1)
    groups, group_of = np.unique(shape.view(f"V{width * width}").ravel(), return_inverse=True)
    shapes = groups.view(np.uint8).reshape(-1, width, width)
    graphs = [
        line_graph(width, inputs, tuple((int(i), int(j), bool(s[j, i] == 1)) for j, i in np.argwhere(s)))
        for s in shapes
    ]
    out_width = inputs + 1 + max(len(graph.op_edges) for graph in graphs)
    node_ops = np.full((m, out_width), -1, dtype=np.int16)
    node_ops[:, :inputs], node_ops[:, -1] = INPUT, OUTPUT
    links = np.zeros((m, out_width, out_width), dtype=bool)
    for number, graph in enumerate(graphs):
        rows = np.flatnonzero(group_of == number)
        size = inputs + 1 + len(graph.op_edges)
        if graph.op_edges:
            source, target = np.array(graph.op_edges).T
            node_ops[rows, inputs : size - 1] = edge_ops[rows[:, None], source, target]
        for source, target in graph.links:
            links[rows, source, out_width - 1 if target == size - 1 else target] = True
    return node_ops, links


def edge_form(
    ops: Int16[np.ndarray, "m V"], edge_ops: Int16[np.ndarray, "m V V"]
) -> tuple[Int16[np.ndarray, "m V"], Int16[np.ndarray, "m V V"]]:
    """Return the arrays with operations on edges; see `archenc.graph.views.op_on_edge`."""
    on_nodes = ((edge_ops == LINK) == (edge_ops >= 0)).all(axis=(1, 2))
    carried = np.where((ops == INPUT) | (ops == SUM), LINK, ops).astype(np.int16)[:, :, None]
    moved = on_nodes[:, None, None] & (edge_ops >= 0)
    silent = (ops == INPUT) | (ops == OUTPUT) | (ops < 0) | ~on_nodes[:, None]
    return np.where(silent, ops, np.int16(SUM)), np.where(moved, carried, edge_ops)
