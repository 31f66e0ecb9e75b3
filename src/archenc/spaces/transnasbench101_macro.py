"""TransNAS-Bench-101, macro: 3,256 chains of residual modules (Duan et al., CVPR 2021).

The benchmark's own documentation and code give the spelling, the four kinds of module and the number of
networks; the limits (4 to 6 modules, 1 to 4 halvings, 1 to 3 doublings) are those that NASLib draws within.
The two agree: exactly 3,256 chains keep the limits, 210 of four modules, 750 of five, 2,296 of six.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import ClassVar, final

from archenc.errors import InvalidArchitecture
from archenc.graph import Architecture, Cell, Edge, Op, op
from archenc.spaces import tnb101_macro_spelling as spelling
from archenc.spaces.arguments import an_architecture, sample_size
from archenc.typing import Seed, as_generator

NAME = "transnasbench101_macro"
OPS = tuple(
    op(name)
    for name in ("residual3x3", "residual3x3_double", "residual3x3_halve", "residual3x3_double_halve")
)
"""What a module does, in the order of its code 1, 2, 3, 4."""

_IN, _OUT, _LINK = op("input"), op("output"), op("link")


@final
@dataclass(frozen=True)
class TransNasBench101Macro:
    """The macro-level search space of TransNAS-Bench-101: how deep, where to widen, where to halve.

    A network is one cell, a chain: input, one node a module, output. Its *modules* are 4 to 6 codes 1..4. The
    order of `enumerate` is by depth, then by counting, the last module fastest; that of the published file is
    another one and not known without the file.
    """

    name: ClassVar[str] = NAME
    aliases: ClassVar[tuple[str, ...]] = ("tnb101_macro",)
    ops: ClassVar[tuple[Op, ...]] = OPS
    node_ops: ClassVar[tuple[Op, ...]] = (_OUT, _IN, *OPS)
    styles: ClassVar[tuple[str, ...]] = spelling.STYLES
    size: ClassVar[int | None] = 3256
    max_nodes: ClassVar[int] = max(spelling.LENGTHS) + 2

    def parse(self, native: object) -> Architecture:
        """Read any public spelling of a network.

        native: the benchmark's string `64-1234-basic`, NASLib's numbers (tuple, list, array or text; filled
        up with zeros or not), or an architecture of this space. Raises InvalidArchitecture.
        """
        modules = self.modules(native) if isinstance(native, Architecture) else spelling.read(native)
        return _architecture(modules)

    def format(self, arch: Architecture, style: str = "native") -> str:
        """Write an architecture in the "native" (`64-1234-basic`) or the "naslib" spelling.

        `parse` reads both back. Raises InvalidArgument for another style.
        """
        return spelling.write(self.modules(arch), style)

    def key(self, arch: Architecture) -> str:
        """Return the native spelling: no two networks are the same."""
        return self.format(arch)

    def modules(self, arch: Architecture) -> tuple[int, ...]:
        """Return the codes 1..4 of the 4 to 6 modules, from the input on; the inverse of `from_modules`.

        Raises InvalidArchitecture for an architecture of another space.
        """
        arch = an_architecture(arch, NAME)
        if arch.space != NAME or len(arch.cells) != 1 or arch.attributes:
            raise InvalidArchitecture(
                f"expected an architecture of {NAME!r}: one cell, no attributes; got one of {arch.space!r} "
                f"with {len(arch.cells)} cells and the attributes {dict(arch.attributes)}"
            )
        cell = arch.cells[0]
        chain = tuple(Edge(node, node + 1, _LINK) for node in range(cell.n_nodes - 1))
        foreign = [node.name for node in cell.nodes[1:-1] if node not in OPS]
        if cell.edges != chain or foreign:
            raise InvalidArchitecture(
                f"expected a chain of {', '.join(member.name for member in OPS)}; got the nodes "
                f"{', '.join(node.name for node in cell.nodes)} and {len(cell.edges)} edges"
            )
        return spelling.check(tuple(OPS.index(node) + 1 for node in cell.nodes[1:-1]))

    def from_modules(self, modules: Sequence[int]) -> Architecture:
        """Return the network of 4 to 6 codes 1..4. Raises InvalidArchitecture if they break the rules."""
        return _architecture(spelling.check(modules))

    def sample(self, n: int, rng: Seed, replace: bool = False) -> list[Architecture]:
        """Draw n networks, all equally likely.

        Raises InvalidArgument if n is no integer, negative or, without replacement, above 3,256.
        """
        archs, generator = _architectures(), as_generator(rng)
        size = sample_size(n, len(archs), "the number of architectures", replace=replace)
        return [archs[i] for i in generator.choice(len(archs), size=size, replace=replace).tolist()]

    def neighbours(self, arch: Architecture) -> Iterator[Architecture]:
        """Yield the legal networks with one module changed, taken out or put in, each once."""
        old = self.modules(arch)
        changed = ((*old[:k], code, *old[k + 1 :]) for k in range(len(old)) for code in range(1, 5))
        shorter = ((*old[:k], *old[k + 1 :]) for k in range(len(old)))
        longer = ((*old[:k], code, *old[k:]) for k in range(len(old) + 1) for code in range(1, 5))
        for modules in dict.fromkeys(itertools.chain(changed, shorter, longer)):
            if modules != old and spelling.is_legal(modules):
                yield _architecture(modules)

    def enumerate(self) -> Iterator[Architecture]:
        """Yield all 3,256 networks: by depth, then by counting."""
        yield from _architectures()


SPACE = TransNasBench101Macro()


@cache
def _architecture(modules: tuple[int, ...]) -> Architecture:
    nodes = (_IN, *(OPS[module - 1] for module in modules), _OUT)
    chain = tuple(Edge(node, node + 1, _LINK) for node in range(len(nodes) - 1))
    return Architecture(NAME, (Cell(nodes, chain),))


@cache
def _architectures() -> tuple[Architecture, ...]:
    return tuple(
        _architecture(modules)
        for length in spelling.LENGTHS
        for modules in itertools.product(range(1, 5), repeat=length)
        if spelling.is_legal(modules)
    )
