"""Wirings as integers: pruning and the one numbering of every class, against brute force."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from archenc.errors import InvalidArchitecture
from archenc.graph import Architecture
from archenc.spaces.nasbench101 import SPACE, from_spec
from archenc.spaces.nb101_cells import specs
from archenc.spaces.nb101_wiring import (
    MAX_EDGES,
    Spec,
    bits_of,
    canonical,
    edges,
    labelled_wirings,
    pairs,
    prune,
    symmetries,
    wirings,
)
from archenc.testing.strategies import relabelled


def numberings(spec: Spec) -> set[Spec]:
    """Return all numberings of a cell with sources before targets, by trying every order."""
    found = set()
    for order in itertools.permutations(range(1, spec.n - 1)):
        number = (0, *order, spec.n - 1)
        moved = [(number[i], number[j]) for i, j in edges(spec.n, spec.bits)]
        if all(i < j for i, j in moved):
            ops = dict(zip(order, spec.ops, strict=True))
            found.add(Spec(bits_of(spec.n, moved), tuple(ops[k] for k in range(1, spec.n - 1))))
    return found


@st.composite
def any_specs(draw):
    n = draw(st.integers(2, 7))
    bits = draw(st.integers(0, (1 << len(pairs(n))) - 1))
    return Spec(bits, tuple(draw(st.lists(st.integers(0, 2), min_size=n - 2, max_size=n - 2))))


def test_the_order_of_the_bits():
    assert pairs(4) == ((0, 1), (0, 2), (1, 2), (0, 3), (1, 3), (2, 3))
    assert bits_of(4, [(0, 1), (1, 2), (0, 3)]) == 0b001101
    assert edges(4, 0b001101) == ((0, 1), (1, 2), (0, 3))


@pytest.mark.parametrize(
    ("n", "labelled", "classes"),
    [(2, 1, 1), (3, 2, 2), (4, 10, 10), (5, 121, 97), (6, 1545, 810), (7, 4793, 1574)],
)
def test_the_published_numbers_of_wirings(n, labelled, classes):
    assert len(labelled_wirings(n)) == labelled
    assert len(wirings(n)) == classes
    assert set(wirings(n)) <= set(labelled_wirings(n).tolist())


@given(any_specs())
def test_pruning_is_that_of_cells(spec):
    cell = from_spec(spec).cells[0]
    if not cell.is_connected:
        with pytest.raises(InvalidArchitecture, match="disconnected: no path leads from the input"):
            prune(spec)
    elif len(cell.prune().edges) > MAX_EDGES:
        with pytest.raises(InvalidArchitecture, match=r"has [12][0-9] edges; NAS-Bench-101 allows at most 9"):
            prune(spec)
    else:
        pruned = prune(spec)
        assert from_spec(pruned).cells == (cell.prune(),)
        assert prune(pruned) == pruned


@pytest.mark.parametrize("row", range(0, 423_624, 20_011))
def test_the_canonical_cell_is_the_least_of_all_numberings(row):
    spec = next(itertools.islice(specs(), row, None))
    assert canonical(spec) == spec
    every = numberings(spec)
    assert min(every) == spec
    assert {canonical(other) for other in every} == {spec}


@given(st.integers(0, 10**6), st.data())
def test_a_renumbered_cell_is_the_same_cell(seed, data):
    (arch,) = SPACE.sample(1, seed)
    other = Architecture(SPACE.name, (data.draw(relabelled(arch.cells[0])),))
    assert SPACE.canonical(other) == arch
    assert SPACE.key(other) == SPACE.key(arch)


@pytest.mark.parametrize("n", [2, 4, 6, 7])
def test_symmetries_form_a_group(n):
    for bits in wirings(n)[:: 1 + len(wirings(n)) // 40]:
        group = symmetries(n, bits)
        assert group[0] == tuple(range(n - 2))
        assert {tuple(np.array(a)[list(b)].tolist()) for a in group for b in group} == set(group)
