"""A population as the places, nodes and operations that the gated flow reads.

What reaches no output is left out, and so is `none`: an edge that carries nothing and an edge that is not
there are one thing, and so are a cell and its pruned twin.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Bool, Float32, Int

from archenc.errors import InvalidArgument
from archenc.graph import GraphBatch, Kind, op, vocabulary
from archenc.spaces import space

LINK, NONE, INPUT, OUTPUT = (op(name).index for name in ("link", "none", "input", "output"))
_OUTSIDE = (Kind.INPUT, Kind.OUTPUT, Kind.SUM, Kind.LINK, Kind.PADDING)

Form = Literal["nodes", "edges", "two_inputs"]


@dataclass(frozen=True)
class Layout:
    """How the tensors of a space are laid out: fixed when a predictor is fitted.

    on_nodes: operations sit on the nodes. rows: their names, `none` among them. width: nodes a cell. read:
    nodes that a read-out may see, from the first after the inputs. places: least number of operations on
    edges. links: of links into the output that are places, None where these are left out. plus_i: whether a
    node gathers from itself too.
    """

    on_nodes: bool
    rows: tuple[str, ...]
    width: int
    read: int
    places: int = 0
    links: int | None = None
    plus_i: bool = False


def form_of(batch: GraphBatch) -> Form:
    """Say which form the cells of a native batch have; each has published settings."""
    if bool((batch.edge_ops[batch.edge_ops >= 0] == LINK).all()):
        return "nodes"
    return "edges" if batch.inputs == 1 else "two_inputs"


def layout(batch: GraphBatch, *, reads_output: bool, plus_i: bool = False) -> Layout:
    """Lay out the tensors of the space of a native batch.

    reads_output: whether the read-out is the output node. Where that only sums up what the hidden nodes hold,
    other read-outs see the hidden nodes alone. Raises InvalidArgument for plus_i with operations on edges.
    """
    on_nodes = form_of(batch) == "nodes"
    if plus_i and not on_nodes:
        raise InvalidArgument("plus_i=True needs operations on nodes: an edge to itself carries no operation")
    home = space(batch.space)
    inner = [o.name for o in home.node_ops if o.kind not in _OUTSIDE]
    rows = tuple(inner if "none" in inner else [*inner, "none"])
    if on_nodes:
        width = max(batch.n_nodes, home.max_nodes)
        return Layout(True, rows, width, width - batch.inputs, plus_i=plus_i)
    links = batch.edge_ops == LINK
    carrying = (batch.edge_ops >= 0) & ~links
    bare = not reads_output and not carrying[..., -1].any()
    places, joins = (int(kind.sum((2, 3)).max()) for kind in (carrying, links))
    read = batch.n_nodes - batch.inputs - bare
    return Layout(False, rows, batch.n_nodes, read, places, None if bare else joins)


def arrays(
    batch: GraphBatch, shape: Layout, features: Float32[np.ndarray, "n c W z"] | None
) -> list[Float32[np.ndarray, "n c ..."]]:
    """Return gather, scatter, operation codes, nodes to read, features, as `network.embed` reads them.

    features: of the nodes of the `op_on_node` view. Raises InvalidArgument for an operation that has no row.
    """
    made = _on_nodes if shape.on_nodes else _on_edges
    gather, scatter, codes, read, beside = made(batch, shape, features)
    n, c = batch.ops.shape[:2]
    if beside is None:
        beside = np.zeros((*codes.shape[:2], 0), dtype=np.float32)
    return [
        np.ascontiguousarray(a.reshape(n, c, *a.shape[1:]), dtype=np.float32)
        for a in (gather, scatter, codes, read, beside)
    ]


def _on_nodes(
    batch: GraphBatch, shape: Layout, features: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray | None]:
    old = batch.n_nodes
    batch = batch.pad(shape.width)
    m, v = len(batch) * batch.n_cells, shape.width
    ops, live = batch.ops.reshape(m, v), batch.live.reshape(m, v)
    joined = batch.adjacency.reshape(m, v, v).astype(bool) & live[:, :, None] & live[:, None, :]
    gather = joined.transpose(0, 2, 1) + (np.eye(v) if shape.plus_i else 0.0)
    held = live.copy()
    held[:, : batch.inputs] = held[:, -1] = True
    codes = _codes(np.where(held, ops, -1), shape.rows, (INPUT, OUTPUT))
    read = held.copy()
    read[:, : batch.inputs] = False
    beside = None
    if features is not None:
        beside = np.zeros((m, v, features.shape[-1]), dtype=np.float32)
        beside[:, [*range(old - 1), v - 1]] = features.reshape(m, old, -1)
    return gather, np.zeros((m, 0, 0)), codes, read, beside


def _on_edges(
    batch: GraphBatch, shape: Layout, features: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray | None]:
    v, inputs = shape.width, batch.inputs
    batch = batch.pad(v)
    m = len(batch) * batch.n_cells
    # by target, then source: the order of operations everywhere in the house
    edges = batch.edge_ops.reshape(m, v, v).transpose(0, 2, 1).reshape(m, v * v)
    chosen = [_first((edges >= 0) & (edges != LINK), shape.places)]
    n_ops = chosen[0].shape[1]
    if shape.links is not None:
        chosen.append(_first(edges == LINK, shape.links))
    at = np.concatenate(chosen, axis=1)
    found = np.where(at >= 0, np.take_along_axis(edges, np.maximum(at, 0), 1), -1)
    live = batch.live.reshape(m, v)
    target, source = np.maximum(at, 0) // v, np.maximum(at, 0) % v
    row = np.arange(m)[:, None]
    carries = (found >= 0) & (found != NONE) & live[row, source] & live[row, target]
    place = np.arange(at.shape[1])
    gather = np.zeros((m, at.shape[1], v), dtype=np.float32)
    scatter = np.zeros((m, v, at.shape[1]), dtype=np.float32)
    gather[row, place, source] = carries
    scatter[row, target, place] = carries
    read = batch.mask.reshape(m, v).copy()
    read[:, :inputs] = False
    read[:, inputs + shape.read :] = False
    beside = None
    if features is not None:
        given = features.reshape(m, features.shape[2], -1)[:, inputs:-1]
        beside = np.zeros((*at.shape, features.shape[-1]), dtype=np.float32)
        beside[:, : min(n_ops, given.shape[1])] = given[:, :n_ops]
    return gather, scatter, _codes(found, shape.rows, (LINK,)), read, beside


def _first(wanted: Bool[np.ndarray, "m e"], least: int) -> Int[np.ndarray, "m u"]:
    """Return the positions of what is wanted, row by row in order; -1 where a row has no more."""
    count = max(int(wanted.sum(1).max(initial=0)), least)
    order = np.argsort(~wanted, axis=1, kind="stable")[:, :count]
    return np.where(np.take_along_axis(wanted, order, 1), order, -1)


def _codes(
    ops: Int[np.ndarray, "m u"], rows: tuple[str, ...], others: tuple[int, ...]
) -> Float32[np.ndarray, "m u k"]:
    """One-hot codes over the rows and what comes behind them; zeros where there is nothing."""
    columns = [*(op(row).index for row in rows), *others]
    table = np.zeros((len(vocabulary()) + 1, len(columns)), dtype=np.float32)  # the last row serves -1
    table[columns, np.arange(len(columns))] = 1.0
    strange = np.setdiff1d(ops[ops >= 0], columns)
    if len(strange):
        raise InvalidArgument(
            f"X has the operation {vocabulary()[strange[0]].name!r}, which this space does not offer; "
            f"expected one of {', '.join(rows)}"
        )
    return table[ops]
