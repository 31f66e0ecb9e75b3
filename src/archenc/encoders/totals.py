"""What a network is as a whole, in numbers: sums over all its cells, parameters and FLOPs."""

from __future__ import annotations

from typing import final

import numpy as np
from jaxtyping import Float64

from archenc.encoders.base import Encoder, Population
from archenc.encoders.sizes import Sizes
from archenc.errors import require
from archenc.graph import GraphBatch, architectures
from archenc.registry import Registry


@final
class Totals(Encoder):
    """Sums over the cells of what `Sizes` adds up in each, and what the operations cost.

    Costs are parameters and FLOPs, as log10(1 + x): of all operations, then, where there are several cells,
    of those of each. They are those of the network that `archenc.networks` builds for the first task of the
    space, counted from shapes (`archenc.networks.op_costs`): no network is run or has weights, but PyTorch
    must be there. A space without networks has the sums alone. `widths_`: how many columns are of the whole,
    how many of the cells.

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
        self.widths_ = (1 + len(self.sizes_.numbers_) + 2 * self.costs_, 2 * self.cells_)

    def _encode(self, X: Population) -> np.ndarray:
        sums = self.sizes_.sums(X).sum(axis=1)
        if not self.costs_:
            return sums
        spent = _costs(X, self.sizes_.frame_.n_cells)
        cells = spent[:, : self.cells_].reshape(len(sums), -1)
        costs = np.concatenate([spent.sum(axis=1), cells], axis=1)
        return np.concatenate([sums, np.log10(1 + costs)], axis=1)

    def _feature_names(self) -> list[str]:
        names = ["count", *(f"total_{name}" for name in self.sizes_.numbers_)]
        prefixes = [""] * self.costs_ + [f"cell{cell}_" for cell in range(self.cells_)]
        return names + [f"{prefix}log_{cost}" for prefix in prefixes for cost in ("params", "flops")]


def _costs(X: Population, cells: int) -> Float64[np.ndarray, "n c 2"]:
    """Return parameters and FLOPs of the operations of each cell."""
    require("torch", "torch")
    from archenc.networks.op_costs import operation_counts

    counted = operation_counts(architectures(X) if isinstance(X, GraphBatch) else X)
    spent = np.zeros((len(counted), cells, 2))
    for row, counts in zip(spent, counted, strict=True):
        for (cell, _), (params, flops) in counts.items():
            row[cell] += params, flops
    return spent
