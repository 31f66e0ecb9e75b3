"""A copy of a DARTS cell: two inputs, operations on edges, the concatenation of the steps as output."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, final

import torch
from jaxtyping import Float
from torch import Tensor, nn

from archenc.errors import InvalidArchitecture
from archenc.graph import Cell, Kind, op
from archenc.networks.base import CellCopy
from archenc.networks.operations import FactorizedReduction, operation

_ENTRY = op("conv1x1")


@final
class DartsCell(CellCopy):
    """Bring both inputs to `channels`; every step adds up what its edges bring; steps are concatenated.

    forward: older [b, older, h, w], of twice that size if `halved_before`, and newer [b, newer, h, w] ->
    [b, width, h, w], of half that size in a reduction cell; `width` is channels times the steps wired to the
    output. which: number of the cell in its architecture. reduction: edges from the inputs have stride 2.
    affine, pool_norm: of the operations, see `operations.operation`; the entries have affine norms always.
    Raises InvalidArchitecture for a cell of another kind.
    """

    def __init__(
        self,
        cell: Cell,
        which: int,
        older: int,
        newer: int,
        channels: int,
        *,
        reduction: bool,
        halved_before: bool,
        affine: bool,
        pool_norm: bool,
    ) -> None:
        super().__init__()
        self.which = which
        self._wiring = _wiring(cell)
        self.width = channels * len(self._wiring.concatenated)
        self.enter_older = (
            FactorizedReduction(older, channels) if halved_before else operation(_ENTRY, older, channels)
        )
        self.enter_newer = operation(_ENTRY, newer, channels)
        self.operations = nn.ModuleList(
            operation(
                edge.op,
                channels,
                channels,
                2 if reduction and edge.source < 2 else 1,
                affine=affine,
                pool_norm=pool_norm,
            )
            for edge in cell.edges
            if edge.op.kind is not Kind.LINK
        )

    def forward(
        self, older: Float[Tensor, "b c1 h1 w1"], newer: Float[Tensor, "b c0 h0 w0"]
    ) -> Float[Tensor, "b out rows columns"]:
        """Return the concatenation of the steps."""
        values = [self.enter_older(older), self.enter_newer(newer)]
        for step in self._wiring.steps:
            first, *rest = (self.operations[number](values[source]) for source, number in step)
            values.append(sum(rest, first))
        return torch.cat([values[node] for node in self._wiring.concatenated], dim=1)

    def operation_modules(self) -> Mapping[int, tuple[str, ...]]:
        """Return the path of each operation."""
        return {number: (f"operations.{number}",) for number in range(len(self.operations))}


class _Wiring(NamedTuple):
    """steps: for each step (source node, number of the operation) of its edges. concatenated: nodes."""

    steps: list[list[tuple[int, int]]]
    concatenated: list[int]


def _wiring(cell: Cell) -> _Wiring:
    if cell.n_inputs != 2:
        raise InvalidArchitecture(f"expected a DARTS cell, which has two inputs; got {cell.n_inputs}")
    last = cell.n_nodes - 1
    steps: list[list[tuple[int, int]]] = [[] for _ in range(2, last)]
    concatenated: list[int] = []
    number = 0
    for source, target, member in cell.edges:
        if (member.kind is Kind.LINK) != (target == last and source > 1):
            raise InvalidArchitecture(
                f"edge {source}->{target} carries {member.name!r}; in a DARTS cell the edges from a step to "
                "the output are links, and no others"
            )
        if target == last:
            concatenated.append(source)
        else:
            steps[target - 2].append((source, number))
            number += 1
    if not all(steps) or not concatenated:
        raise InvalidArchitecture(
            f"in a DARTS cell every step has an edge and some step is wired to the output; got "
            f"{[len(step) for step in steps]} edges a step, and the steps {concatenated} wired"
        )
    return _Wiring(steps, concatenated)
