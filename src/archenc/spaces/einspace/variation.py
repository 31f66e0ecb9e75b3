"""Mutation and crossover of derivations, closed under legality."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from archenc.errors import InvalidArchitecture
from archenc.graph import Architecture
from archenc.spaces.einspace.grammar import PRODUCTIONS
from archenc.spaces.einspace.inference import Inferred, Visit, infer
from archenc.spaces.einspace.limits import Limits
from archenc.spaces.einspace.sampling import DeadEnd, Endless, Generation, Sampler
from archenc.spaces.einspace.shapes import Cost, Shape, through
from archenc.spaces.einspace.tree import DerivationNode

MUTATION_TRIES: Final = 100
CROSSOVER_TRIES: Final = 10


class Mutated(NamedTuple):
    """The result of a mutation. changed: False where no legal one was found and `arch` is the parent."""

    arch: Architecture
    changed: bool


def mutated(
    tree: DerivationNode,
    input_shape: Shape,
    limits: Limits,
    rng: np.random.Generator,
    generation: Generation = "gen2",
    leaves_only: bool = False,
) -> DerivationNode | None:
    """Draw a node uniformly, draw everything below it anew, and check the whole; None if tries run out.

    The old operation is excluded: in "gen2" of terminals, in "gen1" of modules too. The inner module of a
    branching of 4 or 8 is one node, and a change of it changes all copies.
    """
    before = infer(tree, input_shape, limits)
    open_to = [visit for visit in before.visits if not (leaves_only and visit.node.children)]
    for _ in range(MUTATION_TRIES):
        visit = open_to[rng.integers(len(open_to))]
        try:
            new = _drawn(visit, before, limits, rng, generation)
            child = tree.with_at(visit.path, new)
            infer(child, input_shape, limits)
        except (DeadEnd, Endless, InvalidArchitecture):
            continue
        return child
    return None


def crossed(
    one: DerivationNode,
    other: DerivationNode,
    input_shape: Shape,
    limits: Limits,
    rng: np.random.Generator,
) -> DerivationNode | None:
    """Exchange a module of each parent, not the outermost, and return the first child that is legal.

    None if ten exchanges gave none. One-point crossover of modules (gen2).
    """
    places = [
        [visit for visit in infer(tree, input_shape, limits).visits[1:] if visit.node.children]
        for tree in (one, other)
    ]
    for _ in range(CROSSOVER_TRIES):
        mine, theirs = (found[rng.integers(len(found))] for found in places)
        for child in (one.with_at(mine.path, theirs.node), other.with_at(theirs.path, mine.node)):
            try:
                infer(child, input_shape, limits)
            except InvalidArchitecture:
                continue
            return child
    return None


def _drawn(
    visit: Visit, before: Inferred, limits: Limits, rng: np.random.Generator, generation: Generation
) -> DerivationNode:
    """Draw what may stand at a place, given what stands elsewhere. Raises DeadEnd, Endless."""
    node = visit.node
    sampler = Sampler(rng, limits, generation)
    sampler.spent = _elsewhere(visit, before)
    if visit.slot not in PRODUCTIONS:
        return sampler.terminal(visit.slot, visit.given, visit.copies, excluded=(node,))[0]
    sampler.nodes = len(before.visits) - node.size + 2
    same = [node.op] if generation == "gen1" else []
    return sampler.module(visit.slot, visit.given[0], visit.copies, visit.depth, excluded=same)[0]


def _elsewhere(visit: Visit, before: Inferred) -> Cost:
    """Return the cost of all terminals outside a subtree."""
    total = before.total
    depth = len(visit.path)
    for each in before.visits:
        if not each.node.children and each.path[:depth] == visit.path:
            _, own = through(each.node, each.given)
            total = total.plus(own.times(-each.copies))
    return total
