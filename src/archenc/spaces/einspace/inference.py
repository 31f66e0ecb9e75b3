"""Shapes through a whole derivation: what arrives at every node, what it costs, and why it is refused."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple, final

from archenc.errors import InvalidArchitecture
from archenc.spaces.einspace.grammar import check_slot, parts, spelled
from archenc.spaces.einspace.limits import Limits
from archenc.spaces.einspace.shapes import FREE, Cost, Features, Misfit, input_features, through
from archenc.spaces.einspace.tree import DerivationNode, Path


class Visit(NamedTuple):
    """A node on the way of the data.

    path, slot, node: where it stands and what it is. given: what arrives, of a join one entry a branch.
    result: what leaves; of a fork, one branch. copies: how often it is there, 4 or 8 times in each copied
    branch. depth: modules around it.
    """

    path: Path
    slot: str
    node: DerivationNode
    given: tuple[Features, ...]
    result: Features
    copies: int
    depth: int


@final
@dataclass(frozen=True, slots=True)
class Inferred:
    """A derivation with its shapes. visits: every node, each before its parts. total: the cost of all."""

    visits: tuple[Visit, ...]
    result: Features
    total: Cost


def infer(tree: DerivationNode, input_shape: object, limits: Limits) -> Inferred:
    """Return the shapes of a derivation on an input.

    input_shape: (C, H, W), or (S, D) of a sequence. Raises InvalidArchitecture, naming the node by its number
    in the order of `DerivationNode.walk`, for a tree outside the grammar, terminals that do not fit, or sizes
    beyond the limits; InvalidArgument for what is no shape.
    """
    walk = _Walk(limits)
    result = walk.module(tree, "start", input_features(input_shape), (), 1, 0)
    visits = [visit for visit in walk.visits if visit is not None]
    return Inferred(tuple(visits), result, walk.total)


class Refused(InvalidArchitecture):
    """A derivation that is refused. number: that of the node, from 0 in the order of `walk`."""

    def __init__(self, message: str, number: int) -> None:
        super().__init__(message)
        self.number = number


@final
@dataclass(slots=True)
class _Walk:
    limits: Limits
    visits: list[Visit | None] = field(default_factory=list)
    total: Cost = FREE

    def module(
        self, node: DerivationNode, slot: str, given: Features, path: Path, copies: int, depth: int
    ) -> Features:
        """Visit a module and its parts; return what leaves it."""
        number = self._open(node, slot)
        if depth > self.limits.max_depth:
            raise self._refused(number, node, f"lies {depth} modules deep; max_depth={self.limits.max_depth}")
        if node.op == "branching":
            result = self._branching(node, given, path, copies, depth)
        else:
            result = given
            for step, part in enumerate(parts(node.op, node.args)):
                child, way = node.children[step], (*path, step)
                if part == "module":
                    result = self.module(child, part, result, way, copies, depth + 1)
                else:
                    result = self._terminal(child, part, (result,), way, copies, depth + 1)
        self.visits[number] = Visit(path, slot, node, (given,), result, copies, depth)
        return result

    def _branching(
        self, node: DerivationNode, given: Features, path: Path, copies: int, depth: int
    ) -> Features:
        fork, *inner, join = parts(node.op, node.args)
        factor, below = node.args[0], depth + 1
        branch = self._terminal(node.children[0], fork, (given,), (*path, 0), copies, below)
        inside = copies if len(inner) == factor else copies * factor
        ends = [
            self.module(node.children[step], "module", branch, (*path, step), inside, below)
            for step in range(1, len(inner) + 1)
        ]
        ends = ends if len(inner) == factor else ends * factor
        return self._terminal(node.children[-1], join, tuple(ends), (*path, len(inner) + 1), copies, below)

    def _terminal(
        self,
        node: DerivationNode,
        slot: str,
        given: tuple[Features, ...],
        path: Path,
        copies: int,
        depth: int,
    ) -> Features:
        number = self._open(node, slot)
        try:
            result, own = through(node, given)
        except Misfit as error:
            raise Refused(f"node {number}: {error}", number) from error
        self.total = self.total.plus(own.times(copies))
        if excess := exceeded(self.total, self.limits):
            raise self._refused(number, node, excess)
        self.visits[number] = Visit(path, slot, node, given, result, copies, depth)
        return result

    def _open(self, node: DerivationNode, slot: str) -> int:
        number = len(self.visits)
        self.visits.append(None)
        try:
            check_slot(node, slot)
        except InvalidArchitecture as error:
            raise Refused(f"node {number}: {error}", number) from error
        if number >= self.limits.max_nodes:
            raise self._refused(number, node, f"is one too many; max_nodes={self.limits.max_nodes}")
        return number

    @staticmethod
    def _refused(number: int, node: DerivationNode, why: str) -> Refused:
        return Refused(f"node {number}: {spelled(node.op, node.args)} {why}", number)


def exceeded(total: Cost, limits: Limits) -> str:
    """Say which limit a cost exceeds; an empty text if none."""
    for name, value in zip(Cost._fields, total, strict=True):
        if value > (most := getattr(limits, f"max_{name}")):
            return f"brings the {name} to {value:,}; max_{name}={most:,}"
    return ""
