"""Spaces that are lists of independent choices: every combination is an architecture."""

from __future__ import annotations

import itertools
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import prod
from typing import ClassVar

import numpy as np

from archenc.errors import InvalidArchitecture
from archenc.graph import Architecture, Cell, Edge, Op, op
from archenc.spaces.arguments import an_architecture, sample_size
from archenc.spaces.native import integer, shown
from archenc.typing import Seed, as_generator

Code = tuple[int, ...]
LISTED = 100_000
"""Size up to which a draw without repeats shuffles the numbers of all architectures."""

_IN, _OUT, _LINK = op("input"), op("output"), op("link")


@dataclass(frozen=True)
class ProductSpace(ABC):
    """Abstract: an architecture is a *code*, one digit a choice.

    `radix` says how many answers each choice has. A member reads and writes its spellings, and turns a code
    into cells and cells into a code. The order of `enumerate` is by counting, the last choice fastest.
    """

    name: ClassVar[str]
    aliases: ClassVar[tuple[str, ...]]
    ops: ClassVar[tuple[Op, ...]]
    node_ops: ClassVar[tuple[Op, ...]]
    styles: ClassVar[tuple[str, ...]]
    size: ClassVar[int | None]
    max_nodes: ClassVar[int]
    radix: ClassVar[tuple[int, ...]]

    @abstractmethod
    def _read(self, native: object) -> Code:
        """Return the code of a spelling. Raises InvalidArchitecture, which shows a legal form."""

    @abstractmethod
    def _write(self, code: Code, style: str) -> str:
        """Write a code in one of `styles`. Raises InvalidArgument for another."""

    @abstractmethod
    def _cells(self, code: Code) -> tuple[Cell, ...]:
        """Return the cells of a code."""

    def _digits(self, cells: Sequence[Cell]) -> Code | None:
        """Return the code of such cells, None where they are of no code; the result is checked.

        Here each inner node is a choice among `ops`.
        """
        nodes = [node for cell in cells for node in cell.nodes[1:-1]]
        return tuple([self.ops.index(node) for node in nodes]) if set(nodes) <= set(self.ops) else None

    def parse(self, native: object) -> Architecture:
        """Read any public spelling, or an architecture of this space. Raises InvalidArchitecture."""
        code = self.code(native) if isinstance(native, Architecture) else self._read(native)
        return Architecture(self.name, self._cells(code))

    def format(self, arch: Architecture, style: str = "native") -> str:
        """Write one of the spellings in `styles`; `parse` reads it back. Raises InvalidArgument."""
        return self._write(self.code(arch), style)

    def key(self, arch: Architecture) -> str:
        """Return the native spelling: every combination has a row of its own."""
        return self.format(arch)

    def code(self, arch: Architecture) -> Code:
        """Return the digits of an architecture; the inverse of `from_code`.

        Raises InvalidArchitecture for an architecture of another space.
        """
        arch = an_architecture(arch, self.name)
        own = arch.space == self.name and not arch.attributes
        code = self._digits(arch.cells) if own else None
        if code is None or not self._fits(code) or self._cells(code) != arch.cells:
            nodes = ", ".join(node.name for cell in arch.cells for node in cell.nodes)
            raise InvalidArchitecture(
                f"expected an architecture of {self.name!r}, without attributes; got one of {arch.space!r} "
                f"with {len(arch.cells)} cells of the nodes {shown(nodes)} and the attributes "
                f"{dict(arch.attributes)}"
            )
        return code

    def from_code(self, code: Sequence[int]) -> Architecture:
        """Return the architecture of a code. Raises InvalidArchitecture for another length or range."""
        digits = tuple([integer(digit) for digit in code])
        if not self._fits(digits):
            raise InvalidArchitecture(
                f"code {shown(code)}: expected {len(self.radix)} digits below {shown(self.radix)}"
            )
        return Architecture(self.name, self._cells(digits))  # type: ignore[arg-type]

    def sample(self, n: int, rng: Seed, replace: bool = False) -> list[Architecture]:
        """Draw n architectures, all equally likely, by default all different.

        Raises InvalidArgument unless n is an integer within what the space holds.
        """
        generator = as_generator(rng)
        n = sample_size(n, prod(self.radix), "the number of architectures", replace=replace)
        return [
            Architecture(self.name, self._cells(code))
            for code in drawn(self.radix, n, generator, replace=replace)
        ]

    def neighbours(self, arch: Architecture) -> Iterator[Architecture]:
        """Yield the architectures that answer one choice otherwise."""
        code = self.code(arch)
        for place, base in enumerate(self.radix):
            for digit in range(base):
                if digit != code[place]:
                    changed = (*code[:place], digit, *code[place + 1 :])
                    yield Architecture(self.name, self._cells(changed))

    def enumerate(self) -> Iterator[Architecture]:
        """Yield every architecture, by counting."""
        for code in itertools.product(*map(range, self.radix)):
            yield Architecture(self.name, self._cells(code))

    def spellings(self) -> list[str]:
        """Return the native spelling of every architecture, in the order of `enumerate`."""
        return [self._write(code, "native") for code in itertools.product(*map(range, self.radix))]

    def _fits(self, code: Sequence[int | None]) -> bool:
        return len(code) == len(self.radix) and all(
            digit is not None and 0 <= digit < base for digit, base in zip(code, self.radix, strict=True)
        )


def drawn(radix: Sequence[int], n: int, generator: np.random.Generator, *, replace: bool) -> list[Code]:
    """Return n uniform rows of digits, all different unless `replace`."""
    if not replace and prod(radix) <= LISTED:
        numbers = generator.choice(prod(radix), size=n, replace=False)
        return list(zip(*(place.tolist() for place in np.unravel_index(numbers, radix)), strict=True))
    rows = generator.integers(np.array(radix), size=(n, len(radix)))
    codes = [tuple(row) for row in rows.tolist()]
    if replace:
        return codes
    seen = dict.fromkeys(codes)
    while len(seen) < n:
        seen.setdefault(tuple(generator.integers(np.array(radix)).tolist()))
    return list(seen)


def chain(members: Sequence[Op]) -> Cell:
    """Return a cell that applies operations one after another."""
    links = tuple(Edge(node, node + 1, _LINK) for node in range(len(members) + 1))
    return Cell((_IN, *members, _OUT), links)
