"""What operations are in numbers, slot by slot, and the numbers that describe a network as a whole."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
from jaxtyping import Float32

from archenc.encoders.base import Encoder, Population
from archenc.encoders.frame import frame_of
from archenc.errors import InvalidArgument
from archenc.graph import GraphBatch, Op, vocabulary

_NUMBERS: Final[dict[str, Callable[[Op], float]]] = {
    "height": lambda op: op.kernel[0],
    "width": lambda op: op.kernel[1],
    "dilation": lambda op: op.dilation,
    "stride": lambda op: op.stride,
    "repeats": lambda op: op.repeats,
    "widening": lambda op: op.widening,
    "expansion": lambda op: op.expansion,
    "squeeze": lambda op: op.squeeze,
    "channels": lambda op: op.channels,
    "parametrised": lambda op: op.parametrised,
}


class Sizes(Encoder):
    """Kernel, expansion, channels, ... of every operation slot, their sums a cell, and the attributes.

    Where a space chooses widths, depths and kernels rather than a graph, its operations are points on a few
    scales, and a code of bits must learn each point by itself. Of the numbers that `Op` has, those that tell
    operations of the space apart are taken; an empty slot has zeros. `count` is the operations of a cell.
    Slots are those of the view with operations on nodes. logarithms: attributes taken as log10, where they
    are there. slots: nodes of the largest cell, as in `Adjacency`.

    Raises InvalidArgument for an architecture without an attribute that those of `fit` have, or with one that
    has no logarithm.
    """

    def __init__(self, logarithms: Sequence[str] = ("lr", "wd"), slots: int | None = None) -> None:
        self.logarithms = logarithms
        self.slots = slots

    @property
    def injective(self) -> bool:
        """False: edges are left out."""
        return False

    @property
    def iso_invariant(self) -> bool:
        """False: the columns are slots."""
        return False

    def _learn(self, X: Population) -> None:
        self.frame_ = frame_of(X, None, self.slots)
        batch = self.frame_.batch(X)
        members = [member for member in vocabulary() if member.name in self.frame_.ops]
        rows = {name: tuple(float(of(member)) for member in members) for name, of in _NUMBERS.items()}
        telling = {row: name for name, row in reversed(rows.items()) if len(set(row)) > 1}
        self.numbers_ = tuple(name for name in _NUMBERS if name in telling.values())
        self.hidden_ = batch.to_view("op_on_node").n_nodes - batch.inputs - 1
        self.attributes_ = batch.attribute_names

    def _encode(self, X: Population) -> np.ndarray:
        batch = self.frame_.batch(X)
        cells = self._cells(batch)
        return np.concatenate([cells.reshape(len(cells), -1), self._whole(batch)], axis=1)

    def sums(self, X: Population) -> Float32[np.ndarray, "n c s"]:
        """Return, for each cell, how many operations it has and the sums of their numbers."""
        return self._cells(self.frame_.batch(X))[..., -1 - len(self.numbers_) :]

    def _cells(self, batch: GraphBatch) -> Float32[np.ndarray, "n c k"]:
        """Return the numbers of the slots of each cell, then their sums."""
        nodes = batch.to_view("op_on_node")
        if nodes.n_nodes != self.hidden_ + nodes.inputs + 1:
            raise InvalidArgument(
                f"X: cells of {nodes.n_nodes - nodes.inputs - 1} operations; fit saw {self.hidden_}"
            )
        table = np.zeros((len(vocabulary()) + 1, len(self.numbers_) + 1), dtype=np.float32)
        for member in vocabulary():
            if member.name in self.frame_.ops:
                table[member.index] = [1.0, *(_NUMBERS[name](member) for name in self.numbers_)]
        values = table[nodes.ops[:, :, nodes.inputs : -1]]
        return np.concatenate([values[..., 1:].reshape(*values.shape[:2], -1), values.sum(axis=2)], axis=2)

    def _whole(self, batch: GraphBatch) -> Float32[np.ndarray, "n a"]:
        if batch.attribute_names != self.attributes_:
            expected, got = (
                ", ".join(names) or "none" for names in (self.attributes_, batch.attribute_names)
            )
            raise InvalidArgument(
                f"X: expected the attributes {expected:.200} of each architecture; got {got:.200}"
            )
        if len(lacking := np.argwhere(~np.isfinite(batch.attributes))):
            row, column = lacking[0]
            raise InvalidArgument(
                f"X: architecture {row} has no finite attribute {self.attributes_[column]!r}; "
                "encode by the graph alone, or modules of your own by module_features"
            )
        values = batch.attributes.copy()
        for column, name in enumerate(self.attributes_):
            if name in self.logarithms:
                if (values[:, column] <= 0).any():
                    raise InvalidArgument(f"X: attribute {name!r} is not positive; it has no logarithm")
                values[:, column] = np.log10(values[:, column])
        return values

    def _feature_names(self) -> list[str]:
        slots = [f"{name}_{slot}" for slot in range(self.hidden_) for name in self.numbers_]
        names = [*slots, "count", *(f"total_{name}" for name in self.numbers_)]
        cells = [self.frame_.cell_prefix(cell) for cell in range(self.frame_.n_cells)]
        return [prefix + name for prefix in cells for name in names] + list(self.attributes_)
