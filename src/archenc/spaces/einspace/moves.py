"""Small changes of a derivation, each of which another takes back: the neighbourhood of the space."""

from __future__ import annotations

from collections.abc import Iterator

from archenc.errors import InvalidArchitecture
from archenc.spaces.einspace.grammar import IDENTITY, terminals
from archenc.spaces.einspace.inference import Inferred, Visit, exceeded, infer
from archenc.spaces.einspace.limits import Limits
from archenc.spaces.einspace.shapes import Cost, Misfit, Shape, through
from archenc.spaces.einspace.tree import DerivationNode

_NOTHING = DerivationNode("computation", (), (IDENTITY,))
_CLONE, _ADD = DerivationNode("clone", (2,)), DerivationNode("add", (2,))


def neighbours(inferred: Inferred, input_shape: Shape, limits: Limits) -> Iterator[DerivationNode]:
    """Yield the derivations one change away, each once: another terminal, a module wrapped or unwrapped.

    A module is wrapped into a sequence or an addition with an identity beside it, or into a route of
    identities; unwrapping is the inverse. Every yield is legal within the limits.
    """
    tree = inferred.visits[0].node
    seen = {tree}
    for other, known in _changed(inferred, limits):
        if other not in seen and (known or _is_legal(other, input_shape, limits)):
            seen.add(other)
            yield other


def _changed(inferred: Inferred, limits: Limits) -> Iterator[tuple[DerivationNode, bool]]:
    """Yield candidates, and whether they are known to be legal."""
    tree = inferred.visits[0].node
    for visit in inferred.visits:
        if not visit.node.children:
            yield from _swapped(tree, visit, inferred.total, limits)
            continue
        for new in (*_wrapped(visit.node), *_unwrapped(visit.node)):
            yield tree.with_at(visit.path, new), False


def _swapped(
    tree: DerivationNode, visit: Visit, total: Cost, limits: Limits
) -> Iterator[tuple[DerivationNode, bool]]:
    """Put every other terminal at a place, where it fits what arrives."""
    for node in terminals(visit.slot):
        if node == visit.node:
            continue
        try:
            result, new = through(node, visit.given)
        except Misfit:
            continue
        if result != visit.result:
            yield tree.with_at(visit.path, node), False
            continue
        _, old = through(visit.node, visit.given)
        changed = total.plus(old.times(-visit.copies)).plus(new.times(visit.copies))
        if not exceeded(changed, limits):
            yield tree.with_at(visit.path, node), True


def _wrapped(node: DerivationNode) -> Iterator[DerivationNode]:
    yield DerivationNode("sequential", (), (node, _NOTHING))
    yield DerivationNode("sequential", (), (_NOTHING, node))
    yield DerivationNode("routing", (), (IDENTITY, node, IDENTITY))
    yield DerivationNode("branching", (2,), (_CLONE, node, _NOTHING, _ADD))
    yield DerivationNode("branching", (2,), (_CLONE, _NOTHING, node, _ADD))


def _unwrapped(node: DerivationNode) -> Iterator[DerivationNode]:
    for inner in node.children:
        if inner.children and node in tuple(_wrapped(inner)):
            yield inner


def _is_legal(tree: DerivationNode, input_shape: Shape, limits: Limits) -> bool:
    try:
        infer(tree, input_shape, limits)
    except InvalidArchitecture:
        return False
    return True
