"""The cell spaces of NDS: DARTS, ENAS, PNAS, AmoebaNet and NASNet cells (Radosavovic et al., ICCV 2019).

The design spaces that the paper compares differ in their operations, in how many blocks a cell has, and in
whether its output concatenates all blocks or those that no other uses; networks also in width and depth.
`_fix_w_d` has one width and depth, `_lr_wd` draws the learning rate and the weight decay of the training as
well, `_in` was trained on ImageNet.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from math import log10
from typing import Final, Literal, final

import numpy as np

from archenc.errors import InvalidArchitecture
from archenc.graph import Architecture, Op, op
from archenc.spaces import nds_spelling as spelling
from archenc.spaces.arguments import MOST, an_architecture, sample_size
from archenc.spaces.genotype_cell import cell_of, loose, pairs_of
from archenc.spaces.native import shown
from archenc.spaces.nds_spelling import Code, Genotype
from archenc.typing import Seed, as_generator

_SKIP_SEP = ("skip", "sep_conv3x3", "sep_conv5x5")
OPS: Final[dict[str, tuple[str, ...]]] = {
    "amoeba": (*_SKIP_SEP, "sep_conv7x7", "avg_pool3x3", "max_pool3x3", "dil_sep_conv3x3", "conv7x1_1x7"),
    "darts": (
        "none",
        "max_pool3x3",
        "avg_pool3x3",
        "skip",
        "sep_conv3x3",
        "sep_conv5x5",
        "dil_conv3x3",
        "dil_conv5x5",
    ),
    "enas": (*_SKIP_SEP, "avg_pool3x3", "max_pool3x3"),
    "nasnet": (
        "skip",
        "conv3x1_1x3",
        "conv7x1_1x7",
        "dil_conv3x3",
        "avg_pool3x3",
        "max_pool3x3",
        "max_pool5x5",
        "max_pool7x7",
        "conv1x1",
        "conv3x3",
        "sep_conv3x3",
        "sep_conv5x5",
        "sep_conv7x7",
    ),
    "pnas": (
        "sep_conv3x3",
        "sep_conv5x5",
        "sep_conv7x7",
        "conv7x1_1x7",
        "skip",
        "avg_pool3x3",
        "max_pool3x3",
        "dil_conv3x3",
    ),
}
"""Operations of each family, in FLAN's order."""
_BLOCKS = {"darts": 4}
_ALL = ("darts", "pnas")
"""Families whose output concatenates all blocks; in the others, those that no block uses."""
WIDTHS, DEPTHS = (16, 24, 32), (4, 8, 12, 16, 20)
LR, WD = (1e-3, 1.0), (1e-5, 1e-3)
"""What `_lr_wd` draws from, evenly in the logarithm."""


