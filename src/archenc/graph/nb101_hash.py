"""The identity key of NAS-Bench-101 (Ying et al., ICML 2019): `nb101-v1`."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Int16

from archenc.errors import InvalidArchitecture
from archenc.graph.form_terms import distinct_rows
from archenc.graph.live import live_nodes, passing_edges
from archenc.graph.nb101_hashes import node_hashes
from archenc.graph.ops import op, vocabulary

_INPUT, _OUTPUT = -1, -2
_PUBLISHED = {op("conv3x3").index: 0, op("conv1x1").index: 1, op("max_pool3x3").index: 2}
_LABELS = np.array([_PUBLISHED.get(k, 3 + k) for k in range(len(vocabulary()))], dtype=np.int16)
_FEW = 1024  # below so many cells, array operations cost more than they save


def cell_hash(labels: Sequence[int], edges: Sequence[tuple[int, int]]) -> str:
    """Return the MD5 fingerprint of a pruned cell.

    labels: -1 for the input, the operation ids, -2 for the output; plain ints, for their text is hashed.
    edges: (source, target).
    """
    n = len(labels)
    before: list[list[int]] = [[] for _ in range(n)]
    after: list[list[int]] = [[] for _ in range(n)]
    for source, target in edges:
        after[source].append(target)
        before[target].append(source)
    digests = [_md5(str((len(after[v]), len(before[v]), labels[v]))) for v in range(n)]
    for _ in range(n):
        digests = [
            _md5(
                "".join(sorted(digests[u] for u in before[v]))
                + "|"
                + "".join(sorted(digests[u] for u in after[v]))
                + "|"
                + digests[v]
            )
            for v in range(n)
        ]
    return _md5(str(sorted(digests)))


def dense_hashes(
    ops: Int16[np.ndarray, "n V"], edge_ops: Int16[np.ndarray, "n V V"], inputs: int
) -> np.ndarray:
    """Return the hashes of n cells with operations on nodes, each pruned first, as an object array.

    Operations that the benchmark lacks get the label 3 + their position in the vocabulary, further inputs
    -3, -4, ... Raises InvalidArchitecture, naming the cell, if one is disconnected.
    """
    passing = passing_edges(ops, edge_ops)
    live = live_nodes(passing, inputs)
    lost = np.flatnonzero(~live[:, -1])
    if len(lost):
        raise InvalidArchitecture(
            f"cell {lost[0]} of {len(ops)} is disconnected: no path leads from the input (node 0) to the "
            "output (the last node), so nb101-v1 has no live part to hash; NAS-Bench-101 holds connected "
            "cells only"
        )
    live[:, :inputs] = True
    passing &= live[:, :, None] & live[:, None, :]
    first, where = distinct_rows(
        np.concatenate([np.where(live, ops, -1), passing.reshape(len(ops), -1)], axis=1, dtype=np.int16)
    )
    return np.array(_hashes(ops[first], passing[first], live[first], inputs), dtype=object)[where]


def _hashes(
    ops: Int16[np.ndarray, "m V"],
    passing: Bool[np.ndarray, "m V V"],
    live: Bool[np.ndarray, "m V"],
    inputs: int,
) -> list[str]:
    """Return the hashes of distinct pruned cells: one by one if they are few, else by number of nodes."""
    hashes = [""] * len(ops)
    sizes = live.sum(axis=1)
    for n in np.unique(sizes).tolist():
        rows = np.flatnonzero(sizes == n)
        if len(rows) < _FEW:
            for row in rows.tolist():
                hashes[row] = _hash(ops[row], passing[row], live[row], inputs)
            continue
        kept = np.argsort(~live[rows], axis=1, kind="stable")[:, :n]
        labels = _LABELS[ops[rows[:, None], kept]]
        labels[:, :inputs] = [_INPUT, *range(-3, -2 - inputs, -1)]
        labels[:, -1] = _OUTPUT
        adjacency = passing[rows[:, None, None], kept[:, :, None], kept[:, None, :]]
        for row, digest in zip(rows.tolist(), node_hashes(labels, adjacency), strict=True):
            hashes[row] = digest.tobytes().hex()
    return hashes


def _hash(ops: np.ndarray, passing: np.ndarray, live: np.ndarray, inputs: int) -> str:
    nodes = np.flatnonzero(live)
    hidden = ops[nodes[inputs:-1]].tolist()
    entrances = [_INPUT, *range(-3, -2 - inputs, -1)]
    labels = [*entrances, *_LABELS[hidden].tolist(), _OUTPUT]
    edges = np.argwhere(passing[np.ix_(nodes, nodes)]).tolist()
    return cell_hash(labels, [(source, target) for source, target in edges])


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
