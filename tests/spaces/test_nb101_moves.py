"""Neighbours of a NAS-Bench-101 cell, against a slow search among all cells of a size."""

import itertools

import pytest

from archenc.errors import InvalidArchitecture
from archenc.spaces.nasbench101 import SPACE
from archenc.spaces.nb101_cells import specs
from archenc.spaces.nb101_moves import moves
from archenc.spaces.nb101_wiring import MAX_EDGES, MAX_NODES, Spec, bits_of, canonical, edges, prune


def smaller(spec: Spec) -> set[Spec]:
    """Return the cells with an edge or a node less, by trying to take away each edge and each node."""
    present = edges(spec.n, spec.bits)
    found = set()
    for edge in present:
        rest = Spec(bits_of(spec.n, [other for other in present if other != edge]), spec.ops)
        found |= {canonical(rest)} if live(rest) else set()
    for node in range(1, spec.n - 1):
        touching = [edge for edge in present if node in edge]
        if sorted(edge.index(node) for edge in touching) == [0, 1]:
            left = [edge for edge in present if edge not in touching]
            moved = [(i - (i > node), j - (j > node)) for i, j in left]
            rest = Spec(bits_of(spec.n - 1, moved), spec.ops[: node - 1] + spec.ops[node:])
            found |= {canonical(rest)} if live(rest) else set()
    return found


def live(spec: Spec) -> bool:
    try:
        return prune(spec) == spec
    except InvalidArchitecture:
        return False


def other_operations(spec: Spec) -> set[Spec]:
    changed = (
        (*spec.ops[:node], k, *spec.ops[node + 1 :]) for node in range(len(spec.ops)) for k in range(3)
    )
    return {canonical(Spec(spec.bits, ops)) for ops in changed}


def test_all_neighbours_of_the_small_cells():
    """What is larger by one change is what has a smaller cell for a neighbour: looked up in a full list."""
    cells = list(itertools.takewhile(lambda spec: spec.n <= 5, specs()))
    larger: dict[Spec, set[Spec]] = {spec: set() for spec in cells}
    for spec in cells:
        for rest in smaller(spec):
            larger[rest].add(spec)
    for spec in cells[:500:7] + cells[500::150]:
        expected = (smaller(spec) | other_operations(spec) | larger[spec]) - {spec}
        found = list(moves(spec))
        within = {other for other in found if other.n <= 5}
        assert len(set(found)) == len(found)
        assert within == expected
        assert all(other.n == 6 and spec in smaller(other) for other in set(found) - within)


@pytest.mark.parametrize("seed", range(4))
def test_neighbours_are_symmetric_valid_and_met_once(seed):
    for arch in SPACE.sample(10, seed):
        others = list(SPACE.neighbours(arch))
        keys = [SPACE.key(other) for other in others]
        assert len(set(keys)) == len(keys) > 0
        assert SPACE.key(arch) not in keys
        for other in others:
            cell = other.cells[0]
            assert cell.prune() == cell
            assert len(cell.edges) <= MAX_EDGES
            assert cell.n_nodes <= MAX_NODES
            assert arch in SPACE.neighbours(other)


def test_neighbours_do_not_depend_on_the_numbering_or_on_dead_nodes():
    cell = SPACE.parse("1100-010-01-1|c3,mp,c1")
    twin = SPACE.parse("1100-001-10-1|mp,c3,c1")
    with_a_dead_end = SPACE.parse("11000-0110-001-01-0|c3,mp,c1,c3")
    assert cell != twin
    assert (
        set(SPACE.neighbours(cell)) == set(SPACE.neighbours(twin)) == set(SPACE.neighbours(with_a_dead_end))
    )


def test_the_whole_space_hangs_together():
    """From every cell two changes at a time lead down to the smallest, and symmetry leads back."""
    smallest = Spec(1, ())
    for arch in SPACE.sample(6, 0):
        spec = SPACE.spec(arch)
        while spec != smallest:
            within_two = {other for near in moves(spec) for other in (near, *moves(near))}
            least = min(within_two, key=lambda other: (other.n, other.bits.bit_count()))
            assert (least.n, least.bits.bit_count()) < (spec.n, spec.bits.bit_count())
            spec = least
