"""NAS-Bench-201: four nodes, six edges, five operations, 15,625 cells (Dong & Yang, ICLR 2020)."""

from __future__ import annotations

import itertools
import random
from dataclasses import dataclass
from functools import cache
from typing import ClassVar, final

from archenc.graph import Architecture, Op, op
from archenc.spaces import nb201_spelling as spelling
from archenc.spaces.four_nodes import EDGES, FourNodeSpace

OPS = tuple(op(name) for name in spelling.OP_NAMES)


@final
@dataclass(frozen=True)
class NasBench201(FourNodeSpace):
    """The search space of NAS-Bench-201 and of the topology half of NATS-Bench.

    Codes are those of `FourNodeSpace`. The *index* is the benchmark's own number of an architecture,
    0..15,624, and the order of `enumerate`.
    """

    name: ClassVar[str] = "nasbench201"
    aliases: ClassVar[tuple[str, ...]] = ("nb201",)
    ops: ClassVar[tuple[Op, ...]] = OPS
    node_ops: ClassVar[tuple[Op, ...]] = tuple(
        op(name) for name in ("output", "input", "avg_pool3x3", "conv1x1", "conv3x3", "none", "skip")
    )
    styles: ClassVar[tuple[str, ...]] = spelling.STYLES
    size: ClassVar[int | None] = len(OPS) ** len(EDGES)

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

    def index(self, arch: Architecture) -> int:
        """Return the benchmark's index of an architecture, 0..15,624."""
        return _index_by_code()[self.code(arch)]

    def all_codes(self) -> list[tuple[int, ...]]:
        """Return every code in the order of the official index: the shuffle of its authors, seed and all."""
        return _official_codes()


SPACE = NasBench201()


@cache
def _official_codes() -> list[tuple[int, ...]]:
    codes = list(itertools.product(range(len(OPS)), repeat=len(EDGES)))
    random.Random(88).shuffle(codes)  # noqa: S311
    return codes


@cache
def _index_by_code() -> dict[tuple[int, ...], int]:
    return {code: index for index, code in enumerate(_official_codes())}
