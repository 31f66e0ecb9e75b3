"""Graph features: counts, path lengths and degrees over every subset of the op set."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import comb
from typing import Literal

import numpy as np

from archenc.encoders.base import Encoder, Population, check_choice
from archenc.encoders.frame import frame_of
from archenc.encoders.letters import Letters, pruned, spell
from archenc.encoders.subset_statistics import (
    degrees,
    max_path_counts,
    membership,
    min_path_lengths,
    op_counts,
    subsets,
)
from archenc.errors import InvalidArgument

_MOST_SUBSETS = 1 << 16


class GraphFeatures(Encoder):
    """Neural graph features in the manner of GRAF (Kadlecova et al., ICML 2024).

    For every non-empty subset of the ops of each cell:

    * `count`: ops of the subset (published: of single ops only);
    * `min_path`: edges on the shortest walk from the input to the output whose every op is in the subset;
      `unreachable_`, the number of node slots and so longer than any walk, where there is none;
    * `max_on_path`: most ops of the subset on one walk from the input to the output, 0 without a walk;
    * `input_out`, `output_in`: degrees of the input and the output, counting edges of the subset;
    * `inner_in_mean`, `inner_in_max`, `inner_out_mean`, `inner_out_max`: degrees of the hidden nodes
      (published: `mean_in`, `mean_out` over all nodes).

    Where ops sit on nodes, an edge counts in the out-degree of its tail by the op of its head, and in the
    in-degree of its head by the op of its tail. With several inputs, paths and out-degrees come once each.

    none: "pruned" takes `none` as no edge and looks at the live part of the cell alone; "removed" keeps what
    leads nowhere; "op" takes `none` as an op like the others, as published.
    max_subset: largest subset, all by default: NAS-Bench-301 has 127 and 3,048 features of its two cells,
    1,512 of subsets of at most three. published: the 191 features (with none="op") of NAS-Bench-201, except
    that `max_on_path` is the maximum itself, where the published code follows one path that trades members
    of the subset against others. ops: order of the ops, by default the space's own. slots: nodes of
    the largest cell, by default of the largest of the space, or that `fit` sees if the space is not
    registered. Raises InvalidArgument.
    """

    def __init__(
        self,
        max_subset: int | None = None,
        none: Literal["pruned", "removed", "op"] = "pruned",
        published: bool = False,
        ops: Sequence[str] | None = None,
        slots: int | None = None,
    ) -> None:
        self.max_subset = max_subset
        self.none = none
        self.published = published
        self.ops = ops
        self.slots = slots

    @property
    def injective(self) -> bool:
        """False: the features are a summary."""
        return False

    @property
    def iso_invariant(self) -> bool:
        """True unless `none` is an op: a walk through a `none` edge depends on the numbering."""
        return "none" not in self.ops_

    def _learn(self, X: Population) -> None:
        check_choice("none", self.none, ("pruned", "removed", "op"))
        frame = frame_of(X, self.ops, self.slots)
        dropped = ("none",) if self.none != "op" and "none" in frame.ops else ()
        self.frame_, self.dropped_ = frame, dropped
        self.ops_ = tuple(name for name in frame.ops if name not in dropped)
        if self.max_subset is not None and not 1 <= self.max_subset <= len(self.ops_):
            raise InvalidArgument(
                f"max_subset={self.max_subset!r}: expected 1 to {len(self.ops_)}, the number of ops"
            )
        largest = len(self.ops_) if self.max_subset is None else self.max_subset
        if (count := sum(comb(len(self.ops_), size) for size in range(1, largest + 1))) > _MOST_SUBSETS:
            raise InvalidArgument(
                f"max_subset={self.max_subset!r}: {len(self.ops_)} ops have {count:,} such subsets; legal: a "
                f"size with at most {_MOST_SUBSETS:,} of them, such as 1"
            )
        self.subsets_ = subsets(len(self.ops_), self.max_subset)
        self.unreachable_ = frame.slots

    def _encode(self, X: Population) -> np.ndarray:
        cells = spell(self.frame_.batch(X), self.ops_, dropped=self.dropped_)
        if self.none == "pruned":
            cells = pruned(cells)
        code = np.concatenate([block for _, block in self._blocks(cells)], axis=1, dtype=np.float32)
        return code.reshape(len(code) // self.frame_.n_cells, -1)

    def _blocks(self, cells: Letters) -> Iterator[tuple[str, np.ndarray]]:
        """Yield every feature by name, one column a subset."""
        member = membership(len(self.ops_), self.subsets_)
        single = membership(len(self.ops_), subsets(len(self.ops_), 1))
        yield "count", op_counts(cells, single if self.published else member)
        inputs = range(self.frame_.n_inputs)
        mark = [self.frame_.input_prefix(source) for source in inputs]
        for source in inputs:
            yield f"{mark[source]}min_path", min_path_lengths(cells, member, source, self.unreachable_)
        for source in inputs:
            yield f"{mark[source]}max_on_path", max_path_counts(cells, member, source)
        into, out = degrees(cells, member)
        for source in inputs:
            yield f"{mark[source] or 'input_'}out", out[source]
        yield "output_in", into[-1]
        if self.published:
            nodes = np.maximum(cells.real.sum(axis=1), 1)[:, None]
            yield "mean_in", into.sum(axis=0) / nodes
            yield "mean_out", out.sum(axis=0) / nodes
            return
        inner = slice(self.frame_.n_inputs, -1)
        hidden = np.maximum(cells.real[:, inner].sum(axis=1), 1)[:, None]  # blank slots have no edge
        for name, degree in (("inner_in", into[inner]), ("inner_out", out[inner])):
            yield f"{name}_mean", degree.sum(axis=0) / hidden
            yield f"{name}_max", degree.max(axis=0, initial=0)

    def _feature_names(self) -> list[str]:
        blank = Letters.blank(self.frame_.slots, self.frame_.n_inputs, len(self.ops_))
        labels = ["+".join(self.ops_[letter] for letter in chosen) for chosen in self.subsets_]
        columns = [
            f"{name}[{label}]"
            for name, block in self._blocks(blank)
            for label in (labels if block.shape[1] == len(labels) else self.ops_)
        ]
        cells = [self.frame_.cell_prefix(cell) for cell in range(self.frame_.n_cells)]
        return [prefix + column for prefix in cells for column in columns]
