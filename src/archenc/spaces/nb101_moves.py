"""One change to a NAS-Bench-101 cell: an operation, an edge, or a node with one edge in and one out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from archenc.spaces.nb101_wiring import MAX_EDGES, MAX_NODES, OP_NAMES, Spec, bits_of, canonical, edges

_Edges = list[tuple[int, int]]


def moves(spec: Spec) -> Iterator[Spec]:
    """Yield the canonical cells one change from a pruned one, each once and never that cell itself.

    Every change is undone by another: an operation by an operation, an edge more by an edge less, a node more
    by a node less. An edge may be added wherever it closes no cycle, whatever the numbering says.
    """
    seen = {canonical(spec)}
    for changed in _changes(spec):
        least = canonical(changed)
        if least not in seen:
            seen.add(least)
            yield least


def _changes(spec: Spec) -> Iterator[Spec]:
    present = list(edges(spec.n, spec.bits))
    for node, operation in enumerate(spec.ops):
        for other in range(len(OP_NAMES)):
            if other != operation:
                yield Spec(spec.bits, (*spec.ops[:node], other, *spec.ops[node + 1 :]))
    for edge in present:
        rest = [other for other in present if other != edge]
        if _all_live(spec.n, rest):
            yield Spec(bits_of(spec.n, rest), spec.ops)
    if len(present) < MAX_EDGES:
        for edge in _open_pairs(spec.n, present):
            if edge not in present:
                yield _numbered(spec.ops, [*present, edge])
    yield from _without_a_node(spec, present)
    yield from _with_a_node(spec, present)


def _without_a_node(spec: Spec, present: _Edges) -> Iterator[Spec]:
    for node in range(1, spec.n - 1):
        rest = [edge for edge in present if node not in edge]
        if len(present) - len(rest) == 2:  # a live node: one edge in, one out
            closed_up = [(i - (i > node), j - (j > node)) for i, j in rest]
            if _all_live(spec.n - 1, closed_up):
                yield Spec(bits_of(spec.n - 1, closed_up), (*spec.ops[: node - 1], *spec.ops[node:]))


def _with_a_node(spec: Spec, present: _Edges) -> Iterator[Spec]:
    if spec.n == MAX_NODES or len(present) > MAX_EDGES - 2:
        return
    new = spec.n - 1  # takes the number of the output, which moves up by one
    moved = [(i, j + (j == new)) for i, j in present]
    for source, target in _open_pairs(spec.n, present):
        path = [(source, new), (new, target + (target == new))]
        for operation in range(len(OP_NAMES)):
            yield _numbered((*spec.ops, operation), [*moved, *path])


def _open_pairs(n: int, present: _Edges) -> Iterator[tuple[int, int]]:
    """Yield the pairs (source, target) that an edge could join without closing a cycle."""
    reach = [1 << node for node in range(n)]  # a bit for every node that can be reached
    for source, target in reversed(
        present
    ):  # the last targets first, so a target is complete when it is read
        reach[source] |= reach[target]
    for source in range(n - 1):
        for target in range(1, n):
            if not reach[target] >> source & 1:
                yield source, target


def _all_live(n: int, present: _Edges) -> bool:
    """Say whether every node but the input is entered and every node but the output is left."""
    leaving, arriving = {i for i, _ in present}, {j for _, j in present}
    return len(leaving) == n - 1 and len(arriving) == n - 1


def _numbered(ops: Sequence[int], present: _Edges) -> Spec:
    """Return a cell with sources numbered before targets, given one with the ends in place."""
    n = len(ops) + 2
    waiting = {node: {i for i, j in present if j == node} for node in range(n)}
    order: list[int] = []
    while waiting:
        node = next(node for node, sources in waiting.items() if not sources)
        del waiting[node]
        order.append(node)
        for sources in waiting.values():
            sources.discard(node)
    number = {node: position for position, node in enumerate(order)}
    return Spec(
        bits_of(n, [(number[i], number[j]) for i, j in present]),
        tuple([ops[node - 1] for node in order[1:-1]]),
    )
