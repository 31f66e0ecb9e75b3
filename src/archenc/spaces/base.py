"""What every search space offers, and how one is found by name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol, runtime_checkable

from archenc.errors import InvalidArgument, shown
from archenc.graph import Architecture, Op
from archenc.registry import Registry
from archenc.typing import Seed

_REGISTRY = Registry("spaces")


@runtime_checkable
class SearchSpace(Protocol):
    """A stateless description of a set of architectures.

    name: canonical name; aliases: other names it answers to. ops: the operations a cell may choose from, in
    the space's own order. node_ops: the operations of the nodes of its `op_on_node` view, in FLAN's published
    order. styles: the spellings that `format` writes and `parse` reads back, "native" first. size: number of
    architectures, None where it is not known. max_nodes: nodes of the largest cell, inputs and output
    counted.
    """

    name: str
    aliases: tuple[str, ...]
    ops: tuple[Op, ...]
    node_ops: tuple[Op, ...]
    styles: tuple[str, ...]
    size: int | None
    max_nodes: int

    def parse(self, native: object) -> Architecture:
        """Read any public spelling. Raises InvalidArchitecture, which shows a legal form."""
        ...

    def format(self, arch: Architecture, style: str = "native") -> str:
        """Write a public spelling. Raises InvalidArgument for an unknown style."""
        ...

    def key(self, arch: Architecture) -> str:
        """Return the text by which a table finds the row of an architecture.

        The native spelling where every spelling has a row of its own, as in NAS-Bench-201; the benchmark's
        hash where isomorphic cells share one.
        """
        ...

    def sample(self, n: int, rng: Seed) -> list[Architecture]:
        """Draw n architectures."""
        ...

    def neighbours(self, arch: Architecture) -> Iterator[Architecture]:
        """Yield the architectures one change away."""
        ...

    def enumerate(self) -> Iterator[Architecture]:
        """Yield every architecture, in the order of the benchmark where it has one."""
        ...


def space(name: str) -> SearchSpace:
    """Return the search space called `name`, or of which it is an alias. Raises UnknownName."""
    return _REGISTRY.get(name)


def spaces() -> list[str]:
    """Return the canonical names of all registered spaces that architectures can be drawn from, sorted.

    A space that says `drawn = False`, such as that of users' own modules, is found by its name alone.
    """
    members = (_REGISTRY.get(name) for name in _REGISTRY.names())
    return sorted({member.name for member in members if getattr(member, "drawn", True)})


def register(member: SearchSpace) -> None:
    """Add a space of your own, under its name and aliases.

    Raises InvalidArgument, which names what it lacks of `SearchSpace`; DuplicateName.
    """
    expected = (*SearchSpace.__annotations__, *(name for name in vars(SearchSpace) if name[0] != "_"))
    if lacks := [name for name in expected if not hasattr(member, name)]:
        raise InvalidArgument(
            f"member={shown(member)}: no search space, for it lacks {', '.join(lacks)}; "
            "archenc.testing.SpaceKit says what each must do"
        )
    for name in (member.name, *member.aliases):
        _REGISTRY.add(name, member)
