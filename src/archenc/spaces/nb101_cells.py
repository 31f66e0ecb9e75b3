"""All 423,624 cells of NAS-Bench-101, generated: wirings up to isomorphism, then operations up to symmetry.

The order: by number of nodes, then bits of the wiring, then operations read as a number in base 3, node 1
first. It is the order in which the benchmark met them, and every cell is numbered as it was trained; see
`nb101_wiring`.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from functools import cache
from typing import Literal, NamedTuple

import numpy as np
from jaxtyping import Int64, UInt8, UInt32

from archenc.errors import InvalidArchitecture, InvalidArgument
from archenc.graph.nb101_hashes import node_hashes
from archenc.spaces.arguments import sample_size
from archenc.spaces.nb101_wiring import (
    MAX_NODES,
    OP_NAMES,
    Spec,
    canonical,
    pairs,
    prune,
    symmetries,
    wirings,
)
from archenc.typing import Seed, as_generator

SIZE = 423_624
NO_OP = 255
"""Filler of `CellArrays.ops` where a cell has fewer than five inner nodes."""

_MOST_SPECS = 100_000


class CellArrays(NamedTuple):
    """m cells as arrays. ops: positions in `OP_NAMES`, NO_OP after the last inner node. hashes: MD5 bytes."""

    n: UInt8[np.ndarray, " m"]
    bits: UInt32[np.ndarray, " m"]
    ops: UInt8[np.ndarray, "m 5"]
    hashes: UInt8[np.ndarray, "m 16"]


def enumerate_arrays(chunk: int = 16_384) -> Iterator[CellArrays]:
    """Yield all cells with their hashes, at most `chunk` at a time, in the order of the module.

    Concatenate the chunks for the whole: 423,624 rows, 11 MB.
    """
    if chunk < 1:
        raise InvalidArgument(f"chunk={chunk}: expected a number of cells >= 1")
    for n in range(2, MAX_NODES + 1):
        rows = _cells_of(n)
        for start in range(0, len(rows.bits), chunk):
            part = slice(start, start + chunk)
            bits, ops = rows.bits[part], rows.ops[part]
            padded = np.full((len(bits), MAX_NODES - 2), NO_OP, dtype=np.uint8)
            padded[:, : n - 2] = ops
            yield CellArrays(np.full(len(bits), n, dtype=np.uint8), bits, padded, hashes(bits, ops))


def hashes(bits: UInt32[np.ndarray, " m"], ops: UInt8[np.ndarray, "m k"]) -> UInt8[np.ndarray, "m 16"]:
    """Return the benchmark's hashes, as MD5 bytes, of m pruned cells of k inner nodes each."""
    m, n = len(bits), ops.shape[1] + 2
    adjacency = np.zeros((m, n, n), dtype=bool)
    for k, (source, target) in enumerate(pairs(n)):
        adjacency[:, source, target] = bits >> np.uint32(k) & np.uint32(1)
    labels = np.full((m, n), -1, dtype=np.int16)
    labels[:, 1:-1], labels[:, -1] = ops, -2
    return node_hashes(labels, adjacency)


def specs() -> Iterator[Spec]:
    """Yield all cells as integers, in the order of the module."""
    for n in range(2, MAX_NODES + 1):
        for bits in wirings(n):
            for ops in labellings(n, bits).tolist():
                yield Spec(bits, tuple(ops))


def spec_at(index: int) -> Spec:
    """Return the cell at a place of the order, 0..423,623. Raises InvalidArgument."""
    if not 0 <= index < SIZE:
        raise InvalidArgument(f"index={index}: expected 0..{SIZE - 1}")
    sizes = _starts()
    place = int(np.searchsorted(sizes, index, side="right")) - 1
    n, bits = _all_wirings()[place]
    return Spec(bits, tuple(labellings(n, bits)[index - sizes[place]].tolist()))


def sample(n: int, rng: Seed, by: Literal["class", "spec"], replace: bool) -> list[Spec]:
    """Draw n canonical cells; see `NasBench101.sample`. Raises InvalidArgument."""
    generator = as_generator(rng)
    if by not in ("class", "spec"):
        raise InvalidArgument(f"by={by!r}; legal: 'class', 'spec'")
    most = SIZE if by == "class" else _MOST_SPECS
    why = "the number of cells" if by == "class" else "for rare cells are drawn too seldom to go on"
    n = sample_size(n, most, why, replace=replace)
    if by == "class":
        return [spec_at(index) for index in generator.choice(SIZE, size=n, replace=replace).tolist()]
    drawn: list[Spec] = []
    seen: set[Spec] = set()
    while len(drawn) < n:
        bits = int(generator.integers(1 << len(pairs(MAX_NODES))))
        ops = generator.integers(len(OP_NAMES), size=MAX_NODES - 2).tolist()
        try:
            spec = canonical(prune(Spec(bits, tuple(ops))))
        except InvalidArchitecture:
            continue
        if replace or spec not in seen:
            seen.add(spec)
            drawn.append(spec)
    return drawn


def count(n: int) -> int:
    """Return the number of cells of n nodes, by Burnside's lemma, without listing their operations."""
    return sum(_orbits(n, bits) for bits in wirings(n))


@cache
def labellings(n: int, bits: int) -> UInt8[np.ndarray, "k h"]:
    """Return the operations of all cells with a wiring of `wirings(n)`, one row a cell, ascending."""
    base, inner = len(OP_NAMES), n - 2
    rows = np.array(list(itertools.product(range(base), repeat=inner)), dtype=np.uint8)
    rows = rows.reshape(base**inner, inner)
    powers = base ** np.arange(inner)[::-1]
    images = [rows.astype(np.int64)[:, list(place)] @ powers for place in symmetries(n, bits)]
    return rows[np.arange(len(rows)) == np.min(images, axis=0)]


def _orbits(n: int, bits: int) -> int:
    group = symmetries(n, bits)
    return sum(len(OP_NAMES) ** _cycles(place) for place in group) // len(group)


def _cycles(place: tuple[int, ...]) -> int:
    seen: set[int] = set()
    cycles = 0
    for start in range(len(place)):
        cycles += start not in seen
        node = start
        while node not in seen:
            seen.add(node)
            node = place[node]
    return cycles


@cache
def _all_wirings() -> tuple[tuple[int, int], ...]:
    return tuple((n, bits) for n in range(2, MAX_NODES + 1) for bits in wirings(n))


@cache
def _starts() -> Int64[np.ndarray, " w"]:
    """Return the place of the first cell of each wiring."""
    sizes = np.array([_orbits(n, bits) for n, bits in _all_wirings()], dtype=np.int64)
    return np.cumsum(sizes) - sizes


class _Cells(NamedTuple):
    bits: UInt32[np.ndarray, " m"]
    ops: UInt8[np.ndarray, "m h"]


def _cells_of(n: int) -> _Cells:
    ops = [labellings(n, bits) for bits in wirings(n)]
    return _Cells(
        np.repeat(np.array(wirings(n), dtype=np.uint32), [len(rows) for rows in ops]), np.concatenate(ops)
    )
