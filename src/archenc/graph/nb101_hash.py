"""The identity key of NAS-Bench-101 (Ying et al., ICML 2019): `nb101-v1`."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Int16, UInt8

from archenc.errors import InvalidArchitecture
from archenc.graph.form_terms import distinct_rows
from archenc.graph.live import live_nodes, passing_edges
from archenc.graph.ops import op

_INPUT, _OUTPUT = -1, -2
_PUBLISHED = {op("conv3x3").index: 0, op("conv1x1").index: 1, op("max_pool3x3").index: 2}


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
    return np.array([_hash(ops[row], passing[row], live[row], inputs) for row in first], dtype=object)[where]


def node_hashes(
    labels: Int16[np.ndarray, "m n"], adjacency: Bool[np.ndarray, "m n n"]
) -> UInt8[np.ndarray, "m 16"]:
    """Return the MD5 fingerprints of m pruned cells of n nodes each, as bytes; see `cell_hash`."""
    texts = [
        cell_hash(row, [(i, j) for i, j in np.argwhere(cell).tolist()])
        for row, cell in zip(labels.tolist(), adjacency, strict=True)
    ]
    return np.frombuffer(bytes.fromhex("".join(texts)), dtype=np.uint8).reshape(-1, 16)


def _hash(ops: np.ndarray, passing: np.ndarray, live: np.ndarray, inputs: int) -> str:
    nodes = np.flatnonzero(live)
    hidden = ops[nodes[inputs:-1]].tolist()
    entrances = [_INPUT, *range(-3, -2 - inputs, -1)]
    labels = [*entrances, *(_PUBLISHED.get(index, 3 + index) for index in hidden), _OUTPUT]
    edges = np.argwhere(passing[np.ix_(nodes, nodes)]).tolist()
    return cell_hash(labels, [(source, target) for source, target in edges])


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
