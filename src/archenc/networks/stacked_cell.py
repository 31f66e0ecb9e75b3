"""One copy of the cell in every network of a stack."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import cast, final

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from archenc.errors import InvalidArchitecture
from archenc.graph import Cell, Kind, Op
from archenc.networks.edge_cell import EdgeCell
from archenc.networks.stacked_layers import Conv, Norm, pool_matrix


@final
class StackedCell(nn.Module):
    """k cells with operations on edges and one width throughout: [b, k c, h, w] -> [b, k c, h, w].

    Work goes by source node: one operation for all edges, of all cells, that leave the node with it.
    Raises InvalidArchitecture for an operation that no stack knows.
    """

    def __init__(self, cells: Sequence[Cell], copies: Sequence[EdgeCell]) -> None:
        super().__init__()
        self.k, self.n_nodes = len(cells), cells[0].n_nodes
        used: dict[tuple[int, Op], list[tuple[int, int, int]]] = defaultdict(list)
        for number, cell in enumerate(cells):
            for edge in _useful(cell):
                source, target, op = cell.edges[edge]
                used[source, op].append((target, number, edge))
        groups = sorted(used.items(), key=lambda item: (item[0][0], item[0][1].name))
        self.groups = nn.ModuleList(
            _Group(op, source, sorted(places), copies) for (source, op), places in groups
        )

    def forward(self, x: Float[Tensor, "b kc h w"]) -> Float[Tensor, "b kc h w"]:
        """Return the value of every output node."""
        flat = x.view(len(x), self.k, -1)
        nodes = [flat, *(torch.zeros_like(flat) for _ in range(self.n_nodes - 1))]
        rectified: dict[int, Tensor] = {}
        for group in cast("Iterable[_Group]", self.groups):
            source = nodes[group.source]
            if group.rectifies:
                if group.source not in rectified:
                    rectified[group.source] = F.relu(source)
                source = rectified[group.source]
            y = group(source.index_select(1, group.cells), x.shape)
            # In place: a node is read only when all that adds to it is there.
            for (target, cells), part in zip(group.targets, y.split(group.sizes, dim=1), strict=True):
                nodes[target].index_add_(1, cells, part)
        return nodes[-1].view_as(x)


@final
class _Group(nn.Module):
    """One operation on edges from one node, in the cells and to the targets that have it there."""

    cells: Tensor

    def __init__(
        self, op: Op, source: int, places: Sequence[tuple[int, int, int]], copies: Sequence[EdgeCell]
    ) -> None:
        super().__init__()
        self.source, self.rectifies = source, op.kind is Kind.CONV
        self.register_buffer("cells", torch.tensor([number for _, number, _ in places]))
        counts = Counter(target for target, _, _ in places)
        self.sizes = list(counts.values())
        self.targets = list(zip(counts, self.cells.split(self.sizes), strict=True))
        self.conv = self.norm = None
        self.pools = op.kind is Kind.AVG_POOL
        if op.kind is Kind.CONV and not op.separable and op.repeats == 1:
            modules = [copies[number].get_submodule(f"operations.{edge}") for _, number, edge in places]
            self.conv = Conv([module[1] for module in modules])  # pyright: ignore
            self.norm = Norm([module[2] for module in modules])  # pyright: ignore
        elif op.kind is not Kind.IDENTITY and not (self.pools and op.kernel == (3, 3)):
            raise InvalidArchitecture(f"op={op!r}: networks with it are trained one by one")
        self._matrix: Tensor | None = None

    def forward(self, x: Float[Tensor, "b m chw"], shape: torch.Size) -> Float[Tensor, "b m chw"]:
        """Apply the operation to the values of m cells; shape: [b, k c, h, w] of all."""
        batch, many, _ = x.shape
        height, width = shape[2:]
        if self.conv is not None and self.norm is not None:
            return self.norm(self.conv(x.view(batch, -1, height, width))).view(batch, many, -1)
        if not self.pools:
            return x
        if self._matrix is None or len(self._matrix) != height * width:
            self._matrix = pool_matrix(height, width, x)
        return (x.view(-1, height * width) @ self._matrix).view(batch, many, -1)


def _useful(cell: Cell) -> list[int]:
    """Return the numbers of the edges that reach the output and carry something, perhaps zeros."""
    reaching = {cell.n_nodes - 1}
    for source, target, op in sorted(cell.edges, key=lambda edge: -edge[1]):
        if target in reaching and op.kind is not Kind.NONE:
            reaching.add(source)
    return [
        number
        for number, (_, target, op) in enumerate(cell.edges)
        if target in reaching and op.kind is not Kind.NONE
    ]
