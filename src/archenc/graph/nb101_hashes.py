"""The hash of NAS-Bench-101 for thousands of cells at once; `nb101_hash.cell_hash` is its definition."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Int16, Int64, UInt8

from archenc.graph import md5
from archenc.graph.form_terms import distinct_rows

_TOGETHER = 16_384  # cells at a time, which bounds the memory


class _Group(NamedTuple):
    """All nodes with so many sources and targets, numbered through all cells."""

    nodes: Int64[np.ndarray, " k"]
    n_sources: int
    n_targets: int


def node_hashes(
    labels: Int16[np.ndarray, "m n"], adjacency: Bool[np.ndarray, "m n n"]
) -> UInt8[np.ndarray, "m 16"]:
    """Return the MD5 fingerprints of m pruned cells of n nodes each, as bytes; see `nb101_hash.cell_hash`.

    labels: as there. adjacency[i, j]: an edge i -> j.
    """
    out = np.empty((len(labels), 16), dtype=np.uint8)
    for start in range(0, len(labels), _TOGETHER):
        part = slice(start, start + _TOGETHER)
        out[part] = _hashes(labels[part], adjacency[part])
    return out


def _hashes(
    labels: Int16[np.ndarray, "m n"], adjacency: Bool[np.ndarray, "m n n"]
) -> UInt8[np.ndarray, "m 16"]:
    """Do every round for all nodes of all cells: equally many neighbours make messages of one length."""
    m, n = labels.shape
    groups = _groups(adjacency)
    row = np.arange(m)[:, None] * n
    digests = _start_digests(labels, adjacency)
    for _ in range(n):
        order = _sorted_nodes(digests)
        hexes = md5.hexadecimal(digests.reshape(-1, 16))
        sources = np.take_along_axis(adjacency, order[:, :, None], axis=1).transpose(0, 2, 1).reshape(-1, n)
        targets = np.take_along_axis(adjacency, order[:, None, :], axis=2).reshape(-1, n)
        at = (row + order).reshape(-1)  # the k-th node of a cell in sorted order, among all nodes
        rest = np.empty((m * n, 16), dtype=np.uint8)
        for nodes, n_sources, n_targets in groups:
            first = nodes[:, None] // n * n
            before = first + np.nonzero(sources[nodes])[1].reshape(len(nodes), n_sources)
            after = first + np.nonzero(targets[nodes])[1].reshape(len(nodes), n_targets)
            rest[nodes] = md5.digests(_messages(hexes, (at[before], at[after], nodes[:, None])))
        digests = rest.reshape(m, n, 16)
    at = (row + _sorted_nodes(digests)).reshape(-1)
    return md5.digests(_lists(md5.hexadecimal(digests.reshape(-1, 16))[at].reshape(m, n, 32)))


def _start_digests(
    labels: Int16[np.ndarray, "m n"], adjacency: Bool[np.ndarray, "m n n"]
) -> UInt8[np.ndarray, "m n 16"]:
    rows = np.stack([adjacency.sum(axis=2), adjacency.sum(axis=1), labels], axis=2, dtype=np.int16)
    first, where = distinct_rows(rows.reshape(-1, 3))
    texts = [str(tuple(row)) for row in rows.reshape(-1, 3)[first].tolist()]
    made = b"".join(hashlib.md5(text.encode(), usedforsecurity=False).digest() for text in texts)
    return np.frombuffer(made, dtype=np.uint8).reshape(-1, 16)[where].reshape(*labels.shape, 16)


def _groups(adjacency: Bool[np.ndarray, "m n n"]) -> list[_Group]:
    width = adjacency.shape[1] + 1
    kinds = (adjacency.sum(axis=1) * width + adjacency.sum(axis=2)).reshape(-1)
    return [
        _Group(np.flatnonzero(kinds == kind), kind // width, kind % width)
        for kind in np.unique(kinds).tolist()
    ]


def _sorted_nodes(digests: UInt8[np.ndarray, "m n 16"]) -> Int64[np.ndarray, "m n"]:
    """Return the nodes of each cell in the order of their digests."""
    m, n, _ = digests.shape
    high, low = np.ascontiguousarray(digests).view(">u8").astype(np.uint64).transpose(2, 0, 1)
    rank = np.zeros((m, n), dtype=np.int64)
    for i in range(n):
        for j in range(i + 1, n):
            swapped = (high[:, j] < high[:, i]) | ((high[:, j] == high[:, i]) & (low[:, j] < low[:, i]))
            rank[:, i] += swapped
            rank[:, j] += ~swapped
    order = np.empty_like(rank)
    np.put_along_axis(order, rank, np.arange(n)[None], axis=1)
    return order


def _messages(hexes: UInt8[np.ndarray, "k 32"], parts: Sequence[np.ndarray]) -> UInt8[np.ndarray, "m w"]:
    """Return padded messages: the digests of each part joined, the parts joined by "|".

    parts: for each message the rows of `hexes` that it takes, [m, digests].
    """
    length = sum(32 * part.shape[1] for part in parts) + len(parts) - 1
    buffer = np.zeros((len(parts[0]), md5.padded_length(length)), dtype=np.uint8)
    start = 0
    for part in parts:
        stop = start + 32 * part.shape[1]
        buffer[:, start:stop] = hexes[part].reshape(len(part), -1)
        buffer[:, stop] = ord("|")  # after the last part the padding begins, and replaces it
        start = stop + 1
    md5.pad(buffer, length)
    return buffer


def _lists(hexes: UInt8[np.ndarray, "m n 32"]) -> UInt8[np.ndarray, "m w"]:
    """Return padded messages: the digests of a cell as Python writes a list of texts."""
    m, n, _ = hexes.shape
    length = 36 * n  # each in quotes, with ", " behind it; less the last ", ", and two brackets
    buffer = np.zeros((m, md5.padded_length(length)), dtype=np.uint8)
    body = np.zeros((m, n, 36), dtype=np.uint8)
    body[:, :, 0] = body[:, :, 33] = ord("'")
    body[:, :, 1:33] = hexes
    body[:, :, 34:] = list(b", ")
    buffer[:, 1 : length + 1] = body.reshape(m, -1)
    buffer[:, 0], buffer[:, length - 1] = ord("["), ord("]")
    buffer[:, length] = 0
    md5.pad(buffer, length)
    return buffer
