"""Slow twins of the vectorised codes: one architecture at a time, straight from the definitions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np

from archenc.graph import Architecture, Cell, Edge

SILENT = {"input", "output", "sum", "link"}


def lifted(cell: Cell, slots: int) -> tuple[dict[int, str], dict[tuple[int, int], str]]:
    """Names of the nodes and edges by slot, the output moved to the last slot."""
    last = cell.n_nodes - 1
    place = {node: slots - 1 if node == last else node for node in range(cell.n_nodes)}
    nodes = {place[k]: node.name for k, node in enumerate(cell.nodes)}
    return nodes, {(place[e.source], place[e.target]): e.op.name for e in cell.edges}


def walks(cell: Cell, source: int, dropped: Sequence[str] = ()) -> Iterator[list[str]]:
    """The op names on every walk from the source to the output."""
    if source == cell.n_nodes - 1:
        yield []
        return
    for edge in cell.edges:
        if edge.source == source and edge.op.name not in dropped:
            here = [name for name in (edge.op.name, cell.nodes[edge.target].name) if name not in SILENT]
            for rest in walks(cell, edge.target, dropped):
                yield here + rest


def path_number(names: Sequence[str], ops: Sequence[str]) -> int:
    """Count the op strings that come before this one: first all shorter ones, then by the last op."""
    m, number = len(ops), sum(len(ops) ** k for k in range(len(names)))
    for place, name in enumerate(names):
        number += list(ops).index(name) * m**place
    return number


def path_counts(
    arch: Architecture, ops: Sequence[str], shortest: int, longest: int, dropped: Sequence[str] = ()
) -> np.ndarray:
    """Walks by number of their op string, a block for each cell and input."""
    size = sum(len(ops) ** k for k in range(shortest, longest + 1))
    first = sum(len(ops) ** k for k in range(shortest))
    blocks = []
    for cell in arch.cells:
        for source in range(cell.n_inputs):
            block = np.zeros(size, dtype=np.float32)
            for names in walks(cell, source, dropped):
                block[path_number(names, ops) - first] += 1
            blocks.append(block)
    return np.concatenate(blocks)


def listed(block: np.ndarray, width: int, first: int) -> np.ndarray:
    """Numbers of the non-zero entries, filled with 0."""
    numbers = [k + first for k, value in enumerate(block) if value]
    return np.array(numbers + [0] * (width - len(numbers)), dtype=np.float32)


def scalar(number: int, m: int) -> float:
    return -1 / (m - 1) if number == m else number / (m - 1)


def adjacency_on_nodes(
    arch: Architecture,
    style: str,
    ops: Sequence[str],
    slots: int,
    published: bool = False,
    filler: str | None = None,
    width: int = 21,
) -> np.ndarray:
    """The four codes of a one-cell architecture with ops on nodes."""
    nodes, edges = lifted(arch.cells[0], slots)
    bits = [1.0 if (i, j) in edges else 0.0 for i in range(slots) for j in range(i + 1, slots)]
    m = len(ops)
    blank = m if filler is None else list(ops).index(filler)
    ids = [list(ops).index(nodes[k]) if k in nodes else blank for k in range(1, slots - 1)]
    scalars = [scalar(number, m) for number in ids]
    numbered = listed(np.array(bits), width, 0 if published else 1).tolist()
    if published:
        lists: Mapping[str, list[float]] = {
            "onehot": bits + scalars[::-1],
            "ordinal": bits + ids,
            "categorical": numbered + scalars[::-1],
            "continuous": bits + scalars[::-1] + [sum(bits)],
        }
    else:
        lists = {
            "onehot": bits + [float(number == k) for number in ids for k in range(m)],
            "ordinal": bits + ids,
            "categorical": numbered + ids,
            "continuous": bits + scalars + [sum(bits)],
        }
    return np.array(lists[style], dtype=np.float32)


def adjacency_on_edges(arch: Architecture, ops: Sequence[str], raw: bool) -> np.ndarray:
    """Op ids, or one-hot ops, of the edges by target, then source."""
    code: list[float] = []
    for edge in sorted(arch.cells[0].edges, key=lambda e: (e.target, e.source)):
        number = list(ops).index(edge.op.name)
        code += [number] if raw else [float(number == k) for k in range(len(ops))]
    return np.array(code, dtype=np.float32)


def adjacency_full(node_form: Cell, ops: Sequence[str], slots: int, raw: bool) -> np.ndarray:
    """Flattened matrix and ops of a cell that has its operations on nodes."""
    nodes, edges = lifted(node_form, slots)
    code = [float((i, j) in edges) for i in range(slots) for j in range(slots)]
    for k in range(slots):
        number = list(ops).index(nodes[k]) if k in nodes else len(ops)
        code += [number] if raw else [float(number == other) for other in range(len(ops))]
    return np.array(code, dtype=np.float32)


def graph_features(
    arch: Architecture,
    ops: Sequence[str],
    slots: int,
    dropped: Sequence[str] = (),
    published: bool = False,
    max_subset: int | None = None,
    prune: bool = False,
) -> dict[str, float]:
    """Every feature by name, found by listing all walks."""
    out: dict[str, float] = {}
    chosen = [set(names) for k in range(1, (max_subset or len(ops)) + 1) for names in combinations(ops, k)]
    for number, whole in enumerate(arch.cells):
        prefix = f"cell{number}_" if len(arch.cells) > 1 else ""
        cell = whole
        if prune:
            cell = whole.prune() if whole.is_connected else Cell((whole.nodes[0], whole.nodes[-1]), ())
        edges = [edge for edge in cell.edges if edge.op.name not in dropped]
        routes = {source: list(_routes(cell, source, dropped)) for source in range(cell.n_inputs)}
        for subset in chosen:
            label = "[" + "+".join(name for name in ops if name in subset) + "]"
            for name, value in _features(cell, edges, routes, subset, slots, published).items():
                if not (published and name == "count" and len(subset) > 1):
                    out[prefix + name + label] = value
    return out


def _features(
    cell: Cell,
    edges: Sequence[Edge],
    routes: Mapping[int, Sequence[tuple[int, list[str]]]],
    subset: set[str],
    slots: int,
    published: bool,
) -> dict[str, Any]:
    carried = [edge.op.name for edge in edges] + [node.name for node in cell.nodes]
    out: dict[str, Any] = {"count": sum(name in subset for name in carried)}
    into, leaving = [0] * cell.n_nodes, [0] * cell.n_nodes
    for edge in edges:
        into[edge.target] += edge.op.name in subset or cell.nodes[edge.source].name in subset
        leaving[edge.source] += edge.op.name in subset or cell.nodes[edge.target].name in subset
    for source, walked in routes.items():
        mark = f"input{source}_" if cell.n_inputs > 1 else ""
        pure = [length for length, names in walked if subset.issuperset(names)]
        out[f"{mark}min_path"] = min(pure, default=slots)
        out[f"{mark}max_on_path"] = max((sum(n in subset for n in names) for _, names in walked), default=0)
        out[f"{mark or 'input_'}out"] = leaving[source]
    out["output_in"] = into[-1]
    if published:
        return out | {"mean_in": sum(into) / cell.n_nodes, "mean_out": sum(leaving) / cell.n_nodes}
    for name, degree in (("inner_in", into), ("inner_out", leaving)):
        values = degree[cell.n_inputs : -1]
        out[f"{name}_mean"] = sum(values) / max(len(values), 1)
        out[f"{name}_max"] = max(values, default=0)
    return out


def _routes(cell: Cell, source: int, dropped: Sequence[str]) -> Iterator[tuple[int, list[str]]]:
    """Number of edges and op names of every walk from the source to the output."""
    if source == cell.n_nodes - 1:
        yield 0, []
        return
    for edge in cell.edges:
        if edge.source == source and edge.op.name not in dropped:
            here = [name for name in (edge.op.name, cell.nodes[edge.target].name) if name not in SILENT]
            for length, rest in _routes(cell, edge.target, dropped):
                yield length + 1, here + rest


def ranks(train: Sequence[float], value: float) -> float:
    """Empirical quantile of one value, ties at their mean rank, linear in between."""
    known = sorted(v for v in train if not np.isnan(v))
    if known[0] == known[-1]:
        return 0.0

    def rank(v: float) -> float:
        places = [k for k, other in enumerate(known) if other == v]
        return sum(places) / len(places) / (len(known) - 1)

    if value <= known[0]:
        return rank(known[0])
    if value >= known[-1]:
        return rank(known[-1])
    below = max(v for v in known if v <= value)
    above = min(v for v in known if v >= value)
    if above == below:
        return rank(below)
    share = (value - below) / (above - below)
    return rank(below) + share * (rank(above) - rank(below))


def adjacency_of_choices(
    arch: Architecture, ops: Sequence[str], style: str = "onehot", published: bool = False
) -> np.ndarray:
    """Edge by edge, by target and source: where it comes from, and its op."""
    row: list[float] = []
    for cell in arch.cells:
        chosen = sorted(
            (e.target, e.source, list(ops).index(e.op.name)) for e in cell.edges if e.op.name != "link"
        )
        if published:
            pairs = {(e.source, e.target) for e in cell.edges}
            row += [float((i, j) in pairs) for i in range(cell.n_nodes) for j in range(cell.n_nodes)]
            row += [number for _, _, number in chosen]
            continue
        for target, source, number in chosen:
            if style == "ordinal":
                row += [source, number]
            else:
                row += [float(source == k) for k in range(target)] + [
                    float(number == k) for k in range(len(ops))
                ]
    return np.array(row, dtype=np.float32)
