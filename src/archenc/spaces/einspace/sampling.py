"""Random derivations, drawn from the top down and from left to right, what does not fit redrawn.

At every place what cannot stand there is left out, and one of the rest is drawn; a module whose parts cannot
be completed (no join fits what its branches make) is drawn anew among the others. Samples depend on the seed
and on limits that are counted, never on the machine.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal, NamedTuple, final, get_args

import numpy as np

from archenc.errors import InvalidArgument, shown
from archenc.spaces.einspace.grammar import BRANCHINGS, COMPUTATION, PRODUCTIONS, parts, terminals
from archenc.spaces.einspace.inference import exceeded
from archenc.spaces.einspace.limits import Limits
from archenc.spaces.einspace.shapes import FREE, Cost, Features, Misfit, through
from archenc.spaces.einspace.tree import DerivationNode

Generation = Literal["gen2", "gen1"]
"""gen2 draws the number of branches and then how they fork, gen1 a fork of any number of branches."""

_FORKS: Final = ("fork2", "fork4", "fork8")


MOST_DRAWS: Final = 50_000
"""Modules that are drawn for one derivation, those in vain included, before it is begun anew.

At most 20 deep, none of 5,500 derivations took more than 2,500; of 40 that could be 200 deep, seven took more
than 30,000: they fork, fail to be joined and fork again.
"""


class Option(NamedTuple):
    """A terminal that fits, what leaves it, and what it costs."""

    node: DerivationNode
    result: Features
    cost: Cost


class DeadEnd(Exception):
    """Nothing can stand at a place; the module around it must be drawn anew."""


class Endless(Exception):
    """More than `MOST_DRAWS` modules were drawn for one derivation: it must be begun anew."""


@lru_cache(maxsize=1 << 16)
def valid_terminals(slot: str, given: tuple[Features, ...]) -> tuple[Option, ...]:
    """Return what fits a slot of terminals, limits aside.

    given: what arrives, of a join one entry a branch.
    """
    found = []
    for node in terminals(slot):
        try:
            found.append(Option(node, *through(node, given)))
        except Misfit:
            continue
    return tuple(found)


@final
@dataclass(slots=True)
class Sampler:
    """Draws subtrees.

    spent, nodes: what is used up by all that stands already, open places included. draws: modules drawn.
    """

    rng: np.random.Generator
    limits: Limits
    generation: Generation = "gen2"
    spent: Cost = FREE
    nodes: int = 0
    draws: int = 0

    def __post_init__(self) -> None:
        check_generation(self.generation)

    def tree(self, given: Features) -> DerivationNode:
        """Return a whole derivation."""
        while True:
            self.spent, self.nodes, self.draws = FREE, 2, 0
            try:
                return self.module("start", given, 1, 0)[0]
            except Endless:
                continue

    def module(
        self, slot: str, given: Features, copies: int, depth: int, excluded: Sequence[str] = ()
    ) -> tuple[DerivationNode, Features]:
        """Return a module for a slot, and what leaves it; its own two nodes are counted already.

        excluded: names of modules that are not wanted. Raises DeadEnd where every production fails, Endless.
        """
        self.draws += 1
        if self.draws > MOST_DRAWS:
            raise Endless
        options = [(head, weight) for head, weight in self._productions(slot) if head.op not in excluded]
        while options:
            heads = [head for head, _ in options if self._fits(head, slot, depth)]
            weights = np.array([weight for head, weight in options if head in heads])
            if not heads:
                break
            head = heads[self.rng.choice(len(heads), p=weights / weights.sum())]
            before = self.spent, self.nodes
            try:
                return self._completed(head, given, copies, depth)
            except DeadEnd:
                self.spent, self.nodes = before
                options = [(other, weight) for other, weight in options if other is not head]
        raise DeadEnd

    def terminal(
        self, slot: str, given: tuple[Features, ...], copies: int, excluded: Sequence[DerivationNode] = ()
    ) -> tuple[DerivationNode, Features]:
        """Return a terminal for a slot, and what leaves it. Raises DeadEnd."""
        fitting = [option for each in self._slots(slot) for option in valid_terminals(each, given)]
        options = [option for option in fitting if option.node not in excluded]
        while options:
            chosen = options.pop(self.rng.integers(len(options)))
            total = self.spent.plus(chosen.cost.times(copies))
            if not exceeded(total, self.limits):
                self.spent = total
                return chosen.node, chosen.result
        raise DeadEnd

    def _completed(
        self, head: DerivationNode, given: Features, copies: int, depth: int
    ) -> tuple[DerivationNode, Features]:
        """Draw the parts of a module."""
        if head.op == "branching":
            return self._branching(head, given, copies, depth)
        self.nodes += _least(head) - 2
        children, result = [], given
        for part in parts(head.op, head.args):
            if part == "module":
                child, result = self.module(part, result, copies, depth + 1)
            else:
                child, result = self.terminal(part, (result,), copies)
            children.append(child)
        return DerivationNode(head.op, head.args, tuple(children)), result

    def _branching(
        self, head: DerivationNode, given: Features, copies: int, depth: int
    ) -> tuple[DerivationNode, Features]:
        fork, branch = self.terminal("fork" + "".join(map(str, head.args)), (given,), copies)
        factor = fork.args[0]
        if not self._fits(BRANCHINGS[_FORKS.index(f"fork{factor}")], "module", depth):
            raise DeadEnd
        self.nodes += _least(DerivationNode("branching", (factor,))) - 2
        several = 2 if factor == 2 else 1
        inside = copies if factor == 2 else copies * factor
        drawn = [self.module("module", branch, inside, depth + 1) for _ in range(several)]
        ends = tuple([end for _, end in drawn] * (factor // several))
        join, result = self.terminal(f"join{factor}", ends, copies)
        children = (fork, *(node for node, _ in drawn), join)
        return DerivationNode("branching", (factor,), children), result

    def _productions(self, slot: str) -> Iterator[tuple[DerivationNode, float]]:
        """Yield the productions of a slot; the first generation has one branching for all."""
        whole = 0.0
        for head, weight in PRODUCTIONS[slot]:
            if self.generation == "gen1" and head.op == "branching":
                whole += weight
            else:
                yield head, weight
        if whole:
            yield _ANY_BRANCHING, whole

    @staticmethod
    def _slots(slot: str) -> tuple[str, ...]:
        return _FORKS if slot == "fork" else (slot,)

    def _fits(self, head: DerivationNode, slot: str, depth: int) -> bool:
        """Say whether depth and nodes allow a module; a bare computation is always allowed."""
        if head is COMPUTATION:
            return slot != "start"
        deep = depth + 1 > self.limits.max_depth
        return not deep and self.nodes + _least(head) - 2 <= self.limits.max_nodes


def check_generation(name: object) -> None:
    """Raise InvalidArgument for a generation that is none."""
    if name not in get_args(Generation):
        raise InvalidArgument(f"grammar={shown(name)}; legal: {', '.join(get_args(Generation))}")


_ANY_BRANCHING = DerivationNode("branching")


def _least(head: DerivationNode) -> int:
    """Return the nodes of the smallest module with this head."""
    if head.op == "branching" and head.args != (2,):
        return 5
    return {"computation": 2, "sequential": 5, "branching": 7, "routing": 5}[head.op]
