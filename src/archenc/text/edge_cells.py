"""The class of a cell with one input and operations on its edges: NAS-Bench-201, TransNAS-Bench-101."""

from __future__ import annotations

from collections.abc import Sequence

from archenc.errors import InvalidArchitecture
from archenc.graph import Cell, Kind
from archenc.text.python import module_class
from archenc.text.style import Style
from archenc.text.units import operation


def edge_cell(cell: Cell, style: Style) -> str:
    """Return the class `Cell(channels)`; every edge with a module is an attribute, every node a line.

    Raises InvalidArchitecture for several inputs or operations on nodes.
    """
    attributes: list[str] = []
    terms: list[list[str]] = [[] for _ in cell.nodes]
    for source, target, op in checked(cell).edges:
        if op.kind is Kind.IDENTITY:
            terms[target].append(f"node_{source}")
        elif op.kind is not Kind.NONE:
            name = f"self.op_{source}_{target}"
            attributes.append(f"{name} = {operation(op, ('channels',), style)}")
            terms[target].append(f"{name}(node_{source})")
    return module_class("Cell", "channels", attributes, lines(terms, "torch.zeros_like(node_0)"))


def resizing_edge_cell(cell: Cell, style: Style) -> str:
    """Return the class `Cell(C_in, C_out, stride)`, whose edges from the input change channels and size."""
    attributes: list[str] = []
    terms: list[list[str]] = [[] for _ in cell.nodes]
    for source, target, op in checked(cell).edges:
        name = f"self.op_{source}_{target}"
        widths, stride = (("C_in", "C_out"), "stride") if source == 0 else (("C_out", "C_out"), "1")
        if op.kind is Kind.NONE:
            continue
        if op.kind is Kind.IDENTITY and source:
            terms[target].append(f"node_{source}")
            continue
        if op.kind is Kind.IDENTITY:
            made = "nn.Identity() if same_shape else FactorizedReduction(C_in, C_out, stride)"
        else:
            made = operation(op, widths, style, stride=stride)
        attributes.append(f"{name} = {made}")
        terms[target].append(f"{name}(node_{source})")
    before = ["self.C_out, self.stride = C_out, stride", "same_shape = C_in == C_out and stride == 1"]
    forward = lines(terms, "zeros(node_0, self.C_out, self.stride)")
    return module_class("Cell", "C_in, C_out, stride", before + attributes, forward)


def lines(terms: Sequence[Sequence[str]], zeros: str) -> list[str]:
    """Return the statements of `forward`: every node behind the input adds up its terms."""
    statements = ["node_0 = x"]
    statements += [f"node_{node} = {' + '.join(terms[node]) or zeros}" for node in range(1, len(terms))]
    return [*statements, f"return node_{len(terms) - 1}"]


def checked(cell: Cell) -> Cell:
    """Return the cell. Raises InvalidArchitecture unless it has one input and its operations on edges."""
    bare = not cell.edges  # nothing arrives at the output
    if (cell.ops_on != "edges" and not bare) or cell.n_inputs != 1:
        raise InvalidArchitecture(
            f"expected one input and operations on edges; the cell has {cell.n_inputs} inputs and "
            f"operations on {cell.ops_on}"
        )
    return cell
