"""The grammar of einspace: what may stand where, and how likely it is (Ericsson et al., NeurIPS 2024).

A network is a module that is no bare computation. A *slot* names what may stand at a place: "start" and
"module" take modules, all others take terminals.
"""

from __future__ import annotations

from functools import cache

from archenc.errors import InvalidArchitecture, shown
from archenc.graph.grammar_ops import AXES, FACTORS, PERMUTATIONS, WIDTHS, WINDOWS
from archenc.spaces.einspace.tree import DerivationNode

COMPUTATION_SHARE = 0.32
"""How likely a module is a bare computation; sequences, branchings and routes share the rest evenly."""

SEQUENTIAL = DerivationNode("sequential")
ROUTING = DerivationNode("routing")
COMPUTATION = DerivationNode("computation")
BRANCHINGS = tuple(DerivationNode("branching", (factor,)) for factor in FACTORS)
IDENTITY = DerivationNode("identity")

PLACES = {"start": "the outermost module", "compute": "the computation"}
"""Slots in words; the others, such as fork2, are called by their names."""

Production = tuple[DerivationNode, float]
"""A module without its parts, and how likely it is."""


def _module_productions(computation: float) -> tuple[Production, ...]:
    share = (1 - computation) / 3
    bare = ((COMPUTATION, computation),) if computation else ()
    branchings = tuple((branching, share / len(BRANCHINGS)) for branching in BRANCHINGS)
    return (*bare, (SEQUENTIAL, share), *branchings, (ROUTING, share))


PRODUCTIONS = {"start": _module_productions(0.0), "module": _module_productions(COMPUTATION_SHARE)}
"""Slot of a module -> productions and their probabilities."""


@cache
def terminals(slot: str) -> tuple[DerivationNode, ...]:
    """Return every terminal of a slot, whether or not it fits the features that arrive there."""
    node = DerivationNode
    if slot.startswith("fork"):
        factor = int(slot[-1])
        return (node("clone", (factor,)), *(node("group", (factor, axis)) for axis in AXES))
    if slot.startswith("join"):
        factor = int(slot[-1])
        common = (node("add", (factor,)), *(node("cat", (factor, axis)) for axis in AXES))
        return (*common, node("dot_product"), node("scaled_dot_product")) if factor == 2 else common
    permutations = tuple(node("perm", order) for order in PERMUTATIONS)
    if slot == "pre":
        return (IDENTITY, *permutations, *(node("im2col", window) for window in WINDOWS))
    if slot == "post":
        return (IDENTITY, *permutations, node("col2im"))
    linear = tuple(node("linear", (width,)) for width in WIDTHS)
    return (IDENTITY, *linear, *map(node, ("norm", "relu", "softmax", "pos_enc")))


@cache
def parts(op: str, args: tuple[int, ...]) -> tuple[str, ...]:
    """Return the slots of the children of a module; empty for a terminal."""
    if op == "sequential":
        return ("module", "module")
    if op == "routing":
        return ("pre", "module", "post")
    if op == "computation":
        return ("compute",)
    if op == "branching":
        inner = ("module", "module") if args == (2,) else ("module",)
        return (f"fork{args[0]}", *inner, f"join{args[0]}")
    return ()


@cache
def allowed(slot: str) -> frozenset[tuple[str, tuple[int, ...]]]:
    """Return what may stand in a slot, as (op, args)."""
    found = [head for head, _ in PRODUCTIONS[slot]] if slot in PRODUCTIONS else terminals(slot)
    return frozenset((node.op, node.args) for node in found)


def check_slot(node: DerivationNode, slot: str) -> None:
    """Raise InvalidArchitecture unless a node may stand in a slot and has the children that it needs."""
    if not isinstance(node, DerivationNode):  # a tree made by hand may hold anything
        raise InvalidArchitecture(f"{shown(node)} is no node; expected a DerivationNode")
    if (node.op, node.args) not in allowed(slot):
        raise InvalidArchitecture(
            f"{spelled(node.op, node.args)} cannot be {PLACES.get(slot, f'a {slot}')}; legal: {legal(slot)}"
        )
    expected = len(parts(node.op, node.args))
    if len(node.children) != expected:
        raise InvalidArchitecture(
            f"{spelled(node.op, node.args)} has {len(node.children)} parts; legal: {expected}"
        )


def legal(slot: str) -> str:
    """Return what may stand in a slot, for a message."""
    return ", ".join(sorted(spelled(op, args) for op, args in allowed(slot)))


def spelled(op: str, args: tuple[int, ...]) -> str:
    """Return a node's own text, without its children: `linear(32)`."""
    if op == "scaled_dot_product":
        return "dot_product(scaled)"
    return f"{op}({','.join(map(str, args))})" if args else op
