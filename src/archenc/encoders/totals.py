"""What a network is as a whole, in numbers: sums over all its cells, and what they cost."""

from __future__ import annotations

from typing import final

import numpy as np
from jaxtyping import Float64

from archenc.encoders.base import Encoder, Population
from archenc.encoders.sizes import Sizes
from archenc.errors import require
from archenc.graph import GraphBatch, architectures
from archenc.registry import Registry

_COSTS = ("params", "flops", "activations")
"""The fields of `archenc.networks.Counts`, which needs PyTorch."""


@final
class Totals(Encoder):
    """Sums over the cells of what `Sizes` adds up in each, and what the operations cost.

    Costs are parameters, FLOPs and activations, each as log10(1 + x), then as it is, in millions, for costs
    add up: of all operations, and, where there are several cells, of the operations of each. They are those
    of the network that `archenc.networks` builds for the first task of the space, counted from shapes
    (`archenc.networks.op_costs`): no network is run or has weights, but PyTorch must be there. A space
    without networks has the sums alone. `widths_`: of the groups of columns, which are the sums and
    logarithms of the whole, its costs as they are, logarithms of the cells, costs of the cells as they are.

    Raises MissingExtra without PyTorch, and as `Sizes` does.
    """

    @property
    def injective(self) -> bool:
        """False: sums forget what they were made of."""
        return False

    @property
    def iso_invariant(self) -> bool:
        """False: which operations are alive, and so cost something, is asked of the cells as they are."""
        return False

    def _learn(self, X: Population) -> None:
        self.sizes_ = Sizes().fit(X)
        self.costs_ = self.space_ in Registry("networks").names()
        cells = self.sizes_.frame_.n_cells
        self.cells_ = cells if self.costs_ and cells > 1 else 0
        kinds = len(_COSTS) if self.costs_ else 0
        self.widths_ = (1 + len(self.sizes_.numbers_) + kinds, kinds, *[kinds * self.cells_] * 2)

    def _encode(self, X: Population) -> np.ndarray:
        sums = self.sizes_.sums(X).sum(axis=1)
        if not self.costs_:
            return sums
        each = _costs(X, self.sizes_.frame_.n_cells)
        whole, cells = each.sum(axis=1), each[:, : self.cells_].reshape(len(sums), -1)
        costs = [part for spent in (whole, cells) for part in (np.log10(1 + spent), spent / 1e6)]
        return np.concatenate([sums, *costs], axis=1)

    def _feature_names(self) -> list[str]:
        names = ["count", *(f"total_{name}" for name in self.sizes_.numbers_)]
        if not self.costs_:
            return names
        logs, plain = [f"log_{cost}" for cost in _COSTS], [f"{cost}_m" for cost in _COSTS]
        cells = [
            f"cell{cell}_{name}" for part in (logs, plain) for cell in range(self.cells_) for name in part
        ]
        return [*names, *logs, *plain, *cells]


def _costs(X: Population, cells: int) -> Float64[np.ndarray, "n c 3"]:
    """Return parameters, FLOPs and activations of the operations of each cell."""
    require("torch", "torch")
    from archenc.networks.op_costs import operation_counts

    counted = operation_counts(architectures(X) if isinstance(X, GraphBatch) else X)
    spent = np.zeros((len(counted), cells, len(_COSTS)))
    for row, counts in zip(spent, counted, strict=True):
        for (cell, _), costs in counts.items():
            row[cell] += costs
    return spent
