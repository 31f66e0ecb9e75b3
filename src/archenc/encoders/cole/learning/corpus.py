"""Cells as text, without labels: what a small language model of code learns from.

Of every architecture there are several texts that say the same: the canonical one; as it is given, dead
parts included, its nodes numbered by lot; the canonical one with convolutions spelled out. Texts of
architectures that are the same network form a family.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import chain

import numpy as np
from jaxtyping import Float64, Int64
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from archenc.encoders.learned.cate.costs import Quantity, cell_costs
from archenc.errors import InvalidArgument
from archenc.graph import Architecture, as_batch, class_labels, renumbered
from archenc.graph.forms import default_form
from archenc.spaces import space
from archenc.text import texts

_RENUMBERED = 1  # of the seeds


@dataclass(frozen=True, eq=False)
class Corpus:
    """Texts, and what is known of them.

    texts: t of them, each once. family: of each text, numbered from 0 over all spaces. canonical: numbers of
    the canonical texts. cost: of each family, a column a place of a cell, standardised within its space (NaN
    where a space has fewer places). space: of each family.
    """

    texts: list[str]
    family: Int64[np.ndarray, " t"]
    canonical: Int64[np.ndarray, " m"]
    cost: Float64[np.ndarray, "f q"]
    space: Int64[np.ndarray, " f"]

    def members(self) -> list[Int64[np.ndarray, " k"]]:
        """Return the numbers of the texts of every family."""
        order = np.argsort(self.family, kind="stable")
        return np.split(order, np.flatnonzero(np.diff(self.family[order])) + 1)

    def only(self, kept: Sequence[int]) -> Corpus:
        """Return some of the texts, and the families of which a canonical text is among them."""
        left = np.zeros(len(self.texts), dtype=bool)
        left[kept] = True
        families = np.unique(self.family[self.canonical[left[self.canonical]]])
        if not len(families):
            raise InvalidArgument("every canonical text is longer than the model reads at once")
        left &= np.isin(self.family, families)
        text, family = np.cumsum(left) - 1, np.full(len(self.space), -1)
        family[families] = np.arange(len(families))
        return Corpus(
            [one for one, stays in zip(self.texts, left, strict=True) if stays],
            family[self.family[left]],
            text[self.canonical[left[self.canonical]]],
            self.cost[families],
            self.space[families],
        )


def gather_texts(spaces: Sequence[str], cells: int, seed: int, cost: Quantity = "params") -> Corpus:
    """Write the texts of spaces: of all architectures where there are at most `cells`, else of so many drawn.

    cost: "params" or "flops" of the network. Raises InvalidArgument, UnknownName.
    """
    parts = [_of_space(name, cells, seed, cost) for name in spaces]
    places = max(part.cost.shape[1] for part in parts)
    starts = np.cumsum([0] + [len(part.texts) for part in parts])
    families = np.cumsum([0] + [len(part.space) for part in parts])
    wide = [
        np.pad(part.cost, ((0, 0), (0, places - part.cost.shape[1])), constant_values=np.nan)
        for part in parts
    ]
    return Corpus(
        list(chain.from_iterable(part.texts for part in parts)),
        np.concatenate([part.family + shift for part, shift in zip(parts, families[:-1], strict=True)]),
        np.concatenate([part.canonical + shift for part, shift in zip(parts, starts[:-1], strict=True)]),
        np.concatenate(wide),
        np.concatenate([part.space + number for number, part in enumerate(parts)]),
    )


def _of_space(name: str, cells: int, seed: int, cost: Quantity) -> Corpus:
    member = space(name)
    if member.size is not None and member.size <= cells:
        archs = list(member.enumerate())
    else:
        archs = member.sample(cells, seed)
    rng = np.random.default_rng([seed, _RENUMBERED])
    other = [replace(arch, cells=tuple(renumbered(cell, rng) for cell in arch.cells)) for arch in archs]
    written = [
        texts(archs, canonical=True),
        texts(other),
        texts(archs, canonical=True, form="inline"),
    ]
    family = _families(class_labels(archs, default_form(archs[0].cells)), written[0])
    number: dict[str, int] = {}
    for text in chain.from_iterable(written):
        number.setdefault(text, len(number))
    of_text = np.empty(len(number), dtype=np.int64)
    for variant in written:
        of_text[[number[text] for text in variant]] = family
    n_families = int(family.max()) + 1
    return Corpus(
        list(number),
        of_text,
        np.unique([number[text] for text in written[0]]),
        _costs(archs, family, n_families, cost),
        np.zeros(n_families, dtype=np.int64),
    )


def _families(classes: Int64[np.ndarray, " n"], canonical: Sequence[str]) -> Int64[np.ndarray, " n"]:
    """Join architectures of one class, or of one canonical text: either says that they are one network."""
    _, text = np.unique(canonical, return_inverse=True)
    n = int(classes.max()) + 1
    links = coo_array((np.ones(len(text)), (classes, n + text)), shape=(n + len(text),) * 2)
    joined = connected_components(links, directed=False)[1][classes]
    return np.unique(joined, return_inverse=True)[1].astype(np.int64)


def _costs(
    archs: Sequence[Architecture], family: Int64[np.ndarray, " n"], n: int, cost: Quantity
) -> Float64[np.ndarray, "f q"]:
    """Return the cost of families by place: the least of their members', the others have dead parts."""
    columns = []
    for place in range(len(archs[0].cells)):
        turned = [replace(arch, cells=arch.cells[place:] + arch.cells[:place]) for arch in archs]
        least = np.full(n, np.inf)
        np.minimum.at(least, family, np.log(cell_costs(as_batch(turned), cost)))
        columns.append((least - least.mean()) / max(float(least.std()), 1e-12))
    return np.stack(columns, axis=1)
