"""What the spaces of four nodes and six edges share: an operation on every edge of a complete graph."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import ClassVar, Literal, NamedTuple, final

import numpy as np
from jaxtyping import Int, Int8

from archenc.errors import InvalidArchitecture, InvalidArgument
from archenc.graph import Architecture, Cell, Edge, GraphBatch, Op, class_labels, op, vocabulary
from archenc.spaces.arguments import an_architecture, sample_size
from archenc.spaces.native import integer, shown
from archenc.typing import Seed, as_generator

EDGES = ((0, 1), (0, 2), (1, 2), (0, 3), (1, 3), (2, 3))
"""Edges (source, target) by target, as the native strings list them; also the order of the codes."""

_NODES = (op("input"), op("sum"), op("sum"), op("output"))


@dataclass(frozen=True)
class FourNodeSpace(ABC):
    """Abstract: a cell of four nodes, where each node adds up what comes from all nodes before it.

    A *code* is six positions in `ops`, one an edge, in the order of the native string: edges (0,1) (0,2)
    (1,2) (0,3) (1,3) (2,3). A member says its names and operations, reads and writes its spellings, and lists
    its codes in an order of its own.
    """

    name: ClassVar[str]
    aliases: ClassVar[tuple[str, ...]]
    ops: ClassVar[tuple[Op, ...]]
    node_ops: ClassVar[tuple[Op, ...]]
    styles: ClassVar[tuple[str, ...]]
    size: ClassVar[int | None]
    max_nodes: ClassVar[int] = len(_NODES)

    @abstractmethod
    def parse(self, native: object) -> Architecture:
        """Read any public spelling, or an architecture of this space. Raises InvalidArchitecture."""

    @abstractmethod
    def format(self, arch: Architecture, style: str = "native") -> str:
        """Write one of the spellings in `styles`. Raises InvalidArgument for another."""

    @abstractmethod
    def all_codes(self) -> Sequence[tuple[int, ...]]:
        """Return every code once, in the order of `enumerate`."""

    def key(self, arch: Architecture) -> str:
        """Return the native spelling: isomorphic cells were trained and stored one by one."""
        return self.format(arch)

    def code(self, arch: Architecture) -> tuple[int, ...]:
        """Return six positions in `ops`, in string order; the inverse of `from_code`.

        Raises InvalidArchitecture for an architecture of another space.
        """
        arch = an_architecture(arch, self.name)
        shapes = [(cell.n_nodes, len(cell.edges)) for cell in arch.cells]
        if arch.space != self.name or shapes != [(len(_NODES), len(EDGES))] or arch.cells[0].n_inputs != 1:
            raise InvalidArchitecture(
                f"expected an architecture of {self.name!r}: one cell of (4 nodes, 6 edges), one input; got "
                f"one of {arch.space!r} with the cells {shapes}"
            )
        if arch.attributes:
            raise InvalidArchitecture(
                f"an architecture of {self.name!r} has no attributes, got {dict(arch.attributes)}"
            )
        try:
            return tuple(_tables(self).position[edge] for edge in arch.cells[0].edges)
        except KeyError as error:
            source, target, member = error.args[0]
            raise InvalidArchitecture(
                f"edge {source}->{target} {member.name!r} is not in {self.name}; legal: one of "
                f"{', '.join(o.name for o in self.ops)} on each of {', '.join(f'{i}->{j}' for i, j in EDGES)}"
            ) from error

    def from_code(self, code: Sequence[int]) -> Architecture:
        """Return the architecture of six positions in `ops`; equal codes give one object.

        Raises InvalidArchitecture.
        """
        try:
            given = [integer(position) for position in code]
        except TypeError:  # not even a sequence
            given = []
        positions = tuple([position for position in given if position is not None])
        if not len(given) == len(positions) == len(EDGES) or set(positions) - set(range(len(self.ops))):
            raise InvalidArchitecture(
                f"code {shown(code)}: expected six positions 0..{len(self.ops) - 1} in the operations of "
                f"{self.name}, one for each edge"
            )
        return _architecture(self, positions)

    def codes(self, X: Sequence[Architecture] | GraphBatch) -> Int8[np.ndarray, "n 6"]:
        """Return the codes of a population: positions in `ops`, one column an edge, in string order.

        Raises InvalidArgument for a batch of another space or view, InvalidArchitecture for a foreign cell.
        """
        if not isinstance(X, GraphBatch):
            return np.array([self.code(arch) for arch in X], dtype=np.int8).reshape(-1, len(EDGES))
        if X.space != self.name or X.view != "native":
            raise InvalidArgument(
                f"codes need a native batch of {self.name!r}, got {X.view!r} of {X.space!r}"
            )
        source, target = np.array(EDGES).T
        codes = _tables(self).position_of_index[X.edge_ops[:, 0, source, target]]
        foreign = np.flatnonzero((codes < 0).any(axis=1))
        if len(foreign):
            raise InvalidArchitecture(
                f"row {foreign[0]} of the batch is no cell of {self.name}: an edge is missing or foreign"
            )
        return codes

    def from_codes(self, codes: Int[np.ndarray, "n 6"]) -> list[Architecture]:
        """Return the architectures of n codes. Raises InvalidArchitecture if a position is not in `ops`."""
        wrong = np.argwhere((codes < 0) | (codes >= len(self.ops)))
        if len(wrong):
            row, column = wrong[0]
            raise InvalidArchitecture(
                f"codes[{row}, {column}] is {codes[row, column]}; legal: 0..{len(self.ops) - 1}"
            )
        archs, tables = self.architectures(), _tables(self)
        return [archs[i] for i in tables.row_of_number[codes.astype(np.int64) @ tables.powers].tolist()]

    def architectures(self) -> tuple[Architecture, ...]:
        """Return all architectures in the order of `enumerate`; built once."""
        return _tables(self).architectures

    def enumerate(self) -> Iterator[Architecture]:
        """Yield every architecture, in the order of `all_codes`."""
        yield from self.architectures()

    def sample(
        self,
        n: int,
        rng: Seed,
        by: Literal["architecture", "class"] = "architecture",
        form: str = "nats-v1",
        replace: bool = False,
    ) -> list[Architecture]:
        """Draw n architectures.

        by: uniform over architectures, or over the isomorphism classes of a canonical form (then uniform
        within the class; without replacement no class occurs twice). Raises InvalidArgument unless n is an
        integer from 0 to, without replacement, what there is to draw from.
        """
        generator = as_generator(rng)
        if by not in ("architecture", "class"):
            raise InvalidArgument(f"by={by!r}; legal: 'architecture', 'class'")
        archs = self.architectures()
        classes = _classes(self, form) if by == "class" else None
        available = len(archs) if classes is None else len(classes.sizes)
        what = "architectures" if classes is None else f"classes of {form}"
        size = sample_size(n, available, f"the number of {what}", replace=replace)
        drawn = generator.choice(available, size=size, replace=replace)
        if classes is not None:
            drawn = classes.members[classes.starts[drawn] + generator.integers(classes.sizes[drawn])]
        return [archs[i] for i in drawn.tolist()]

    def neighbours(self, arch: Architecture) -> Iterator[Architecture]:
        """Yield the architectures that differ in one operation, edge by edge in string order."""
        code = self.code(arch)
        for edge, present in enumerate(code):
            for other in range(len(self.ops)):
                if other != present:
                    yield self.from_code((*code[:edge], other, *code[edge + 1 :]))


@final
@dataclass(frozen=True)
class _Tables:
    """What is computed once a space."""

    space: FourNodeSpace

    @cached_property
    def choices(self) -> tuple[tuple[Edge, ...], ...]:
        return tuple(tuple(Edge(i, j, member) for member in self.space.ops) for i, j in EDGES)

    @cached_property
    def position(self) -> dict[Edge, int]:
        return {edge: position for choices in self.choices for position, edge in enumerate(choices)}

    @cached_property
    def position_of_index(self) -> Int8[np.ndarray, " k"]:
        """Position in `ops` of each index of the vocabulary; -1 if it has none, also for "no edge"."""
        positions = np.full(len(vocabulary()) + 1, -1, dtype=np.int8)
        positions[[member.index for member in self.space.ops]] = np.arange(len(self.space.ops))
        return positions

    @cached_property
    def powers(self) -> Int[np.ndarray, " 6"]:
        return len(self.space.ops) ** np.arange(len(EDGES))[::-1]

    @cached_property
    def row_of_number(self) -> Int[np.ndarray, " n"]:
        """Row, in the order of `enumerate`, of the code that reads as a number in base `len(ops)`."""
        numbers = np.array(self.space.all_codes()) @ self.powers
        rows = np.empty(len(numbers), dtype=np.int64)
        rows[numbers] = np.arange(len(numbers))
        return rows

    @cached_property
    def architectures(self) -> tuple[Architecture, ...]:
        return tuple(_architecture(self.space, code) for code in self.space.all_codes())


@cache
def _tables(space: FourNodeSpace) -> _Tables:
    return _Tables(space)


@cache
def _architecture(space: FourNodeSpace, code: tuple[int, ...]) -> Architecture:
    choices = _tables(space).choices
    edges = tuple(choices[edge][position] for edge, position in enumerate(code))
    return Architecture(space.name, (Cell(_NODES, edges),))


class _Classes(NamedTuple):
    """Class k holds the architectures at `members[starts[k] : starts[k] + sizes[k]]` of `enumerate`."""

    members: Int[np.ndarray, " n"]
    starts: Int[np.ndarray, " k"]
    sizes: Int[np.ndarray, " k"]


@cache
def _classes(space: FourNodeSpace, form: str) -> _Classes:
    labels = class_labels(space.architectures(), form)
    sizes = np.bincount(labels)
    return _Classes(np.argsort(labels, kind="stable"), np.cumsum(sizes) - sizes, sizes)
