"""NAS-Bench-301: the DARTS space, two cells of four steps (Zela et al., ICLR 2022; Liu et al., ICLR 2019)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations
from typing import ClassVar, final

import numpy as np
from jaxtyping import Int, Int8, Int64

from archenc.errors import InvalidArchitecture, InvalidArgument
from archenc.graph import Architecture, Cell, Edge, GraphBatch, Op, op, vocabulary
from archenc.spaces import darts_spelling as spelling
from archenc.spaces.arguments import an_architecture, sample_size
from archenc.spaces.darts_spelling import Code
from archenc.spaces.native import plain, shown
from archenc.typing import Seed, as_generator

NAME = "nasbench301"
OPS = tuple(op(name) for name in spelling.OP_NAMES)
SOURCES = tuple(tuple(combinations(range(step + 2), 2)) for step in range(spelling.STEPS))
"""The pairs of sources that each step may choose: 1, 3, 6 and 10."""
CELLS = 180 * len(OPS) ** spelling.SLOTS
"""Number of cells: 1,037,664,180."""

_NODES = (op("input"), op("input"), op("sum"), op("sum"), op("sum"), op("sum"), op("output"))
_LINKS = tuple(Edge(node, 6, op("link")) for node in range(2, 6))
_TARGETS = tuple(2 + slot // 2 for slot in range(spelling.SLOTS))
_RADIX = tuple(base for choices in SOURCES for base in (len(choices), len(OPS), len(OPS)))


@final
@dataclass(frozen=True)
class NasBench301:
    """The DARTS space as NAS-Bench-301 has it: a normal and a reduction cell, no `none`.

    A cell has two inputs (the cells before it), four steps and an output, the concatenation of the steps.
    Each step adds two operations, on two different sources. A *code* is (normal, reduction), each eight pairs
    (source, position in `ops`), two a step, the lower source first.
    """

    name: ClassVar[str] = NAME
    aliases: ClassVar[tuple[str, ...]] = ("nb301", "darts")
    ops: ClassVar[tuple[Op, ...]] = OPS
    node_ops: ClassVar[tuple[Op, ...]] = (op("input"), *OPS, op("output"))
    styles: ClassVar[tuple[str, ...]] = spelling.STYLES
    size: ClassVar[int | None] = CELLS**2
    max_nodes: ClassVar[int] = len(_NODES)

    def parse(self, native: object) -> Architecture:
        """Read any public spelling of an architecture.

        native: two cells of eight pairs (source, operation number), as tuples, lists or their text; a DARTS
        genotype (the named tuple, a dictionary, or the text `Genotype(normal=[('sep_conv_3x3', 0), ...`);
        NAS-Bench-301's configuration dictionary or its JSON; or an architecture of this space. Texts are
        read, never evaluated. Raises InvalidArchitecture, which shows the legal forms.
        """
        if isinstance(native, Architecture):
            return _from_code(self.code(native))
        return _from_code(spelling.read(native))

    def format(self, arch: Architecture, style: str = "native") -> str:
        """Write an architecture as "native" (nested tuples), "naslib_lists", "genotype" or "config" (JSON).

        `parse` reads each of them back. The two pairs of a step come in the order of their sources.
        Raises InvalidArgument for another style.
        """
        return spelling.write(self.code(arch), style)

    def key(self, arch: Architecture) -> str:
        """Return the native spelling."""
        return self.format(arch)

    def code(self, arch: Architecture) -> Code:
        """Return the code of an architecture; the inverse of `from_code`.

        Raises InvalidArchitecture for an architecture of another space.
        """
        arch = an_architecture(arch, NAME)
        if arch.space != NAME or len(arch.cells) != 2 or arch.attributes:
            raise InvalidArchitecture(
                f"expected an architecture of {NAME!r}, a normal and a reduction cell without attributes; "
                f"got one of {arch.space!r} with {len(arch.cells)} cells and the attributes {arch.attributes}"
            )
        normal, reduction = (_pairs(cell) for cell in arch.cells)
        return normal, reduction

    def from_code(self, code: Code) -> Architecture:
        """Return the architecture of a code, which must be in order; `parse` reads one that may not be.

        Raises InvalidArchitecture.
        """
        read = spelling.read(code)
        if _tuples(code) != read:
            raise InvalidArchitecture(
                f"code {shown(code)}: expected two cells of eight pairs (source, position in ops), two a "
                "step, the lower source first; parse reads them in any order"
            )
        return _from_code(read)

    def codes(self, X: Sequence[Architecture] | GraphBatch) -> Int8[np.ndarray, "n 2 8 2"]:
        """Return the codes of a population: [architecture, cell, slot, (source, position in ops)].

        Raises InvalidArgument for a batch of another space or view, InvalidArchitecture for a foreign cell.
        """
        if not isinstance(X, GraphBatch):
            return np.array([self.code(arch) for arch in X], dtype=np.int8).reshape(-1, 2, 8, 2)
        if X.space != NAME or X.view != "native":
            raise InvalidArgument(f"codes need a native batch of {NAME!r}, got {X.view!r} of {X.space!r}")
        return _codes_of_batch(X)

    def from_codes(self, codes: Int[np.ndarray, "n 2 8 2"]) -> list[Architecture]:
        """Return the architectures of n codes, in any order of pairs. Raises InvalidArchitecture."""
        return [_from_code(spelling.read(code)) for code in codes.tolist()]

    def numbers(self, X: Sequence[Architecture] | GraphBatch) -> Int64[np.ndarray, "n 2"]:
        """Return the number of each cell, 0..1,037,664,179, in the order of `enumerate`."""
        codes = self.codes(X).astype(np.int64)
        digits = np.empty((len(codes), 2, len(_RADIX)), dtype=np.int64)
        first, second = codes[:, :, ::2, 0], codes[:, :, 1::2, 0]
        digits[:, :, ::3] = _choice()[np.arange(spelling.STEPS), first, second]
        digits[:, :, 1::3], digits[:, :, 2::3] = codes[:, :, ::2, 1], codes[:, :, 1::2, 1]
        number = np.zeros((len(codes), 2), dtype=np.int64)
        for place, base in enumerate(_RADIX):
            number = number * base + digits[:, :, place]
        return number

    def from_numbers(self, numbers: Int[np.ndarray, "n 2"]) -> list[Architecture]:
        """Return the architectures of n pairs of cell numbers; the inverse of `numbers`.

        Raises InvalidArchitecture for a number out of range.
        """
        wrong = np.argwhere((numbers < 0) | (numbers >= CELLS))
        if len(wrong):
            row, cell = wrong[0].tolist()
            raise InvalidArchitecture(
                f"numbers[{row}, {cell}] is {numbers[row, cell]}; legal: 0..{CELLS - 1:,}"
            )
        return [Architecture(NAME, (_numbered(i), _numbered(j))) for i, j in numbers.tolist()]

    def enumerate(self) -> Iterator[Architecture]:
        """Yield all 1.08e18 architectures one by one, the reduction cell changing fastest."""
        for normal in range(CELLS):
            first = _numbered(normal)
            for reduction in range(CELLS):
                yield Architecture(NAME, (first, _numbered(reduction)))

    def sample(self, n: int, rng: Seed, replace: bool = False) -> list[Architecture]:
        """Draw n architectures, uniformly over the space, by default all different.

        Raises InvalidArgument unless n is an integer within 0..10^9.
        """
        generator = as_generator(rng)
        n = sample_size(n, CELLS**2, "the number of architectures", replace=replace)
        drawn = generator.integers(CELLS, size=(n, 2))
        if not replace:
            seen: dict[tuple[int, int], None] = dict.fromkeys(map(tuple, drawn.tolist()))
            while len(seen) < n:
                seen.setdefault(tuple(generator.integers(CELLS, size=2).tolist()))
            drawn = np.array(list(seen), dtype=np.int64).reshape(-1, 2)
        return self.from_numbers(drawn)

    def neighbours(self, arch: Architecture) -> Iterator[Architecture]:
        """Yield the 120 architectures one change away, cell by cell and slot by slot.

        A change gives one slot another operation (96), or another source that its step does not use (24).
        """
        code = self.code(arch)
        for place, cell in enumerate(code):
            for slot, pair in enumerate(cell):
                for changed in _changes(pair, cell[slot ^ 1][0], slot // 2):
                    pairs = [*cell]
                    pairs[slot] = changed
                    step = slice(slot & ~1, (slot & ~1) + 2)
                    pairs[step] = sorted(pairs[step])
                    cells = [_cell(tuple(pairs)), arch.cells[1 - place]]
                    yield Architecture(NAME, tuple(cells if place == 0 else cells[::-1]))


SPACE = NasBench301()


def _from_code(code: Code) -> Architecture:
    return Architecture(NAME, (_cell(code[0]), _cell(code[1])))


def _tuples(code: object) -> object:
    code = plain(code)
    return tuple([_tuples(item) for item in code]) if isinstance(code, (tuple, list)) else code


def _changes(pair: tuple[int, int], taken: int, step: int) -> Iterator[tuple[int, int]]:
    source, member = pair
    yield from ((source, other) for other in range(len(OPS)) if other != member)
    yield from ((other, member) for other in range(step + 2) if other not in (source, taken))


def _cell(pairs: Sequence[tuple[int, int]]) -> Cell:
    edges = _edges()
    chosen = tuple([edges[target][pair] for target, pair in zip(_TARGETS, pairs, strict=True)])
    return Cell(_NODES, chosen + _LINKS)


def _pairs(cell: Cell) -> tuple[tuple[int, int], ...]:
    position = _position()
    edges = cell.edges[: spelling.SLOTS]
    targets = tuple([edge.target for edge in edges])
    if cell.nodes != _NODES or targets != _TARGETS or cell.edges[spelling.SLOTS :] != _LINKS:
        raise InvalidArchitecture(
            f"no cell of {NAME}: expected two inputs, four sums with two edges each, an output linked from "
            f"all sums; got the nodes {', '.join(m.name for m in cell.nodes)} and {len(cell.edges)} edges"
        )
    try:
        return tuple([(edge.source, position[edge.op.name]) for edge in edges])
    except KeyError as error:
        raise InvalidArchitecture(
            f"operation {error.args[0]!r} is not in {NAME}; legal: {', '.join(spelling.OP_NAMES)}"
        ) from error


def _numbered(number: int) -> Cell:
    digits: list[int] = []
    for base in reversed(_RADIX):
        number, digit = divmod(number, base)
        digits.append(digit)
    pairs: list[tuple[int, int]] = []
    for step, choices in enumerate(SOURCES):
        choice, one, other = digits[-1 - 3 * step], digits[-2 - 3 * step], digits[-3 - 3 * step]
        pairs += zip(choices[choice], (one, other), strict=True)
    return _cell(pairs)


def _codes_of_batch(batch: GraphBatch) -> Int8[np.ndarray, "n 2 8 2"]:
    """Read the codes off the dense arrays; what they say must be all that there is."""
    n, width = len(batch), len(_NODES)
    fits = batch.ops.shape == (n, 2, width)
    wrong = np.full(n, not fits)
    codes = np.empty((n, 2, spelling.SLOTS, 2), dtype=np.int8)
    if fits:
        arriving = _position_of_index()[batch.edge_ops[..., 2:6].swapaxes(2, 3)]  # ... step, source
        sources = np.argsort(arriving < 0, axis=3, kind="stable")[..., :2]
        codes[..., 0] = sources.reshape(codes.shape[:3])
        codes[..., 1] = np.take_along_axis(arriving, sources, axis=3).reshape(codes.shape[:3])
        edge_ops = np.full_like(batch.edge_ops, -1)
        edge_ops[..., 2:6, 6] = op("link").index
        row, cell = np.ogrid[:n, :2]
        for slot, target in enumerate(_TARGETS):
            members = np.array([member.index for member in OPS])[codes[:, :, slot, 1]]
            edge_ops[row, cell, codes[:, :, slot, 0], target] = members
        nodes = np.array([node.index for node in _NODES])
        wrong = (batch.edge_ops != edge_ops).any(axis=(1, 2, 3)) | (batch.ops != nodes).any(axis=(1, 2))
    if wrong.any():
        raise InvalidArchitecture(
            f"row {int(wrong.argmax())} of the batch is no architecture of {NAME}: two cells of two inputs, "
            f"four sums with two edges each, an output linked from all sums; {', '.join(spelling.OP_NAMES)}"
        )
    return codes


@cache
def _edges() -> dict[int, dict[tuple[int, int], Edge]]:
    return {
        target: {(source, k): Edge(source, target, m) for source in range(target) for k, m in enumerate(OPS)}
        for target in range(2, 6)
    }


@cache
def _position() -> dict[str, int]:
    return {member.name: position for position, member in enumerate(OPS)}


@cache
def _position_of_index() -> Int8[np.ndarray, " k"]:
    positions = np.full(len(vocabulary()) + 1, -1, dtype=np.int8)
    positions[[member.index for member in OPS]] = np.arange(len(OPS))
    return positions


@cache
def _choice() -> Int64[np.ndarray, "4 5 5"]:
    """Return the number of a pair of sources among those of its step."""
    table = np.zeros((4, 5, 5), dtype=np.int64)
    for step, choices in enumerate(SOURCES):
        for number, (first, second) in enumerate(choices):
            table[step, first, second] = number
    return table
