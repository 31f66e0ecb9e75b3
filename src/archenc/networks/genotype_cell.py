"""A copy of a cell of the NASNet family: blocks of two operations on nodes, some of them concatenated."""

from __future__ import annotations

from collections.abc import Mapping
from typing import final

import torch
from jaxtyping import Float
from torch import Tensor, nn

from archenc.errors import InvalidArchitecture
from archenc.graph import Cell, Kind, Op, op
from archenc.networks.base import CellCopy
from archenc.networks.operations import FactorizedReduction, operation
from archenc.spaces.genotype_cell import pairs_of

_ENTRY = op("conv1x1")


@final
class GenotypeCell(CellCopy):
    """Bring both inputs to `channels`; every block adds up two operations; states are concatenated.

    forward: older [b, older, h, w], of twice that size if `halved_before`, and newer [b, newer, h, w] ->
    [b, width, h, w], of half that size in a reduction cell, where operations on the inputs have stride 2;
    `width` is channels times the concatenated states. which: number of the cell in its architecture. ops: of
    the space. Raises InvalidArchitecture for a cell of another kind, and for a reduction cell that
    concatenates an input, which it does not halve.
    """

    def __init__(
        self,
        cell: Cell,
        which: int,
        ops: tuple[Op, ...],
        older: int,
        newer: int,
        channels: int,
        *,
        reduction: bool,
        halved_before: bool,
        inputs_dropped: bool = False,
    ) -> None:
        super().__init__()
        read = pairs_of(cell, ops)
        if read is None:
            raise InvalidArchitecture(
                f"expected a cell of blocks of two operations on nodes; got the nodes "
                f"{', '.join(node.name for node in cell.nodes)} and {len(cell.edges)} edges"
            )
        pairs, concat = read
        self.which = which
        self._states = [state for state, _ in pairs]
        self._concat = [state for state in concat if state > 1 or not (reduction and inputs_dropped)]
        if reduction and min(self._concat, default=0) < 2:
            raise InvalidArchitecture(
                f"a reduction cell cannot concatenate an input, whose size it keeps; got the states {concat}"
            )
        self.width = channels * len(self._concat)
        self.enter_older = (
            FactorizedReduction(older, channels) if halved_before else operation(_ENTRY, older, channels)
        )
        self.enter_newer = operation(_ENTRY, newer, channels)
        self.operations = nn.ModuleList(
            _operation(ops[member], channels, 2 if reduction and state < 2 else 1) for state, member in pairs
        )

    def forward(
        self, older: Float[Tensor, "b c1 h1 w1"], newer: Float[Tensor, "b c0 h0 w0"]
    ) -> Float[Tensor, "b out rows columns"]:
        """Return the concatenation."""
        values = [self.enter_older(older), self.enter_newer(newer)]
        for slot in range(0, len(self._states), 2):
            one, other = (self.operations[k](values[self._states[k]]) for k in (slot, slot + 1))
            values.append(one + other)
        return torch.cat([values[state] for state in self._concat], dim=1)

    def operation_modules(self) -> Mapping[int, tuple[str, ...]]:
        """Return the path of each operation."""
        return {number: (f"operations.{number}",) for number in range(len(self.operations))}


def _operation(member: Op, channels: int, stride: int) -> nn.Module:
    if member.kind is Kind.NONE:
        return Zero(stride)
    if member.kind is Kind.CONV and member.repeats > 1 and not member.separable:
        return _crossed(member, channels, stride)
    return operation(member, channels, channels, stride)


def _crossed(member: Op, channels: int, stride: int) -> nn.Sequential:
    """Return ReLU, a convolution of one row, one of one column, batch norm."""
    reach = member.kernel[0]
    return nn.Sequential(
        nn.ReLU(),
        nn.Conv2d(channels, channels, (1, reach), (1, stride), (0, reach // 2), bias=False),
        nn.Conv2d(channels, channels, (reach, 1), (stride, 1), (reach // 2, 0), bias=False),
        nn.BatchNorm2d(channels),
    )


@final
class Zero(nn.Module):
    """Nothing, of the right size."""

    def __init__(self, stride: int) -> None:
        super().__init__()
        self.stride = stride

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c rows columns"]:
        """Return zeros; NaN and infinite values become zero, too."""
        return torch.zeros_like(x[:, :, :: self.stride, :: self.stride])
