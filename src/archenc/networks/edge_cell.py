"""A copy of a cell whose operations sit on its edges: NAS-Bench-201, TransNAS-Bench-101."""

from __future__ import annotations

from collections.abc import Mapping
from typing import final

from jaxtyping import Float
from torch import Tensor, nn

from archenc.errors import InvalidArchitecture
from archenc.graph import Cell, Kind
from archenc.networks.base import CellCopy
from archenc.networks.operations import operation


@final
class EdgeCell(CellCopy):
    """Every node adds up what its edges bring; edges from the input change stride and channels.

    [b, channels_in, h, w] -> [b, channels_out, ceil(h / stride), ceil(w / stride)]. The submodules are
    `operations.<number>`, without those of `none` and of identities that change nothing. A node that nothing
    reaches is zero. Raises InvalidArchitecture for operations on nodes or several inputs, InvalidArgument for
    an operation without a module.
    """

    def __init__(
        self, cell: Cell, channels_in: int, channels_out: int, stride: int = 1, which: int = 0
    ) -> None:
        super().__init__()
        if cell.ops_on != "edges" or cell.n_inputs != 1:
            raise InvalidArchitecture(
                f"expected one input and operations on edges; the cell has {cell.n_inputs} inputs and "
                f"operations on {cell.ops_on}"
            )
        self.which, self.channels_out, self.stride = which, channels_out, stride
        self.operations = nn.ModuleDict()
        self.n_operations = len(cell.edges)
        # What each node adds up: (source, number of the operation, or None for the bare value of the source).
        self._terms: list[list[tuple[int, str | None]]] = [[] for _ in range(cell.n_nodes)]
        for number, (source, target, op) in enumerate(cell.edges):
            if op.kind is Kind.NONE:
                continue
            width, step = (channels_in, stride) if source == 0 else (channels_out, 1)
            bare = op.kind is Kind.IDENTITY and width == channels_out and step == 1
            self._terms[target].append((source, None if bare else str(number)))
            if not bare:
                self.operations[str(number)] = operation(op, width, channels_out, step)

    def operation_modules(self) -> Mapping[int, tuple[str, ...]]:
        """Return the path of each operation; none where there is no module."""
        present = self.operations
        return {
            number: (f"operations.{number}",) if str(number) in present else ()
            for number in range(self.n_operations)
        }

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b out rows columns"]:
        """Return the value of the output node."""
        values: list[Tensor | None] = [x]
        for terms in self._terms[1:]:
            total = None
            for source, number in terms:
                value = values[source]
                if number is not None:
                    # A convolution of zeros is the shift of its batch norm, so zeros must be passed on.
                    value = self.operations[number](self._zeros(x) if value is None else value)
                if value is not None:
                    total = value if total is None else total + value
            values.append(total)
        out = values[-1]
        return self._zeros(x) if out is None else out

    def _zeros(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b out rows columns"]:
        batch, _, height, width = x.shape
        return x.new_zeros((batch, self.channels_out, -(-height // self.stride), -(-width // self.stride)))
