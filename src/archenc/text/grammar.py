"""The string of a grammar: what an architecture chose, and nothing of how it is computed."""

from __future__ import annotations

from archenc.errors import InvalidArgument, shown
from archenc.graph import Architecture, Cell, Kind
from archenc.spaces import space


def routing(arch: Architecture) -> str:
    """Return `routing[op, ...]`, one a cell, apart by blanks.

    Operations on edges stand in the order of the edges, by target and then source; where not every pair of
    nodes has an edge, `op~source` says where it comes from, and `+` where the next node begins. Operations on
    nodes stand in the order of the nodes, as `op(source, ...)`, the output last.
    """
    if not isinstance(arch, Architecture):
        raise InvalidArgument(f"arch={shown(arch)}: expected an Architecture")
    return " ".join(f"routing[{_choices(cell)}]" for cell in arch.cells)


def derivation(arch: Architecture, style: str = "native") -> str:
    """Return the derivation string of an architecture that a grammar makes, as einspace does.

    style: "native", or "long" with the shape behind every terminal. Raises InvalidArgument for another style,
    or a space without a grammar.
    """
    if not isinstance(arch, Architecture):
        raise InvalidArgument(f"arch={shown(arch)}: expected an Architecture")
    member = space(arch.space)
    if not hasattr(member, "derivation"):
        raise InvalidArgument(
            f"form='derivation': no grammar makes the architectures of {arch.space}; legal for it: 'routing'"
        )
    return member.format(arch, style)


def _choices(cell: Cell) -> str:
    if cell.ops_on == "nodes":
        sources = {node: [e.source for e in cell.edges if e.target == node] for node in range(cell.n_nodes)}
        return ", ".join(
            f"{cell.nodes[node].name}({', '.join(map(str, sources[node]))})"
            for node in range(cell.n_inputs, cell.n_nodes)
        )
    carried = [edge for edge in cell.edges if edge.op.kind is not Kind.LINK]
    if cell.n_inputs == 1 and len(carried) == cell.n_nodes * (cell.n_nodes - 1) // 2:
        return ", ".join(edge.op.name for edge in carried)
    arriving: dict[int, list[str]] = {}
    for edge in carried:
        arriving.setdefault(edge.target, []).append(f"{edge.op.name}~{edge.source}")
    return " + ".join(", ".join(terms) for _, terms in sorted(arriving.items()))
