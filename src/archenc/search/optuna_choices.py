"""Spaces as parameters of Optuna: any sampler of it can then search them."""

from __future__ import annotations

from functools import singledispatch
from itertools import combinations, pairwise
from typing import Any

from archenc.errors import InvalidArchitecture, InvalidArgument, require
from archenc.graph import Architecture, Cell, Edge, Kind
from archenc.spaces import SearchSpace, space
from archenc.spaces.nasbench101 import NasBench101
from archenc.spaces.nasbench301 import SOURCES, NasBench301
from archenc.spaces.nb101_spelling import OFFICIAL_NAMES
from archenc.spaces.product_space import ProductSpace
from archenc.spaces.transnasbench101_macro import TransNasBench101Macro

optuna: Any = require("optuna", "optuna")

_LOOKED_AT = 20


def suggest(trial: Any, of: SearchSpace | str, prefix: str = "op") -> Architecture:
    """Return an architecture from choices that any sampler of Optuna makes.

    of: a space in which every edge is there and carries an operation (NAS-Bench-201, TransNAS-Bench-101
    micro): one choice an edge. A product of choices (sizes, LaNAS, NAS-Bench-Macro, Accel-NASBench): those.
    NAS-Bench-301: of each step the pair of its inputs and two operations. NAS-Bench-101: 21 edges, yes or no,
    and five operations; TransNAS-Bench-101 macro: depth and modules; what is outside of these two spaces
    raises optuna.TrialPruned. prefix: of the parameters' names. Raises InvalidArgument for another space,
    which `ArchitectureSampler` can search.
    """
    return _suggested(space(of) if isinstance(of, str) else of, trial, prefix)


@singledispatch
def _suggested(member: Any, trial: Any, prefix: str) -> Architecture:
    """Choose an operation for each edge of a frame that all architectures share."""
    first, cells = _frame(member), []
    by_name = {operation.name: operation for operation in member.ops}
    for number, cell in enumerate(first.cells):
        edges = []
        for source, target, _ in cell.edges:
            name = trial.suggest_categorical(f"{prefix}{number}_{source}_{target}", list(by_name))
            edges.append(Edge(source, target, by_name[name]))
        cells.append(Cell(cell.nodes, tuple(edges)))
    return member.parse(Architecture(member.name, tuple(cells)))


@_suggested.register
def _(member: ProductSpace, trial: Any, prefix: str) -> Architecture:
    return member.from_code(
        [
            trial.suggest_categorical(f"{prefix}{place}", list(range(base)))
            for place, base in enumerate(member.radix)
        ]
    )


@_suggested.register
def _(member: NasBench301, trial: Any, prefix: str) -> Architecture:
    names = [operation.name for operation in member.ops]
    cells = []
    for cell in ("normal", "reduction"):
        pairs = []
        for step, sources in enumerate(SOURCES):
            name = f"{prefix}_{cell}_{step}"
            chosen = sources[trial.suggest_categorical(f"{name}_inputs", list(range(len(sources))))]
            pairs += [
                (source, names.index(trial.suggest_categorical(f"{name}_{side}", names)))
                for side, source in enumerate(chosen)
            ]
        cells.append(tuple(pairs))
    return member.from_code((cells[0], cells[1]))


@_suggested.register
def _(member: NasBench101, trial: Any, prefix: str) -> Architecture:
    nodes = member.max_nodes
    matrix = [[0] * nodes for _ in range(nodes)]
    for source, target in combinations(range(nodes), 2):
        matrix[source][target] = int(trial.suggest_categorical(f"{prefix}_{source}_{target}", [False, True]))
    inner = [
        trial.suggest_categorical(f"{prefix}{node}", list(OFFICIAL_NAMES)) for node in range(1, nodes - 1)
    ]
    return member.canonical(_inside(member, {"matrix": matrix, "ops": ["input", *inner, "output"]}))


@_suggested.register
def _(member: TransNasBench101Macro, trial: Any, prefix: str) -> Architecture:
    depth = trial.suggest_int(f"{prefix}_modules", 4, 6)
    return _inside(
        member, tuple(trial.suggest_int(f"{prefix}{place}", 1, len(member.ops)) for place in range(depth))
    )


def _inside(member: Any, native: object) -> Architecture:
    """Read what may be outside of a space; then the trial is pruned."""
    try:
        return member.parse(native)
    except InvalidArchitecture as error:
        raise optuna.TrialPruned(str(error)) from error


def _frame(member: SearchSpace) -> Architecture:
    """Return any architecture of a space in which all have the same nodes and edges."""
    seen = member.sample(_LOOKED_AT, 0)
    shapes = [[(cell.nodes, [edge[:2] for edge in cell.edges]) for cell in arch.cells] for arch in seen]
    links = any(edge.op.kind is Kind.LINK for cell in seen[0].cells for edge in cell.edges)
    if links or seen[0].attributes or any(one != two for one, two in pairwise(shapes)):
        raise InvalidArgument(
            f"of={member.name!r}: its architectures differ in more than the operations of their edges; take "
            "ArchitectureSampler, which searches any space"
        )
    return seen[0]