@final
@dataclass(frozen=True)
class NDS:
    """A cell space of NDS: a normal and a reduction cell of blocks, a width and a depth.

    family: whose operations and cells. width and depth are attributes, and so are the initial learning rate
    "lr" and the weight decay "wd" where `trains` is set: they are no part of the network, but two records of
    one network differ by them. Cells have operations on nodes, see `genotype_cell`; `normal_concat` and
    `reduce_concat` are read as the genotype has them. `sample` draws blocks, widths and depths evenly from
    what the paper names for CIFAR-10; `parse` reads any positive width and depth.
    """

    name: str
    family: Literal["amoeba", "darts", "enas", "nasnet", "pnas"]
    widths: tuple[int, ...] = WIDTHS
    depths: tuple[int, ...] = DEPTHS
    trains: bool = False
    aliases: tuple[str, ...] = ()
    styles: tuple[str, ...] = spelling.STYLES
    size: int | None = field(default=None)

    @property
    def ops(self) -> tuple[Op, ...]:
        """The operations of a block, in FLAN's order."""
        return tuple([op(name) for name in OPS[self.family]])

    @property
    def node_ops(self) -> tuple[Op, ...]:
        """The operations of the nodes."""
        return (op("input"), *self.ops, op("output"))

    @property
    def blocks(self) -> int:
        """Blocks of a cell."""
        return _BLOCKS.get(self.family, 5)

    @property
    def max_nodes(self) -> int:
        """Nodes of a cell: two inputs, two operations a block, the output."""
        return 2 * self.blocks + 3

    def parse(self, native: object) -> Architecture:
        """Read a record of the official files or its parts, as a dictionary or its text.

        native: `{"genotype": ..., "width": ..., "depth": ...}`, in an `_lr_wd` space with "lr" and "wd"; a
        whole record with "net" and "optim"; or an architecture of this space. Raises InvalidArchitecture.
        """
        if isinstance(native, Architecture):
            return self._made(self.code(native))
        return self._made(spelling.read(native, OPS[self.family], self.blocks, trains=self.trains))

    def format(self, arch: Architecture, style: str = "native") -> str:
        """Write an architecture as "native" (JSON of genotype, width, depth, ...) or "record".

        Raises InvalidArgument for another style.
        """
        return spelling.write(self.code(arch), style, OPS[self.family], trains=self.trains)

    def key(self, arch: Architecture) -> str:
        """Return the native spelling."""
        return self.format(arch)

    def code(self, arch: Architecture) -> Code:
        """Return genotype, width, depth, lr and wd. Raises InvalidArchitecture for another space's."""
        arch = an_architecture(arch, self.name)
        attributes = dict(arch.attributes)
        names = {"width", "depth"} | ({"lr", "wd"} if self.trains else set())
        read = [pairs_of(cell, self.ops) for cell in arch.cells]
        if arch.space != self.name or len(read) != 2 or set(attributes) != names:
            raise InvalidArchitecture(
                f"expected an architecture of {self.name!r}, two cells and the attributes "
                f"{', '.join(sorted(names))}; got one of {arch.space!r}, {len(read)} cells and {attributes}"
            )
        normal, reduce = read
        if normal is None or reduce is None or {len(normal[0]), len(reduce[0])} != {2 * self.blocks}:
            raise InvalidArchitecture(
                f"no cells of {self.name}: expected {self.blocks} blocks of two operations on nodes each, "
                f"whose states are wired whole; got the nodes {shown([c.nodes for c in arch.cells])}"
            )
        genotype = Genotype(normal[0], normal[1], reduce[0], reduce[1])
        return spelling.checked(genotype, attributes, trains=self.trains)

    def sample(self, n: int, rng: Seed, replace: bool = False) -> list[Architecture]:
        """Draw n architectures, by default all different. Raises InvalidArgument unless n is in 0..10^9."""
        generator = as_generator(rng)
        n = sample_size(n, MOST + 1, "the number of architectures", replace=replace)
        found = [self._draw(generator) for _ in range(n)]
        while not replace and len(found := list(dict.fromkeys(found))) < n:
            found.append(self._draw(generator))
        return found

    def neighbours(self, arch: Architecture) -> Iterator[Architecture]:
        """Yield the architectures with another operation, source, width or depth; lr and wd stay.

        The output is wired anew by the rule of the space. Width and depth change within what `sample` draws.
        """
        code = self.code(arch)
        found: dict[Code, None] = {}
        for cell in ("normal", "reduce"):
            pairs = getattr(code.genotype, cell)
            for slot, (state, member) in enumerate(pairs):
                others = [(state, k) for k in range(len(self.ops)) if k != member]
                others += [(k, member) for k in range(slot // 2 + 2) if k != state]
                for other in others:
                    changed = (*pairs[:slot], other, *pairs[slot + 1 :])
                    wired = {cell: changed, f"{cell}_concat": self._concat(changed)}
                    found[replace(code, genotype=code.genotype._replace(**wired))] = None
        for name, choices in (("width", self.widths), ("depth", self.depths)):
            if getattr(code, name) in choices:
                for value in choices:
                    found[replace(code, **{name: value})] = None
        found.pop(code, None)
        for other in found:
            yield self._made(other)

    def enumerate(self) -> Iterator[Architecture]:
        """Yield different architectures without end: the space has no order, and learning rates no list."""
        generator, seen = np.random.default_rng(0), set()
        while True:
            arch = self._draw(generator)
            if arch not in seen:
                seen.add(arch)
                yield arch

    def _draw(self, generator: np.random.Generator) -> Architecture:
        cells = []
        for _ in range(2):
            pairs = tuple(
                (int(generator.integers(slot // 2 + 2)), int(generator.integers(len(self.ops))))
                for slot in range(2 * self.blocks)
            )
            cells += [pairs, self._concat(pairs)]
        width, depth = (int(generator.choice(choices)) for choices in (self.widths, self.depths))
        lr = wd = None
        if self.trains:
            lr, wd = (10 ** float(generator.uniform(log10(low), log10(high))) for low, high in (LR, WD))
        return self._made(Code(Genotype(*cells), width, depth, lr, wd))

    def _concat(self, pairs: tuple[tuple[int, int], ...]) -> tuple[int, ...]:
        return tuple(range(2, self.blocks + 2)) if self.family in _ALL else loose(pairs)

    def _made(self, code: Code) -> Architecture:
        genotype = code.genotype
        cells = (
            cell_of(genotype.normal, genotype.normal_concat, self.ops),
            cell_of(genotype.reduce, genotype.reduce_concat, self.ops),
        )
        return Architecture(self.name, cells, tuple(code.attributes.items()))


def _space(name: str, family: str, **options: object) -> NDS:
    return NDS(f"nds_{name}", family, **options)  # type: ignore[arg-type]


_FIXED = {"widths": (16,), "depths": (20,)}
AMOEBA, AMOEBA_IN = (_space(f"amoeba{end}", "amoeba") for end in ("", "_in"))
DARTS, DARTS_IN = (_space(f"darts{end}", "darts") for end in ("", "_in"))
DARTS_FIX_W_D = _space("darts_fix_w_d", "darts", **_FIXED)
DARTS_LR_WD, DARTS_LR_WD_IN = (_space(f"darts_lr_wd{end}", "darts", trains=True) for end in ("", "_in"))
ENAS, ENAS_IN = (_space(f"enas{end}", "enas") for end in ("", "_in"))
ENAS_FIX_W_D = _space("enas_fix_w_d", "enas", **_FIXED)
NASNET, NASNET_IN = (_space(f"nasnet{end}", "nasnet") for end in ("", "_in"))
PNAS, PNAS_IN = (_space(f"pnas{end}", "pnas") for end in ("", "_in"))
PNAS_FIX_W_D = _space("pnas_fix_w_d", "pnas", **_FIXED)
