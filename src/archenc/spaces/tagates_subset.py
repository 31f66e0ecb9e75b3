"""The 14,580 cells of NAS-Bench-101 on which TA-GATES is trained and tested (Ning et al., NeurIPS 2022).

Each is a chain through all seven nodes with one more edge a -> 4, b -> 5 and c -> 6 into the last three: 60
wirings of nine edges, 243 choices of operations. The order is that of the published test list: c outermost,
then b, then a, then the operations as a number in base 3 with the first inner node fastest, in the order
conv1x1, conv3x3, max pooling. The first half is the train pool and the second half the test set, so no wiring
is in both, and a predictor meets only wirings in the test that it has never seen.
"""

from __future__ import annotations

import itertools
from functools import cache
from typing import Literal

import numpy as np

from archenc.errors import InvalidArgument
from archenc.graph import Architecture
from archenc.spaces.nasbench101 import from_spec
from archenc.spaces.nb101_cells import hashes
from archenc.spaces.nb101_wiring import MAX_NODES, OP_NAMES, Spec, bits_of

SIZE = 14_580
Part = Literal["all", "train", "test"]

_PARTS = {"all": slice(0, SIZE), "train": slice(0, SIZE // 2), "test": slice(SIZE // 2, SIZE)}
_DIGITS = tuple(OP_NAMES.index(name) for name in ("conv1x1", "conv3x3", "max_pool3x3"))


def architectures(part: Part = "all") -> tuple[Architecture, ...]:
    """Return the cells in order: all of them, or the train pool or test set. Raises InvalidArgument."""
    return tuple([from_spec(spec) for spec in specs(part)])


def keys(part: Part = "all") -> list[str]:
    """Return the benchmark's hashes of `architectures(part)`, by which a table finds the rows."""
    chosen = specs(part)
    bits = np.array([spec.bits for spec in chosen], dtype=np.uint32)
    ops = np.array([spec.ops for spec in chosen], dtype=np.uint8)
    return [digest.tobytes().hex() for digest in hashes(bits, ops)]


def specs(part: Part = "all") -> tuple[Spec, ...]:
    """Return the cells as integers, see `nb101_wiring`. Raises InvalidArgument."""
    if part not in _PARTS:
        raise InvalidArgument(f"part={part!r}; legal: {', '.join(map(repr, _PARTS))}")
    return _specs()[_PARTS[part]]


@cache
def _specs() -> tuple[Spec, ...]:
    chain = [(node, node + 1) for node in range(MAX_NODES - 1)]
    wirings = [
        bits_of(MAX_NODES, [*chain, (a, 4), (b, 5), (c, 6)])
        for c, b, a in itertools.product(range(5), range(4), range(3))
    ]
    choices = [digits[::-1] for digits in itertools.product(_DIGITS, repeat=MAX_NODES - 2)]
    return tuple(Spec(bits, ops) for bits in wirings for ops in choices)
