"""A derivation as a graph of its terminals, from which the derivation can be read back.

Every terminal is a node and every edge a flow of data; the inner module of a branching of 4 or 8 is there
once. Forks, joins and the ends of routes are brackets. Parts of a sequence follow one another and are taken
to be nested to the right; where they are not, a node `chain` says that the next two parts are one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache, lru_cache
from itertools import pairwise
from typing import Final, final

from archenc.errors import InvalidArchitecture
from archenc.graph import Cell, Edge, Kind, Op, op, vocabulary
from archenc.spaces.einspace.grammar import parts, terminals
from archenc.spaces.einspace.limits import DEEPEST
from archenc.spaces.einspace.tree import DerivationNode

_FORKS: Final = (Kind.CLONE, Kind.GROUP)
_OPENING: Final = (*_FORKS, Kind.ENTER, Kind.IM2COL)
_CLOSING: Final = (
    Kind.ADD, Kind.CAT, Kind.DOT_PRODUCT, Kind.SCALED_DOT_PRODUCT, Kind.LEAVE, Kind.COL2IM
)  # fmt: skip
_SLOTS: Final = ("fork2", "fork4", "fork8", "join2", "join4", "join8", "pre", "post", "compute")
_CHAIN: Final = op("chain")


@cache
def operation(slot: str, node: DerivationNode) -> Op:
    """Return the operation that stands for a terminal of a slot."""
    numbers = node.args
    match node.op, slot:
        case "identity", "compute":
            return op("skip")
        case "identity", _:
            return op("enter" if slot == "pre" else "leave")
        case "perm", _:
            return op(("enter_" if slot == "pre" else "leave_") + "".join(map(str, numbers)))
        case "im2col", _:
            kernel, stride, _padding = numbers
            return op(f"im2col{kernel}x{kernel}" + (f"_s{stride}" if stride != kernel else ""))
        case (("group" | "cat"), _):
            return op(f"{node.op}{numbers[0]}_dim{numbers[1]}")
    return op(node.op + "".join(map(str, numbers)))


@cache
def _terminal(slot: str) -> dict[Op, DerivationNode]:
    return {operation(slot, node): node for node in terminals(slot)}


def operations() -> tuple[Op, ...]:
    """Return all operations of the space, in the order of the vocabulary."""
    found = {_CHAIN, *(member for slot in _SLOTS for member in _terminal(slot))}
    return tuple(member for member in vocabulary() if member in found)


def cell_of(tree: DerivationNode) -> Cell:
    """Return the graph of a derivation that is legal."""
    drawing = _drawn(tree)
    return Cell(tuple(drawing.nodes), tuple(drawing.edges))


def _drawn(tree: DerivationNode) -> _Drawing:
    drawing = _Drawing()
    drawing.add(op("output"), drawing.module(tree, 0, False))
    return drawing


@final
@dataclass(slots=True)
class _Drawing:
    nodes: list[Op] = field(default_factory=lambda: [op("input")])
    edges: list[Edge] = field(default_factory=list)

    def add(self, member: Op, *sources: int) -> int:
        """Add a node that takes what the sources make; return its number."""
        self.edges += [Edge(source, len(self.nodes), op("link")) for source in sources]
        self.nodes.append(member)
        return len(self.nodes) - 1

    def module(self, node: DerivationNode, source: int, bracketed: bool) -> int:
        """Add a module behind a node; return its last one. bracketed: whether a sequence needs its mark."""
        slots = parts(node.op, node.args)
        if node.op == "sequential":
            source = self.add(_CHAIN, source) if bracketed else source
            middle = self.module(node.children[0], source, True)
            return self.module(node.children[1], middle, bracketed)
        if node.op == "branching":
            fork = self.add(operation(slots[0], node.children[0]), source)
            ends = [self.module(child, fork, False) for child in node.children[1:-1]]
            return self.add(operation(slots[-1], node.children[-1]), *ends)
        for slot, child in zip(slots, node.children, strict=True):
            if slot == "module":
                source = self.module(child, source, False)
            else:
                source = self.add(operation(slot, child), source)
        return source


@lru_cache(maxsize=4096)
def tree_of(cell: Cell) -> DerivationNode:
    """Return the derivation of a graph. Raises InvalidArchitecture for a graph that is of none."""
    if cell.n_inputs != 1:
        raise InvalidArchitecture(f"expected one input; the cell has {cell.n_inputs}")
    reading = _Reading(cell)
    tree = reading.slot(1, cell.n_nodes - 1, 0)
    again = _drawn(tree)  # as lists: a cell is checked when it is made, which takes as long as all else here
    if (again.nodes, again.edges) != (list(cell.nodes), list(cell.edges)):
        raise InvalidArchitecture(
            "expected the graph of a derivation; the nodes could be of one, but the edges are others"
        )
    return tree


@final
@dataclass(slots=True)
class _Reading:
    cell: Cell
    closed_at: dict[int, int] = field(default_factory=dict)
    targets: dict[int, list[int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        waiting: list[int] = []
        for number, node in enumerate(self.cell.nodes):
            if node.kind in _OPENING:
                waiting.append(number)
            elif node.kind in _CLOSING and waiting:
                self.closed_at[waiting.pop()] = number
        for edge in self.cell.edges:
            self.targets.setdefault(edge.source, []).append(edge.target)

    def slot(self, begin: int, end: int, depth: int) -> DerivationNode:
        """Read the nodes begin..end - 1 as one module: parts that follow one another, nested to the right."""
        found: list[DerivationNode] = []
        while begin < end:
            part, begin = self.part(begin, depth)
            found.append(part)
        if begin != end or not found:
            raise InvalidArchitecture(f"expected a part of a derivation to end before node {end}")
        if depth + len(found) - 1 > DEEPEST:
            raise InvalidArchitecture(
                f"node {end - 1}: {len(found)} parts follow one another, the last over {DEEPEST} modules deep"
            )
        tree = found.pop()
        while found:
            tree = DerivationNode("sequential", (), (found.pop(), tree))
        return tree

    def part(self, begin: int, depth: int) -> tuple[DerivationNode, int]:
        """Read one part that begins at a node; return it and the node behind."""
        node = self.cell.nodes[begin]
        if depth > DEEPEST or begin >= self.cell.n_nodes - 1:
            raise InvalidArchitecture(f"node {begin}: a part is missing, or lies over {DEEPEST} modules deep")
        if node == _CHAIN:
            first, middle = self.part(begin + 1, depth + 1)
            second, behind = self.part(middle, depth + 1)
            return DerivationNode("sequential", (), (first, second)), behind
        if node in _terminal("compute"):
            return DerivationNode("computation", (), (_terminal("compute")[node],)), begin + 1
        close = self.closed_at.get(begin)
        if node.kind not in _OPENING or close is None:
            raise InvalidArchitecture(f"node {begin}: {node.name} begins no part, or one that has no end")
        if node.kind in _FORKS:
            return self._branching(begin, close, depth), close + 1
        inner = self.slot(begin + 1, close, depth + 1)
        ends = self._known("pre", begin), self._known("post", close)
        return DerivationNode("routing", (), (ends[0], inner, ends[1])), close + 1

    def _branching(self, begin: int, close: int, depth: int) -> DerivationNode:
        factor = self.cell.nodes[begin].branches
        fork, join = self._known(f"fork{factor}", begin), self._known(f"join{factor}", close)
        starts = [*sorted(target for target in self.targets.get(begin, []) if target < close), close]
        if starts[0] != begin + 1 or len(starts) != (3 if factor == 2 else 2):
            raise InvalidArchitecture(f"node {begin}: {self.cell.nodes[begin].name} leads to {starts[:-1]}")
        inner = [self.slot(first, last, depth + 1) for first, last in pairwise(starts)]
        return DerivationNode("branching", (factor,), (fork, *inner, join))

    def _known(self, slot: str, number: int) -> DerivationNode:
        node = self.cell.nodes[number]
        found = _terminal(slot).get(node)
        if found is None:
            raise InvalidArchitecture(f"node {number}: {node.name} cannot be a {slot}")
        return found
