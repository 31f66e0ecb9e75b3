"""The hashes of many graphs in the spelling of the official files, thousands at once."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from math import isqrt

import numpy as np
from jaxtyping import Bool

from archenc.graph.live import live_nodes
from archenc.graph.nb101_hashes import node_hashes
from archenc.spaces import space
from archenc.spaces.nb101_spelling import OFFICIAL_NAMES
from archenc.tables.importers.nasbench101.cells import hexadecimal

_MOST_EDGES = 9
_LABELS = {"input": -1, "output": -2, **{name: label for label, name in enumerate(OFFICIAL_NAMES)}}


def hashes(spellings: Sequence[str]) -> Iterator[tuple[int, str]]:
    """Yield (position, hash) of every `raw_adjacency|raw_operations`, in no order.

    Graphs with nodes to prune, and whatever else is unusual, go through the space one by one. Raises
    InvalidArchitecture.
    """
    by_size: dict[int, list[int]] = defaultdict(list)
    for position, spelling in enumerate(spellings):
        digits, _, names = spelling.partition("|")
        n = isqrt(len(digits))
        plain = re.fullmatch("[01]+", digits) and n * n == len(digits) and _labels(names, n)
        by_size[n if plain else 0].append(position)
    for n, positions in by_size.items():
        usual: Sequence[bool] | np.ndarray = [False] * len(positions)
        if n:
            parts = [spellings[position].split("|") for position in positions]
            text = "".join(digits for digits, _ in parts).encode()
            adjacency = (np.frombuffer(text, dtype=np.uint8) == ord("1")).reshape(-1, n, n)
            labels = np.array([_labels(names, n) for _, names in parts], dtype=np.int16)
            usual = _usual(adjacency)
            found = hexadecimal(node_hashes(labels[usual], adjacency[usual]))
            yield from zip(np.array(positions)[usual].tolist(), found, strict=True)
        for position, done in zip(positions, usual, strict=True):
            if not done:
                member = space("nasbench101")
                yield position, member.key(member.parse(spellings[position]))


def _labels(names: str, n: int) -> list[int] | None:
    """Return the labels that the hash is of; None for another number of operations or an unknown one."""
    labels = [_LABELS.get(name) for name in names.split(",")]
    inner = labels[1:-1]
    whole = n >= 2 and len(labels) == n and (labels[0], labels[-1]) == (-1, -2)
    return [-1, *inner, -2] if whole and all(x is not None and x >= 0 for x in inner) else None  # type: ignore[return-value]


def _usual(adjacency: Bool[np.ndarray, "m n n"]) -> Bool[np.ndarray, " m"]:
    """Mark the graphs that need no pruning and are legal."""
    forward = ~np.tril(adjacency).any(axis=(1, 2))
    return forward & (adjacency.sum(axis=(1, 2)) <= _MOST_EDGES) & live_nodes(adjacency, 1).all(axis=1)
