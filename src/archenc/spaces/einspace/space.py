"""einspace: networks that a grammar derives (Ericsson et al., NeurIPS 2024)."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar, final

from archenc.errors import InvalidArchitecture, InvalidArgument, shown
from archenc.graph import Architecture, Op, op
from archenc.spaces.arguments import an_architecture, sample_size
from archenc.spaces.einspace import graphs, listing, moves
from archenc.spaces.einspace.inference import Inferred, Refused, infer
from archenc.spaces.einspace.limits import Limits, most_nodes
from archenc.spaces.einspace.reading import Written, read
from archenc.spaces.einspace.sampling import Generation, Sampler, check_generation
from archenc.spaces.einspace.shapes import Shape, input_features
from archenc.spaces.einspace.tree import DerivationNode
from archenc.spaces.einspace.variation import Mutated, crossed, mutated
from archenc.spaces.einspace.writing import long, short
from archenc.typing import Seed, as_generator

NAME = "einspace"
DEFAULT_SHAPE: Shape = (3, 32, 32)
"""The input of a derivation that is written without one."""
OPS = graphs.operations()

_ATTRIBUTES = {3: ("channels", "height", "width"), 2: ("positions", "features")}
_INPUT = re.compile(r"\s*([0-9]{1,6}(?:x[0-9]{1,6}){1,2})\s+")
_EXAMPLE = "routing[im2col(3,1,1), computation<linear(32)>, col2im]"
_FORMS = (
    f"legal: a derivation such as {_EXAMPLE!r}, behind its input if that is not 3x32x32: '1x8x8 routing...'"
)


@final
@dataclass(frozen=True)
class EinSpace:
    """Networks of any size: sequences, branchings and routes around linear layers, norms and the like.

    A network is one cell, the graph of the terminals of its derivation, and the shape of its input, an image
    (C, H, W) or a sequence (S, D), as attributes. limits: what is refused. grammar: the generation of the
    paper's code whose probabilities `sample` follows, "gen2" or "gen1".
    """

    limits: Limits = field(default_factory=Limits)
    grammar: Generation = "gen2"

    name: ClassVar[str] = NAME
    aliases: ClassVar[tuple[str, ...]] = ()
    ops: ClassVar[tuple[Op, ...]] = OPS
    node_ops: ClassVar[tuple[Op, ...]] = (op("input"), *OPS, op("output"))
    styles: ClassVar[tuple[str, ...]] = ("native", "long")
    size: ClassVar[int | None] = None

    def __post_init__(self) -> None:
        if not isinstance(self.limits, Limits):
            raise InvalidArgument(f"limits={shown(self.limits)}: expected Limits(...)")
        check_generation(self.grammar)

    @property
    def max_nodes(self) -> int:
        """Nodes of the largest graph within the limits."""
        return most_nodes(self.limits)

    def parse(self, native: object) -> Architecture:
        """Read a derivation string, short or long, or check an architecture of this space.

        Raises InvalidArchitecture, which names the character and what would be legal there.
        """
        if isinstance(native, Architecture):
            self.derivation(native)
            return native
        if not isinstance(native, str):
            raise InvalidArchitecture(f"cannot read an architecture from {type(native).__name__}; {_FORMS}")
        shape, begin = DEFAULT_SHAPE, 0
        if match := _INPUT.match(native):
            shape, begin = tuple([int(size) for size in match[1].split("x")]), match.end()
        try:
            written = read(native, self.limits.max_nodes, self.limits.max_depth, begin)
            inferred = self._inferred(written.tree, shape, written)
        except InvalidArchitecture as error:
            raise InvalidArchitecture(f"{error}; {_FORMS}") from error
        for number, (visit, stated) in enumerate(zip(inferred.visits, written.shapes, strict=True)):
            if stated not in (None, visit.result.shape):
                raise InvalidArchitecture(
                    f"derivation, character {written.positions[number]}: states the shape {stated}, but on "
                    f"an input of {shape} it is {visit.result.shape}; {_FORMS}"
                )
        return _architecture(written.tree, shape)

    def format(self, arch: Architecture, style: str = "native") -> str:
        """Write the derivation as a short string ("native"), or as a long one with every shape ("long").

        The shape of the input stands in front unless it is 3x32x32. Raises InvalidArgument for another style.
        """
        tree, shape = self.derivation(arch), self.input_shape(arch)
        if style not in self.styles:
            raise InvalidArgument(f"style={shown(style)}; legal: {', '.join(self.styles)}")
        text = short(tree) if style == "native" else long(self.infer(tree, shape))
        return text if shape == DEFAULT_SHAPE else f"{'x'.join(map(str, shape))} {text}"

    def key(self, arch: Architecture) -> str:
        """Return the SHA-256 of the native spelling, 64 hexadecimal digits."""
        return hashlib.sha256(self.format(arch).encode()).hexdigest()

    def derivation(self, arch: Architecture) -> DerivationNode:
        """Return the derivation of an architecture; the inverse of `from_derivation`.

        Raises InvalidArchitecture for an architecture of another space, or beyond the limits.
        """
        shape, tree = self.input_shape(arch), self.tree(arch)
        self._inferred(tree, shape)
        return tree

    def tree(self, arch: Architecture) -> DerivationNode:
        """Return the derivation of an architecture without asking whether it fits its own input.

        Raises InvalidArchitecture as `derivation`.
        """
        self.input_shape(arch)
        if arch.cells[0].n_nodes > self.max_nodes:
            raise InvalidArchitecture(
                f"the graph has {arch.cells[0].n_nodes} nodes; max_nodes={self.limits.max_nodes} of the "
                f"derivation allows {self.max_nodes}"
            )
        return graphs.tree_of(arch.cells[0])

    def input_shape(self, arch: Architecture) -> Shape:
        """Return the shape of the input of an architecture. Raises InvalidArchitecture as `derivation`."""
        arch = an_architecture(arch, NAME)
        given = dict(arch.attributes)
        names = next((names for names in _ATTRIBUTES.values() if set(names) == set(given)), None)
        sizes = [given[name] for name in names or ()]
        if arch.space != NAME or len(arch.cells) != 1 or names is None or not _are_sizes(sizes):
            raise InvalidArchitecture(
                f"expected an architecture of {NAME!r}: one cell, and the attributes channels, height and "
                f"width or positions and features; got one of {arch.space!r} with {len(arch.cells)} cells "
                f"and the attributes {given}"
            )
        return tuple([int(size) for size in sizes])

    def from_derivation(
        self, tree: DerivationNode, input_shape: tuple[int, ...] = DEFAULT_SHAPE
    ) -> Architecture:
        """Return the architecture of a derivation. Raises InvalidArchitecture where it does not fit."""
        shape = input_features(input_shape).shape
        self.infer(tree, shape)
        return _architecture(tree, shape)

    def infer(self, tree: DerivationNode, input_shape: tuple[int, ...] = DEFAULT_SHAPE) -> Inferred:
        """Return every shape of a derivation, and what it costs. Raises InvalidArchitecture."""
        return infer(tree, input_shape, self.limits)

    def sample(self, n: int, rng: Seed, input_shape: tuple[int, ...] = DEFAULT_SHAPE) -> list[Architecture]:
        """Draw n architectures by the probabilities of the grammar; small ones come more than once.

        Raises InvalidArgument if n is no integer within 0..10^9, or for what is no shape.
        """
        given, generator = input_features(input_shape), as_generator(rng)
        n = sample_size(n, 10**9, "the number of architectures", replace=True)
        sampler = Sampler(generator, self.limits, self.grammar)
        return [_architecture(sampler.tree(given), given.shape) for _ in range(n)]

    def mutate(self, arch: Architecture, rng: Seed, leaves_only: bool = False) -> Mutated:
        """Return a mutation of an architecture, or the architecture itself if 100 tries were in vain.

        A node of the derivation is drawn and everything below drawn anew. leaves_only: terminals only. The
        result may compute the same as before.
        """
        tree, shape = self.derivation(arch), self.input_shape(arch)
        child = mutated(tree, shape, self.limits, as_generator(rng), self.grammar, leaves_only)
        return Mutated(arch if child is None else _architecture(child, shape), child is not None)

    def crossover(self, one: Architecture, other: Architecture, rng: Seed) -> Architecture | None:
        """Return a child of two architectures of one input shape, which exchange a module.

        Neither outermost module is exchanged. None if ten tries gave nothing legal.
        Raises InvalidArgument if the inputs differ.
        """
        shape = self.input_shape(one)
        if shape != self.input_shape(other):
            raise InvalidArgument(f"other: takes {self.input_shape(other)}, but one takes {shape}")
        trees = self.derivation(one), self.derivation(other)
        child = crossed(*trees, shape, self.limits, as_generator(rng))
        return None if child is None else _architecture(child, shape)

    def neighbours(self, arch: Architecture) -> Iterator[Architecture]:
        """Yield the architectures one small change away, each once; a change can always be taken back.

        Another terminal, or an identity put beside or around a module, or taken away. Larger steps: `mutate`.
        """
        tree, shape = self.derivation(arch), self.input_shape(arch)
        for other in moves.neighbours(self.infer(tree, shape), shape, self.limits):
            yield _architecture(other, shape)

    def enumerate(self, input_shape: tuple[int, ...] = DEFAULT_SHAPE) -> Iterator[Architecture]:
        """Yield every architecture, by the number of its modules; there is no end to be waited for."""
        shape = input_features(input_shape).shape
        for tree in listing.listed(shape, self.limits):
            yield _architecture(tree, shape)

    def _inferred(self, tree: DerivationNode, shape: Shape, written: Written | None = None) -> Inferred:
        try:
            return infer(tree, shape, self.limits)
        except Refused as error:
            place = f", character {written.positions[error.number]}" if written else ""
            raise InvalidArchitecture(f"derivation{place}, on an input of {shape}: {error}") from error
        except InvalidArgument as error:
            raise InvalidArchitecture(str(error)) from error


SPACE = EinSpace()


def _architecture(tree: DerivationNode, shape: Shape) -> Architecture:
    names = _ATTRIBUTES[len(shape)]
    return Architecture(NAME, (graphs.cell_of(tree),), tuple(zip(names, shape, strict=True)))


def _are_sizes(sizes: list[float | int | str]) -> bool:
    return all(isinstance(size, int) and size >= 1 for size in sizes)
