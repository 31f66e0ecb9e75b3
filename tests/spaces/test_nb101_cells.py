"""The generator of all cells, their published numbers and hashes."""

import itertools

import numpy as np
import pytest

from archenc.errors import InvalidArgument
from archenc.spaces import nb101_cells
from archenc.spaces.nasbench101 import SPACE, from_spec
from archenc.spaces.nb101_cells import NO_OP, count, enumerate_arrays, labellings, spec_at, specs
from archenc.spaces.nb101_wiring import MAX_EDGES, Spec, canonical, wirings

CELLS = {2: 1, 3: 6, 4: 84, 5: 2441, 6: 62010, 7: 359082}
CELLS_BY_EDGES = {
    4: {3: 9, 4: 33, 5: 33, 6: 9},
    5: {4: 27, 5: 225, 6: 622, 7: 811, 8: 558, 9: 198},
    6: {5: 81, 6: 1260, 7: 6909, 8: 19701, 9: 34059},
    7: {6: 243, 7: 6264, 8: 58563, 9: 294012},
}


@pytest.mark.parametrize("n", CELLS)
def test_the_published_number_of_cells_by_burnside(n):
    assert count(n) == CELLS[n]


def test_burnside_counts_what_is_listed():
    assert sum(CELLS.values()) == nb101_cells.SIZE == SPACE.size == 423_624
    for n in CELLS:
        assert sum(len(labellings(n, bits)) for bits in wirings(n)) == count(n)


@pytest.mark.parametrize("n", CELLS_BY_EDGES)
def test_the_published_numbers_by_edges(n):
    found = dict.fromkeys(CELLS_BY_EDGES[n], 0)
    for bits in wirings(n):
        found[bits.bit_count()] += len(labellings(n, bits))
    assert found == CELLS_BY_EDGES[n]


def test_the_order_is_that_of_the_documentation():
    listed = [(spec.n, spec) for spec in itertools.islice(specs(), 64_542)]
    assert listed == sorted(set(listed))
    assert listed[0] == (2, Spec(1, ()))
    assert all(canonical(spec) == spec for _, spec in listed[::97])
    for index in (0, 1, 6, 7, 2531, 2532, 64_541):
        assert spec_at(index) == listed[index][1]
    assert spec_at(423_623) == max(spec_at(index) for index in range(423_600, 423_624))
    for index in (-1, 423_624):
        with pytest.raises(InvalidArgument, match=f"index={index}: expected 0..423623"):
            spec_at(index)


def test_chunks_hold_the_listed_cells_and_their_hashes():
    chunks = list(itertools.islice(enumerate_arrays(chunk=1000), 6))
    assert [len(chunk.n) for chunk in chunks] == [1, 6, 84, 1000, 1000, 441]
    rows = [row for chunk in chunks for row in zip(*chunk, strict=True)]
    for (n, bits, ops, digest), spec in list(zip(rows, specs(), strict=False))[::11]:
        assert (n, bits, tuple(ops[: n - 2].tolist())) == (spec.n, spec.bits, spec.ops)
        assert (ops[n - 2 :] == NO_OP).all()
        assert digest.tobytes().hex() == SPACE.key(from_spec(spec))


def test_the_size_of_the_chunks_changes_nothing():
    small = list(itertools.islice(enumerate_arrays(chunk=100), 3 + 25))
    whole = list(itertools.islice(enumerate_arrays(), 4))
    for column in range(4):
        few, many = (np.concatenate([chunk[column] for chunk in chunks]) for chunks in (whole, small))
        assert len(few) == 1 + 6 + 84 + 2441
        np.testing.assert_array_equal(few, many)


def test_the_architectures_are_listed_lazily():
    first = list(itertools.islice(SPACE.enumerate(), 200))
    assert first == [from_spec(spec) for spec in itertools.islice(specs(), 200)]
    assert len(set(first)) == 200
    assert all(len(arch.cells[0].edges) <= MAX_EDGES for arch in first)


@pytest.mark.slow
def test_all_hashes_are_the_published_ones(shared_data):
    with np.load(shared_data / "nb101" / "nb101_all_423624.npz") as archive:
        published = np.sort(np.ascontiguousarray(archive["hash"]).view("V16").ravel())
    found = np.concatenate([chunk.hashes for chunk in enumerate_arrays()]).view("V16").ravel()
    assert len(found) == 423_624
    np.testing.assert_array_equal(np.sort(found), published)
