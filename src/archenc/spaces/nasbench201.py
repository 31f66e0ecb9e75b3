"""NAS-Bench-201: four nodes, six edges, five operations, 15,625 cells (Dong & Yang, ICLR 2020)."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import ClassVar, Literal, NamedTuple

import numpy as np
from jaxtyping import Int, Int8

from archenc.errors import InvalidArchitecture, InvalidArgument
from archenc.graph import Architecture, Cell, Edge, GraphBatch, Op, class_labels, op, vocabulary
from archenc.spaces import nb201_spelling as spelling
from archenc.typing import Seed, as_generator

NAME = "nasbench201"
EDGES = ((0, 1), (0, 2), (1, 2), (0, 3), (1, 3), (2, 3))
"""Edges (source, target) in the order of the native string, which is also the order of the codes."""
OPS = tuple(op(name) for name in spelling.OP_NAMES)
SIZE = len(OPS) ** len(EDGES)

_NODES = (op("input"), op("sum"), op("sum"), op("output"))
_CHOICES = tuple(tuple(Edge(source, target, member) for member in OPS) for source, target in EDGES)
_POWERS = len(OPS) ** np.arange(len(EDGES))[::-1]


@dataclass(frozen=True)
class NasBench201:
    """The search space of NAS-Bench-201 and of the topology half of NATS-Bench.

    A *code* is six positions in `ops`, in the order of the native string: edges (0,1) (0,2) (1,2) (0,3) (1,3)
    (2,3). The *index* is the benchmark's own number of an architecture, 0..15,624.
    """

    name: ClassVar[str] = NAME
    aliases: ClassVar[tuple[str, ...]] = ("nb201",)
    ops: ClassVar[tuple[Op, ...]] = OPS
    node_ops: ClassVar[tuple[Op, ...]] = tuple(
        op(name) for name in ("output", "input", "avg_pool3x3", "conv1x1", "conv3x3", "none", "skip")
    )
    size: ClassVar[int | None] = SIZE
    max_nodes: ClassVar[int] = len(_NODES)

    def parse(self, native: object) -> Architecture:
        """Read any public spelling of a cell.

        native: the NATS string `|conv~0|+|...`, NASLib's six numbers (tuple, list, array or text), the
        benchmark's index (int or digits), six operation names in string order (list or comma-separated text),
        or an architecture of this space. Raises InvalidArchitecture, which shows the legal forms.
        """
        if isinstance(native, Architecture):
            return self.from_code(self.code(native))
        code = spelling.read(native)
        if isinstance(code, int):
            return self.architectures()[code]
        return self.from_code(code)

    def format(self, arch: Architecture, style: str = "native") -> str:
        """Write an architecture in the "native" (NATS string), "naslib", "index" or "ops" spelling.

        `parse` reads each of them back. Raises InvalidArgument for another style.
        """
        code = self.code(arch)
        if style == "index":
            return str(_index_by_code()[code])
        return spelling.write(code, style)

    def key(self, arch: Architecture) -> str:
        """Return the native spelling: isomorphic cells were trained and stored one by one."""
        return self.format(arch)

    def index(self, arch: Architecture) -> int:
        """Return the benchmark's index of an architecture, 0..15,624."""
        return _index_by_code()[self.code(arch)]

    def code(self, arch: Architecture) -> tuple[int, ...]:
        """Return six positions in `ops`, in string order; the inverse of `from_code`.

        Raises InvalidArchitecture for an architecture of another space.
        """
        shapes = [(cell.n_nodes, len(cell.edges)) for cell in arch.cells]
        if arch.space != NAME or shapes != [(len(_NODES), len(EDGES))] or arch.cells[0].n_inputs != 1:
            raise InvalidArchitecture(
                f"expected an architecture of {NAME!r}: one cell of (4 nodes, 6 edges), one input; got "
                f"one of {arch.space!r} with the cells {shapes}"
            )
        try:
            return tuple(_position()[edge] for edge in arch.cells[0].edges)
        except KeyError as error:
            source, target, member = error.args[0]
            raise InvalidArchitecture(
                f"edge {source}->{target} {member.name!r} is not in {NAME}; legal: one of "
                f"{', '.join(spelling.OP_NAMES)} on each of {', '.join(f'{i}->{j}' for i, j in EDGES)}"
            ) from error

    def from_code(self, code: Sequence[int]) -> Architecture:
        """Return the architecture of six positions in `ops`; equal codes give one object."""
        return _architecture(tuple(code))

    def codes(self, X: Sequence[Architecture] | GraphBatch) -> Int8[np.ndarray, "n 6"]:
        """Return the codes of a population: positions in `ops`, one column an edge, in string order.

        Raises InvalidArgument for a batch of another space or view, InvalidArchitecture for a foreign cell.
        """
        if not isinstance(X, GraphBatch):
            return np.array([self.code(arch) for arch in X], dtype=np.int8).reshape(-1, len(EDGES))
        if X.space != NAME or X.view != "native":
            raise InvalidArgument(f"codes need a native batch of {NAME!r}, got {X.view!r} of {X.space!r}")
        source, target = np.array(EDGES).T
        codes = _position_of_index()[X.edge_ops[:, 0, source, target]]
        foreign = np.flatnonzero((codes < 0).any(axis=1))
        if len(foreign):
            raise InvalidArchitecture(
                f"row {foreign[0]} of the batch is no cell of {NAME}: an edge is missing or foreign"
            )
        return codes

    def from_codes(self, codes: Int[np.ndarray, "n 6"]) -> list[Architecture]:
        """Return the architectures of n codes. Raises InvalidArchitecture if a position is not in 0..4."""
        wrong = np.argwhere((codes < 0) | (codes >= len(OPS)))
        if len(wrong):
            row, column = wrong[0]
            raise InvalidArchitecture(
                f"codes[{row}, {column}] is {codes[row, column]}; legal: 0..{len(OPS) - 1}"
            )
        archs, rows = self.architectures(), _index_by_number()
        return [archs[i] for i in rows[codes.astype(np.int64) @ _POWERS].tolist()]

    def architectures(self) -> tuple[Architecture, ...]:
        """Return all 15,625 architectures in the order of the benchmark's index; built once."""
        return _architectures()

    def enumerate(self) -> Iterator[Architecture]:
        """Yield all 15,625 architectures in the order of the benchmark's index."""
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
        within the class; without replacement no class occurs twice). Raises InvalidArgument if n is negative
        or, without replacement, larger than what there is to draw from.
        """
        generator = as_generator(rng)
        if by not in ("architecture", "class"):
            raise InvalidArgument(f"by={by!r}; legal: 'architecture', 'class'")
        classes = _classes(form) if by == "class" else None
        available = SIZE if classes is None else len(classes.sizes)
        if n < 0 or (n > available and not replace):
            what = "architectures" if classes is None else f"classes of {form}"
            raise InvalidArgument(f"n={n}: expected 0..{available}, the number of {what}; or replace=True")
        drawn = generator.choice(available, size=n, replace=replace)
        if classes is not None:
            drawn = classes.members[classes.starts[drawn] + generator.integers(classes.sizes[drawn])]
        archs = self.architectures()
        return [archs[i] for i in drawn.tolist()]

    def neighbours(self, arch: Architecture) -> Iterator[Architecture]:
        """Yield the 24 architectures that differ in one operation, edge by edge in string order."""
        code = self.code(arch)
        for edge, present in enumerate(code):
            for other in range(len(OPS)):
                if other != present:
                    yield self.from_code((*code[:edge], other, *code[edge + 1 :]))


SPACE = NasBench201()


@cache
def _architecture(code: tuple[int, ...]) -> Architecture:
    edges = tuple(choices[position] for choices, position in zip(_CHOICES, code, strict=True))
    return Architecture(NAME, (Cell(_NODES, edges),))


@cache
def _position() -> dict[Edge, int]:
    return {edge: position for choices in _CHOICES for position, edge in enumerate(choices)}


@cache
def _position_of_index() -> Int8[np.ndarray, " k"]:
    """Return the position in OPS of each index of the vocabulary; -1 if it has none, also for "no edge"."""
    positions = np.full(len(vocabulary()) + 1, -1, dtype=np.int8)
    positions[[member.index for member in OPS]] = np.arange(len(OPS))
    return positions


@cache
def _official_codes() -> list[tuple[int, ...]]:
    """Return the codes in the order of the official index: the shuffle of its authors, seed and all."""
    codes = list(itertools.product(range(len(OPS)), repeat=len(EDGES)))
    random.Random(88).shuffle(codes)  # noqa: S311
    return codes


@cache
def _index_by_code() -> dict[tuple[int, ...], int]:
    return {code: index for index, code in enumerate(_official_codes())}


@cache
def _index_by_number() -> Int[np.ndarray, " n"]:
    rows = np.empty(SIZE, dtype=np.int64)
    rows[np.array(_official_codes()) @ _POWERS] = np.arange(SIZE)
    return rows


@cache
def _architectures() -> tuple[Architecture, ...]:
    return tuple(_architecture(code) for code in _official_codes())


class _Classes(NamedTuple):
    """Class k holds the architectures of index `members[starts[k] : starts[k] + sizes[k]]`."""

    members: Int[np.ndarray, " n"]
    starts: Int[np.ndarray, " k"]
    sizes: Int[np.ndarray, " k"]


@cache
def _classes(form: str) -> _Classes:
    labels = class_labels(_architectures(), form)
    sizes = np.bincount(labels)
    return _Classes(np.argsort(labels, kind="stable"), np.cumsum(sizes) - sizes, sizes)
