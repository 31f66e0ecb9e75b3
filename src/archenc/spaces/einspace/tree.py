"""A derivation: the tree of choices by which a grammar makes a network. Plain data, no functions in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple, final

Path = tuple[int, ...]
"""The way from the root to a node: which child, and which child of that, ..."""


@final
@dataclass(frozen=True, slots=True)
class DerivationNode:
    """One choice: a module with its parts, or a terminal without any.

    op: "sequential", "branching", "routing", "computation", or the name of a terminal. args: its numbers,
    such as the branches of a fork. children: in the order of the grammar; the inner module of branching(4)
    and branching(8), which is copied with weights of its own, is there once.
    """

    op: str
    args: tuple[int, ...] = ()
    children: tuple[DerivationNode, ...] = ()

    def walk(self) -> Iterator[DerivationNode]:
        """Yield all nodes, each before its children."""
        waiting: list[DerivationNode] = [self]
        while waiting:
            node = waiting.pop()
            yield node
            waiting.extend(reversed(node.children))

    @property
    def size(self) -> int:
        """Number of nodes, terminals included."""
        return sum(1 for _ in self.walk())

    @property
    def depth(self) -> int:
        """Most modules inside one another; a module of terminals alone is at depth 0."""
        deepest, waiting = 0, [(self, 0)]
        while waiting:
            node, depth = waiting.pop()
            deepest = max(deepest, depth)
            waiting += [(child, depth + 1) for child in node.children if child.children]
        return deepest

    @property
    def convolution(self) -> tuple[int, tuple[int, ...]] | None:
        """Width, and (kernel, stride, padding), of the convolution that a route is; None for another node.

        Such a route cuts patches, sends them through a linear layer and puts the image together again.
        """
        if self.op != "routing":
            return None
        pre, inner, post = self.children
        if (pre.op, inner.op, post.op) != ("im2col", "computation", "col2im"):
            return None
        linear = inner.children[0]
        return (linear.args[0], pre.args) if linear.op == "linear" else None

    def at(self, path: Path) -> DerivationNode:
        """Return the node at the end of a path."""
        node = self
        for step in path:
            node = node.children[step]
        return node

    def with_at(self, path: Path, new: DerivationNode) -> DerivationNode:
        """Return the tree with another subtree at the end of a path."""
        nodes: list[DerivationNode] = [self]
        for step in path:
            nodes.append(nodes[-1].children[step])
        for node, step in zip(reversed(nodes[:-1]), reversed(path), strict=True):
            children = (*node.children[:step], new, *node.children[step + 1 :])
            new = DerivationNode(node.op, node.args, children)
        return new


class Place(NamedTuple):
    """A node of a tree and where it stands. slot: what the grammar may put there."""

    path: Path
    slot: str
    node: DerivationNode
