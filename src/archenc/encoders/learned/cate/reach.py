"""Reachability of a whole population in one pass: the transitive closure, a row of bits a node.

CATE lets a node attend to the nodes that a directed path leads to (Yan et al., ICML 2021). The closure of a
cell is therefore its attention mask, computed once and kept as bits: 7 bytes a cell of NAS-Bench-101.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Shaped, UInt

from archenc.errors import InvalidArgument

MOST_NODES = 64
_WORDS = ((8, np.uint8), (16, np.uint16), (32, np.uint32), (64, np.uint64))


def word(nodes: int) -> np.dtype[np.unsignedinteger]:
    """Return the smallest unsigned type with a bit a node. Raises InvalidArgument for more than 64 nodes."""
    for bits, kind in _WORDS:
        if nodes <= bits:
            return np.dtype(kind)
    raise InvalidArgument(f"a cell of {nodes} slots; reachability is kept for at most {MOST_NODES}")


def pack(links: Shaped[np.ndarray, "m N N"]) -> UInt[np.ndarray, "m N"]:
    """Return rows of zeros and ones as integers: bit j of row i says whether there is a link i -> j."""
    m, nodes, _ = links.shape
    kind = word(nodes)
    rows = np.packbits(links.astype(bool, copy=False), axis=-1, bitorder="little")
    if rows.shape[-1] < kind.itemsize:
        rows = np.pad(rows, ((0, 0), (0, 0), (0, kind.itemsize - rows.shape[-1])))
    little = kind.newbyteorder("<")
    return np.ascontiguousarray(rows).view(little).reshape(m, nodes).astype(kind, copy=False)


def unpack(rows: UInt[np.ndarray, "m N"], nodes: int) -> Bool[np.ndarray, "m N nodes"]:
    """Undo `pack`: the first `nodes` bits of every row."""
    little = rows.astype(rows.dtype.newbyteorder("<"), copy=False)
    octets = np.ascontiguousarray(little)[..., None].view(np.uint8)
    return np.unpackbits(octets, axis=-1, count=nodes, bitorder="little").view(bool)


def closure(links: Shaped[np.ndarray, "m N N"]) -> UInt[np.ndarray, "m N"]:
    """Return the transitive closure of m graphs, packed: bit j of row i says whether a path leads i -> j.

    A path has one link or more, so a graph without cycles gets no diagonal. Warshall's algorithm, all cells
    and all rows at once: one step a node.
    """
    reach = pack(links)
    one, zero = reach.dtype.type(1), reach.dtype.type(0)
    for middle in range(reach.shape[1]):
        through = (reach >> reach.dtype.type(middle)) & one
        reach |= (zero - through) & reach[:, middle : middle + 1]  # zero - 1 is all ones
    return reach


def backwards(reach: UInt[np.ndarray, "m N"]) -> UInt[np.ndarray, "m N"]:
    """Return the closure of the reversed graphs: bit j of row i says whether a path leads j -> i."""
    return pack(unpack(reach, reach.shape[1]).swapaxes(1, 2))
