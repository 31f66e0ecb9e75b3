"""The rows of the table: all 423,624 cells, listed without building an architecture for each."""

from __future__ import annotations

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
        texts = part.hashes.tobytes().hex()
        keys += [texts[start : start + 32] for start in range(0, len(texts), 32)]
    return Listing(spellings, keys)


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
