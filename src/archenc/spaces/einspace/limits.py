"""How large a derivation and its network may become: counted, so that every machine decides alike."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Final, final

from archenc.errors import InvalidArgument
from archenc.typing import whole_number

SMALLEST: Final = 5
"""Nodes of the smallest network, routing[identity, computation<identity>, identity]."""
DEEPEST: Final = 200


@final
@dataclass(frozen=True, slots=True)
class Limits:
    """What is refused, before anything is allocated.

    max_depth: modules inside one another; at this depth there are computations only. max_nodes: nodes of the
    derivation, terminals included. max_params: trainable parameters, copies included. max_activations:
    numbers that one example makes on its way forward, all operations and copies together; times 4 bytes and
    the batch it bounds what training keeps. max_macs: multiply-accumulates for one example. The head counts
    nowhere.

    The published limits are wall-clock time and free memory, so that samples depend on the machine, beside a
    depth of 20 and 10,000 nodes: `PUBLISHED` has the latter two. Raises InvalidArgument.
    """

    max_depth: int = 20
    max_nodes: int = 300
    max_params: int = 1 << 24
    max_activations: int = 1 << 24
    max_macs: int = 1 << 31

    def __post_init__(self) -> None:
        least = {"max_depth": 1, "max_nodes": SMALLEST}
        for field in fields(self):
            most = DEEPEST if field.name == "max_depth" else None
            value = whole_number(field.name, getattr(self, field.name), least.get(field.name, 0), most)
            object.__setattr__(self, field.name, value)


PUBLISHED: Final = Limits(max_depth=20, max_nodes=10_000)
"""Depth and nodes of the second generation (Qin et al., AutoML 2025); sizes as by default."""


def most_nodes(limits: Limits) -> int:
    """Return the nodes that the graph of a derivation within limits can have, input and output counted.

    With s sequences, b branchings of 2, r other branchings and routes there are s + b + 1 computations:
    3 s + 5 b + 3 r + 2 nodes in the tree and, where every sequence needs its mark, 2 s + 3 b + 2 r + 3 in the
    graph.
    """
    return (2 * limits.max_nodes + 5) // 3


def refuse_shape(shape: object) -> InvalidArgument:
    """Return the error for features that are no shape."""
    return InvalidArgument(
        f"input_shape={shape!r:.60}: expected (channels, height, width), or (positions, features)"
    )
