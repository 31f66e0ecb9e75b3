"""Canonical forms that read a cell as an expression: `skip-v1`, `nats-v1`, `algebra-v1`.

Every node has a value. Input k has the value "k"; a node sums one term for each incoming edge; the value of
the output is the form. The forms differ in what becomes of `skip` and `none`, and in how a sum is written.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from jaxtyping import Int, Int16, Integer

from archenc.graph.cell import Cell
from archenc.graph.ops import vocabulary

Value = tuple[str, ...]
"""The summands of a value; a form that never splits a sum keeps it as one text."""

# The published unique string sorts terms by text, so the spelling of the operations is part of the form.
_NATS_NAME = {
    "skip": "skip_connect",
    "conv1x1": "nor_conv_1x1",
    "conv3x3": "nor_conv_3x3",
    "avg_pool3x3": "avg_pool_3x3",
}
_NAME_OF = {member.name: _NATS_NAME.get(member.name, member.name) for member in vocabulary()}
_NAMES = tuple(_NAME_OF.values())
_ZERO = "#"


class TermForm(NamedTuple):
    """term: (operation, value of the source) -> summands. total: all summands of a node -> its value."""

    term: Callable[[str, Value], Value]
    total: Callable[[list[Value]], Value]


def _applied(operation: str, value: Value) -> Value:
    return (f"({'+'.join(value)})@{operation}",)


def _skip_term(operation: str, value: Value) -> Value:
    return value if operation == "skip_connect" else _applied(operation, value)


def _nats_term(operation: str, value: Value) -> Value:
    if operation == "none" or value == (_ZERO,):
        return (_ZERO,)
    return _skip_term(operation, value)


def _algebra_term(operation: str, value: Value) -> Value:
    if operation == "none" or not value:
        return ()
    return _skip_term(operation, value)


def _as_one_text(terms: list[Value]) -> Value:
    return ("+".join(sorted(term[0] for term in terms)) or _ZERO,)


def _as_multiset(terms: list[Value]) -> Value:
    return tuple(sorted(summand for term in terms for summand in term))


SKIP_V1 = TermForm(_skip_term, _as_one_text)
NATS_V1 = TermForm(_nats_term, _as_one_text)
ALGEBRA_V1 = TermForm(_algebra_term, _as_multiset)


def cell_text(cell: Cell, form: TermForm) -> str:
    """Return the form of one cell with operations on its edges."""
    inputs = cell.n_inputs
    values: list[Value] = [(str(node),) for node in range(inputs)]
    arriving: list[list[Value]] = [[] for _ in cell.nodes]
    for edge in cell.edges:  # by target, so the value of a source is complete when it is read
        while len(values) <= edge.source:
            values.append(form.total(arriving[len(values)]))
        arriving[edge.target].append(form.term(_NAME_OF[edge.op.name], values[edge.source]))
    return "+".join(form.total(arriving[-1])) or _ZERO


def dense_texts(edge_ops: Int16[np.ndarray, "n V V"], inputs: int, form: TermForm) -> np.ndarray:
    """Return the forms of n cells as an object array.

    Values are interned: each node of all cells is worked out at once, and text is written once for each
    distinct term and each distinct sum, however many cells have it.
    """
    n, width, _ = edge_ops.shape
    interned: dict[Value, int] = {}
    values: list[Value] = []

    def number(value: Value) -> int:
        position = interned.setdefault(value, len(values))
        if position == len(values):
            values.append(value)
        return position

    ids = np.empty((n, width), dtype=np.int64)
    for node in range(inputs):
        ids[:, node] = number((str(node),))
    for node in range(inputs, width):
        terms = np.full((n, node), -1, dtype=np.int64)
        for source in range(node):
            present = np.flatnonzero(edge_ops[:, source, node] >= 0)
            pairs = edge_ops[present, source, node].astype(np.int64) * len(values) + ids[present, source]
            distinct, where = np.unique(pairs, return_inverse=True)
            split = [divmod(int(pair), len(values)) for pair in distinct]
            made = [number(form.term(_NAMES[operation], values[value])) for operation, value in split]
            terms[present, source] = np.array(made, dtype=np.int64)[where]
        terms.sort(axis=1)
        first, where = distinct_rows(terms)
        sums = [form.total([values[term] for term in row if term >= 0]) for row in terms[first].tolist()]
        ids[:, node] = np.array([number(value) for value in sums])[where]
    distinct, where = np.unique(ids[:, -1], return_inverse=True)
    return np.array(["+".join(values[value]) or _ZERO for value in distinct], dtype=object)[where]


def distinct_rows(rows: Integer[np.ndarray, "n k"]) -> tuple[Int[np.ndarray, " d"], Int[np.ndarray, " n"]]:
    """Return where each distinct row first stands, and for every row the number of its distinct row."""
    rows = np.ascontiguousarray(rows)
    if rows.shape[1] == 0:
        return np.zeros(1, dtype=np.int64), np.zeros(len(rows), dtype=np.int64)
    packed = rows.view(f"V{rows.dtype.itemsize * rows.shape[1]}").ravel()
    _, first, where = np.unique(packed, return_index=True, return_inverse=True)
    return first, where
