"""The rows of the table: all 423,624 cells, listed without building an architecture for each."""

from __future__ import annotations

import numpy as np
from jaxtyping import UInt8

from archenc.spaces import SearchSpace, nb101_spelling
from archenc.spaces.nb101_cells import CellArrays, enumerate_arrays
from archenc.spaces.nb101_wiring import Spec
from archenc.tables.importing import Listing


def all_cells(_: SearchSpace) -> Listing:
    """Return native spelling and hash of every cell, in the order in which the space enumerates them."""
    spellings: list[str] = []
    keys: list[str] = []
    for part in enumerate_arrays():
        spellings += spell(part)
        keys += hexadecimal(part.hashes)
    return Listing(spellings, keys)


def hexadecimal(digests: UInt8[np.ndarray, "m 16"]) -> list[str]:
    """Return hashes as the files write them."""
    text = digests.tobytes().hex()
    return [text[start : start + 32] for start in range(0, len(text), 32)]


def spell(cells: CellArrays) -> list[str]:
    """Return the native spelling of m cells: each wiring and each row of operations is written once."""
    wirings: dict[tuple[int, int], str] = {}
    operations: dict[tuple[int, ...], str] = {}
    spellings = []
    for n, bits, padded in zip(cells.n.tolist(), cells.bits.tolist(), cells.ops.tolist(), strict=True):
        ops = tuple(padded[: n - 2])
        if (n, bits) not in wirings or ops not in operations:
            whole = nb101_spelling.write(Spec(bits, ops), "native")
            wirings[n, bits], _, operations[ops] = whole.partition("|")
        spellings.append(f"{wirings[n, bits]}|{operations[ops]}")
    return spellings
