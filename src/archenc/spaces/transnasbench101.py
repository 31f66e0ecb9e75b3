"""TransNAS-Bench-101, micro: four nodes, six edges, four operations, 4,096 cells (Duan et al., CVPR 2021)."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import ClassVar, final

from archenc.graph import Architecture, Op, op
from archenc.spaces import tnb101_spelling as spelling
from archenc.spaces.four_nodes import EDGES, FourNodeSpace

OPS = tuple(op(name) for name in spelling.OP_NAMES)


@final
@dataclass(frozen=True)
class TransNasBench101(FourNodeSpace):
    """The cell-level search space of TransNAS-Bench-101, trained on seven tasks.

    Codes are those of `FourNodeSpace`; here they are also NASLib's six numbers and the digits of the native
    string. The order of `enumerate` is that of counting, the last edge fastest: the order of the published
    file is not known without the file.
    """

    name: ClassVar[str] = "transnasbench101"
    aliases: ClassVar[tuple[str, ...]] = ("tnb101",)
    ops: ClassVar[tuple[Op, ...]] = OPS
    node_ops: ClassVar[tuple[Op, ...]] = tuple(
        op(name) for name in ("output", "input", "none", "skip", "conv1x1", "conv3x3")
    )
    styles: ClassVar[tuple[str, ...]] = spelling.STYLES
    size: ClassVar[int | None] = len(OPS) ** len(EDGES)

    def parse(self, native: object) -> Architecture:
        """Read any public spelling of a cell.

        native: the benchmark's string `64-41414-1_02_333`, NASLib's six numbers (tuple, list, array or text),
        six operation names in string order (list or comma-separated text), or an architecture of this space.
        Raises InvalidArchitecture, which shows the legal forms.
        """
        return self.from_code(
            self.code(native) if isinstance(native, Architecture) else spelling.read(native)
        )

    def format(self, arch: Architecture, style: str = "native") -> str:
        """Write an architecture in the "native" (`64-41414-1_02_333`), "naslib" or "ops" spelling.

        `parse` reads each of them back. Raises InvalidArgument for another style.
        """
        return spelling.write(self.code(arch), style)

    def all_codes(self) -> list[tuple[int, ...]]:
        """Return every code in counting order."""
        return list(itertools.product(range(len(OPS)), repeat=len(EDGES)))


SPACE = TransNasBench101()
