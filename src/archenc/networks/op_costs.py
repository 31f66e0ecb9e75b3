"""What every operation of a cell costs, at the channels and resolutions of its network."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Final

from archenc.graph import Architecture, Kind
from archenc.networks.base import Alike, Builder, CellCopy, Network
from archenc.networks.counting import Counts, LeafCost, leaf_costs
from archenc.registry import Registry

OperationCounts = dict[tuple[int, int], Counts]
_REGISTRY = Registry("networks")
_KNOWN: Final[dict[Hashable, Counts]] = {}
NOTHING: Final = Counts(0, 0, 0)
_UNCALLED: Final = LeafCost(0, 0)


def operation_counts(archs: Sequence[Architecture], task: str | None = None) -> list[OperationCounts]:
    """Return the counts of each operation of each architecture, summed over the stacked copies of its cell.

    The keys are those of `operation_paths`: (number of the cell, number of the operation), operations in the
    order of the operation nodes of the `op_on_node` view; each has one. FLOPs follow the convention
    "suite_zero", for one example. An operation that is not built, because it is dead or changes nothing,
    costs nothing. A network is built, without weights, only where no earlier one tells.
    Raises UnknownName for a space without networks, InvalidArgument for an unknown task.
    """
    return [_counts(arch, task) for arch in archs]


def by_edge(arch: Architecture) -> Alike:
    """Say that an operation on an edge costs the same wherever its edge and its cell are the same."""
    return {
        (which, number): (edge.op.name, edge.source, edge.target)
        for which, cell in enumerate(arch.cells)
        for number, edge in enumerate(edge for edge in cell.edges if edge.op.kind is not Kind.LINK)
    }


def _counts(arch: Architecture, task: str | None) -> OperationCounts:
    builder: Builder = _REGISTRY.get(arch.space)
    places = _places(arch)
    alike = dict.fromkeys(places, arch) if builder.alike is None else builder.alike(arch)
    keys = {place: (arch.space, task, place[0], alike[place]) for place in alike}
    if builder.alike is None:
        keys = {place: (*key, place[1]) for place, key in keys.items()}
    if any(key not in _KNOWN for key in keys.values()):
        found = _measured(builder.make(arch, task, {}))
        _KNOWN.update({key: found.get(place, NOTHING) for place, key in keys.items()})
    return {place: _KNOWN[keys[place]] if place in keys else NOTHING for place in places}


def _places(arch: Architecture) -> list[tuple[int, int]]:
    sizes = [
        sum(edge.op.kind is not Kind.LINK for edge in cell.edges)
        if cell.ops_on == "edges"
        else cell.n_nodes - cell.n_inputs - 1
        for cell in arch.cells
    ]
    return [(which, number) for which, size in enumerate(sizes) for number in range(size)]


def _measured(network: Network) -> OperationCounts:
    costs = leaf_costs(network)
    found: OperationCounts = {}
    for copy in network.modules():
        if isinstance(copy, CellCopy):
            for number, paths in copy.operation_modules().items():
                parts = [copy.get_submodule(path) for path in paths]
                called = [costs.get(leaf, _UNCALLED) for part in parts for leaf in part.modules()]
                own = Counts(
                    sum(weight.numel() for part in parts for weight in part.parameters()),
                    sum(cost.flops for cost in called),
                    sum(cost.activations for cost in called),
                )
                found[copy.which, number] = own.plus(found.get((copy.which, number), NOTHING))
    return found
