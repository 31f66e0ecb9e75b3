"""Wirings of NAS-Bench-101 cells as integers: pruning, relabelling, and one wiring for every class.

A cell of n nodes has n(n-1)/2 *pairs* (source, target), source < target, by target, then source: (0,1),
(0,2), (1,2), (0,3), ..., (n-2,n-1). Its *bits* are an integer whose bit k says whether pair k is an edge. Its
*ops* are the positions of its inner operations in `OP_NAMES`, node 1 first; node 0 is the input and node n-1
the output. The benchmark listed its cells so: all bits of a number of nodes in turn, for each all operations,
and of every isomorphism class it trained the first (Ying et al., ICML 2019).
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import NamedTuple

import numpy as np
from jaxtyping import Int64, UInt32

from archenc.errors import InvalidArchitecture

OP_NAMES = ("conv3x3", "conv1x1", "max_pool3x3")
"""The operations in the order of the benchmark's hash: its labels 0, 1, 2."""
MAX_NODES = 7
MAX_EDGES = 9

_NO_IMAGE = np.uint32(0xFFFFFFFF)


class Spec(NamedTuple):
    """A cell as integers; see the module. ops has one position for each inner node."""

    bits: int
    ops: tuple[int, ...]

    @property
    def n(self) -> int:
        """Number of nodes, input and output counted."""
        return len(self.ops) + 2


@cache
def pairs(n: int) -> tuple[tuple[int, int], ...]:
    """Return the pairs (source, target) of n nodes, in the order of the bits."""
    return tuple((source, target) for target in range(n) for source in range(target))


@cache
def pair_number(n: int) -> dict[tuple[int, int], int]:
    """Return the bit of each pair (source, target)."""
    return {pair: k for k, pair in enumerate(pairs(n))}


@lru_cache(maxsize=65536)
def edges(n: int, bits: int) -> tuple[tuple[int, int], ...]:
    """Return the edges (source, target) of a wiring, by target, then source."""
    return tuple(pair for k, pair in enumerate(pairs(n)) if bits >> k & 1)


def bits_of(n: int, present: Sequence[tuple[int, int]]) -> int:
    """Return the bits of n nodes with these edges, each given once."""
    number = pair_number(n)
    return sum(1 << number[pair] for pair in present)


def prune(spec: Spec) -> Spec:
    """Return the live part: the nodes on a path from the input to the output and the edges between them.

    Raises InvalidArchitecture if there is none, or if it has more than nine edges.
    """
    bits, kept = _pruned(spec.n, spec.bits)
    return Spec(bits, tuple([spec.ops[node - 1] for node in kept]))


def canonical(spec: Spec) -> Spec:
    """Return the one cell that stands for all cells isomorphic to a pruned one: the one that was trained.

    Its bits are the smallest among all numberings with sources before targets; its operations, read as a
    number in base 3, node 1 first, are the smallest among the numberings with these bits.
    """
    bits, place = _least_images(spec.n)[spec.bits]
    ops = _moved(spec.ops, place)
    return Spec(bits, min(_moved(ops, symmetry) for symmetry in symmetries(spec.n, bits)))


@cache
def labelled_wirings(n: int) -> UInt32[np.ndarray, " m"]:
    """Return the bits of all live wirings of n nodes with at most nine edges, ascending."""
    bits = np.arange(1 << len(pairs(n)), dtype=np.uint32)
    bits = bits[np.bitwise_count(bits) <= MAX_EDGES]
    for node in range(n):  # an acyclic wiring is live where only the ends lack an edge in or out
        leaving = sum(1 << k for k, (source, _) in enumerate(pairs(n)) if source == node)
        arriving = sum(1 << k for k, (_, target) in enumerate(pairs(n)) if target == node)
        if node < n - 1:
            bits = bits[bits & np.uint32(leaving) > 0]
        if node > 0:
            bits = bits[bits & np.uint32(arriving) > 0]
    return bits


@cache
def wirings(n: int) -> tuple[int, ...]:
    """Return the bits of one wiring of each class, the smallest, ascending."""
    return tuple(sorted({bits for bits, _ in _least_images(n).values()}))


@cache
def symmetries(n: int, bits: int) -> tuple[tuple[int, ...], ...]:
    """Return the renumberings of the inner nodes that leave a wiring as it is, the identity first.

    The inner node 1 + i becomes the inner node 1 + symmetry[i].
    """
    present = frozenset(edges(n, bits))
    found = []
    for place in itertools.permutations(range(n - 2)):
        number = (0, *(1 + k for k in place), n - 1)
        if all((number[source], number[target]) in present for source, target in present):
            found.append(place)
    return tuple(found)


@lru_cache(maxsize=65536)
def _pruned(n: int, bits: int) -> tuple[int, tuple[int, ...]]:
    present = edges(n, bits)
    reached, reaching = {0}, {n - 1}
    for source, target in present:  # by target: whether a source is reached is settled before it is used
        if source in reached:
            reached.add(target)
    for source, target in reversed(present):
        if target in reaching:
            reaching.add(source)
    kept = sorted(reached & reaching)
    if not kept:
        text = ", ".join(f"{i}->{j}" for i, j in present) or "none at all"
        raise InvalidArchitecture(
            f"the cell is disconnected: no path leads from the input (node 0) to the output (node {n - 1}); "
            f"its edges: {text}"
        )
    number = {node: position for position, node in enumerate(kept)}
    left = [(number[i], number[j]) for i, j in present if i in number and j in number]
    if len(left) > MAX_EDGES:
        raise InvalidArchitecture(
            f"the pruned cell has {len(left)} edges; NAS-Bench-101 allows at most {MAX_EDGES}"
        )
    return bits_of(len(kept), left), tuple(kept[1:-1])


def _moved(ops: tuple[int, ...], place: tuple[int, ...]) -> tuple[int, ...]:
    moved = [0] * len(ops)
    for position, operation in zip(place, ops, strict=True):
        moved[position] = operation
    return tuple(moved)


@cache
def _least_images(n: int) -> dict[int, tuple[int, tuple[int, ...]]]:
    """Return for each live wiring its smallest renumbering, and the places of its inner nodes there."""
    bits = labelled_wirings(n)
    places = list(itertools.permutations(range(n - 2)))
    least = np.full(len(bits), _NO_IMAGE)
    which: Int64[np.ndarray, " m"] = np.zeros(len(bits), dtype=np.int64)
    number = pair_number(n)
    for index, place in enumerate(places):
        new = (0, *(1 + k for k in place), n - 1)
        image = np.zeros_like(bits)
        for k, (source, target) in enumerate(pairs(n)):
            bit = number.get((new[source], new[target]))
            present = bits >> np.uint32(k) & np.uint32(1)
            if bit is None:  # the edge would run backwards
                image[present > 0] = _NO_IMAGE
            else:
                image |= present << np.uint32(bit)
        better = image < least
        least[better], which[better] = image[better], index
    return {
        old: (new, places[index])
        for old, new, index in zip(bits.tolist(), least.tolist(), which.tolist(), strict=True)
    }
