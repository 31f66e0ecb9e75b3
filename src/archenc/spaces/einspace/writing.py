"""Derivations as text: the short string, and the long one that says every shape."""

from __future__ import annotations

from archenc.spaces.einspace.grammar import spelled
from archenc.spaces.einspace.inference import Inferred
from archenc.spaces.einspace.tree import DerivationNode

BRACKETS = {"sequential": "()", "branching": "{}", "routing": "[]", "computation": "<>"}
"""Around the parts of a module in the short string; the long one has square brackets everywhere."""
SHAPE_KEY = "out_feature_shape"


def short(tree: DerivationNode) -> str:
    """Return the short string: `sequential(computation<relu>, computation<linear(32)>)`."""
    head = spelled(tree.op, tree.args)
    if not tree.children:
        return head
    opening, closing = BRACKETS[tree.op]
    return head + opening + ", ".join([short(child) for child in tree.children]) + closing


def long(inferred: Inferred) -> str:
    """Return the long string, where each terminal is followed by the shape that leaves it.

    `computation[norm{'out_feature_shape': [32, 8, 8]}]`; the batch is left out.
    """
    pieces: list[str] = []
    left: list[int] = []  # parts that are still missing, of each module around
    for visit in inferred.visits:
        pieces.append(spelled(visit.node.op, visit.node.args))
        if visit.node.children:
            pieces.append("[")
            left.append(len(visit.node.children))
            continue
        pieces.append(f"{{'{SHAPE_KEY}': [{', '.join(map(str, visit.result.shape))}]}}")
        while left:
            left[-1] -= 1
            if left[-1]:
                pieces.append(", ")
                break
            pieces.append("]")
            left.pop()
    return "".join(pieces)
