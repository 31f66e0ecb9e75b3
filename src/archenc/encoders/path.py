"""Path encoding: which strings of ops lead from the input to the output."""

from __future__ import annotations

from collections.abc import Sequence
from math import log10
from typing import Literal, get_args

import numpy as np

from archenc.encoders.base import Encoder, Population, check_choice
from archenc.encoders.edge_codes import index_list
from archenc.encoders.frame import frame_of
from archenc.encoders.letters import SILENT, Letters, spell
from archenc.encoders.walks import n_paths, n_walks, path_ops, walks
from archenc.errors import InvalidArgument
from archenc.graph import GraphBatch

Style = Literal["onehot", "count", "categorical"]
PUBLISHED_WIDTH = 20
_MOST = 2**53
"""Strings that are numbered: modules of users' own have more than any integer of numpy holds."""

_WIDEST = 1 << 22
"""Columns of a row, 16 MB of it: the cells of NDS would have up to 600 billion."""


class Path(Encoder):
    """One column for each op string that a walk from an input to the output can spell.

    style: "onehot" says whether some walk spells the string, "count" how many do, "categorical" lists the
    present strings by number, sorted, filled with 0 on the right.
    truncate: keep the first c strings (short ones come first) of every block; None keeps all.
    none: "op" treats `none` as a letter like the others; "removed" drops every walk through it.
    published: for "categorical", number from 0 in 20 places, so that the filler is also the number of the
    first string; ours numbers from 1.
    ops: order of the ops, by default the space's own. slots: nodes of the largest cell, by default of the
    largest of the space, or that `fit` sees if the space is not registered. width: places of "categorical",
    by default as many as there can be walks (8 suffice for NAS-Bench-101).

    A space of several cells or inputs has one block of columns for each (cell, input): four of 2,801 in
    NAS-Bench-301, where each step links to the output, so that a path may end at any. The empty string has a
    column, except where every edge carries an op. Raises InvalidArgument. White et al. 2020.
    """

    def __init__(
        self,
        style: Style = "onehot",
        truncate: int | None = None,
        none: Literal["op", "removed"] = "op",
        published: bool = False,
        ops: Sequence[str] | None = None,
        slots: int | None = None,
        width: int | None = None,
    ) -> None:
        self.style = style
        self.truncate = truncate
        self.none = none
        self.published = published
        self.ops = ops
        self.slots = slots
        self.width = width

    @property
    def injective(self) -> bool:
        """True for complete cells of up to two hidden nodes with all ops on edges and every path kept.

        NAS-Bench-201: 15,625 codes. NAS-Bench-101's 423,624 cells share 170,820.
        """
        one_block = self.frame_.n_cells == self.frame_.n_inputs == 1
        kept = self.truncate is None and not self.dropped_
        return self.complete_ and one_block and self.frame_.hidden <= 2 and kept

    @property
    def iso_invariant(self) -> bool:
        """True unless `none` is a letter: a walk through a `none` edge depends on the numbering."""
        return "none" not in self.ops_

    def _learn(self, X: Population) -> None:
        check_choice("style", self.style, get_args(Style))
        check_choice("none", self.none, ("op", "removed"))
        frame = frame_of(X, self.ops, self.slots)
        self.frame_ = frame
        self.dropped_ = ("none",) if self.none == "removed" and "none" in frame.ops else ()
        self.ops_ = tuple(name for name in frame.ops if name not in self.dropped_)
        batch = frame.batch(X)
        cells = self._spell(batch)
        every_edge_speaks = frame.ops_on == "edges" and not (cells.present & (cells.edges == SILENT)).any()
        self.shortest_ = 1 if every_edge_speaks else 0
        self.longest_ = frame.hidden + self.shortest_
        every_pair = frame.hidden * (frame.hidden + 3) // 2 + 1  # of a cell with one input
        self.complete_ = bool(every_edge_speaks and (batch.adjacency.sum(axis=(2, 3)) == every_pair).all())
        possible = n_paths(len(self.ops_), self.longest_, self.shortest_)
        if possible > _MOST:
            digits = int(possible.bit_length() * log10(2))  # of einspace it is no float, nor a text for long
            raise InvalidArgument(
                f"X: cells of up to {frame.slots} nodes over {len(self.ops_)} operations have about "
                f"10^{digits} op strings, too many to number; encode them by graph_features"
            )
        if self.truncate is not None and not 1 <= self.truncate <= possible:
            raise InvalidArgument(
                f"truncate={self.truncate!r}: expected 1 to {possible}, the number of op strings; "
                f"natural cut-offs: {', '.join(map(str, self._cut_offs()))}"
            )
        self.block_ = possible if self.truncate is None else self.truncate
        blocks = frame.n_cells * frame.n_inputs
        if blocks * self.block_ > _WIDEST:
            fitting = [cut for cut in self._cut_offs() if blocks * cut <= _WIDEST]
            raise InvalidArgument(
                f"truncate={self.truncate}: {blocks} blocks of {self.block_:,} op strings are more columns "
                f"than the {_WIDEST:,} that a row may have; natural cut-offs: {', '.join(map(str, fitting))}"
            )
        most = PUBLISHED_WIDTH if self.published else min(n_walks(frame.slots, frame.n_inputs), self.block_)
        self.width_ = most if self.width is None else self.width

    def _encode(self, X: Population) -> np.ndarray:
        frame = self.frame_
        cells = self._spell(frame.batch(X))
        n, blocks = len(cells.nodes) // frame.n_cells, frame.n_cells * frame.n_inputs
        out = np.zeros((n, blocks, self.block_), dtype=np.float32)
        first = n_paths(len(self.ops_), self.shortest_ - 1)
        for source in range(frame.n_inputs):
            rows, index = walks(cells, source)
            if (index < first).any():
                raise InvalidArgument("X: a walk carries no op, though every edge did in what fit saw")
            if self.truncate is not None:
                kept = index < first + self.block_
                rows, index = rows[kept], index[kept]
            place = (rows * frame.n_inputs + source) * self.block_ + index - first
            if self.style == "count":
                np.add.at(out.reshape(-1), place, 1)
            else:
                out.reshape(-1)[place] = 1
        if self.style == "categorical":
            present = out.reshape(n * blocks, -1) > 0
            return index_list(present, self.width_, first=0 if self.published else 1).reshape(n, -1)
        return out.reshape(n, -1)

    def _spell(self, batch: GraphBatch) -> Letters:
        return spell(batch, self.ops_, dropped=self.dropped_)

    def _cut_offs(self) -> list[int]:
        lengths = range(self.shortest_, self.longest_ + 1)
        return [n_paths(len(self.ops_), longest, self.shortest_) for longest in lengths]

    def _feature_names(self) -> list[str]:
        first = n_paths(len(self.ops_), self.shortest_ - 1)
        names: list[str] = []
        for cell in range(self.frame_.n_cells):
            for source in range(self.frame_.n_inputs):
                prefix = self.frame_.cell_prefix(cell) + self.frame_.input_prefix(source)
                if self.style == "categorical":
                    names += [f"{prefix}path_{place}" for place in range(self.width_)]
                else:
                    names += [f"{prefix}path[{self._spelled(first + k)}]" for k in range(self.block_)]
        return names

    def _spelled(self, index: int) -> str:
        return ">".join(self.ops_[letter] for letter in path_ops(index, len(self.ops_)))
