from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from archenc.encoders.letters import SILENT, Letters, spell
from archenc.encoders.walks import n_paths, n_walks, path_index, path_ops, walks
from archenc.graph import as_batch

from . import naive
from .cells import NB101_OPS, PAIR_OPS, nb101, nb101_cell, pairs


@pytest.mark.parametrize(("m", "longest"), [(3, 5), (5, 3), (4, 3), (7, 4)])
def test_the_index_is_a_bijection_in_which_shorter_paths_come_first(m: int, longest: int):
    strings = [path_ops(index, m) for index in range(n_paths(m, longest))]
    assert [path_index(ops, m) for ops in strings] == list(range(n_paths(m, longest)))
    assert [len(ops) for ops in strings] == sorted(len(ops) for ops in strings)
    assert max(len(ops) for ops in strings) == longest
    assert len(set(strings)) == len(strings)


@pytest.mark.parametrize(
    ("m", "longest", "shortest", "number"),
    [(3, 5, 0, 364), (5, 3, 1, 155), (4, 3, 1, 84), (3, 3, 1, 39), (7, 4, 0, 2801)],
)
def test_golden_numbers_of_paths(m: int, longest: int, shortest: int, number: int):
    assert n_paths(m, longest, shortest) == number


def test_the_first_op_is_the_least_significant():
    assert path_index((), 3) == 0
    assert [path_index((k,), 3) for k in range(3)] == [1, 2, 3]
    assert path_index((1, 0), 3) == 5
    assert path_index((0, 1), 3) == 7


def test_golden_path_set():
    edges = [(0, 1), (0, 2), (0, 3), (0, 5), (1, 6), (2, 6), (3, 4), (4, 6), (5, 6)]
    arch = nb101_cell(edges, ["conv1x1", "conv3x3", "conv3x3", "conv3x3", "max_pool3x3"])
    _, index = walks(spell(as_batch([arch]), NB101_OPS), source=0)
    assert sorted(index.tolist()) == [1, 2, 3, 4]


def test_equals_the_walker_on_random_cells_with_ops_on_nodes():
    archs = nb101(2000, seed=11)
    rows, index = walks(spell(as_batch(archs), NB101_OPS), source=0)
    found = [sorted(index[rows == row].tolist()) for row in range(len(archs))]
    expected = [
        sorted(naive.path_number(names, NB101_OPS) for names in naive.walks(arch.cells[0], 0))
        for arch in archs
    ]
    assert found == expected


def test_equals_the_walker_on_cells_of_two_inputs():
    archs = pairs(200, seed=5)
    cells = spell(as_batch(archs), PAIR_OPS)
    for source in (0, 1):
        rows, index = walks(cells, source)
        for row, cell in enumerate(cell for arch in archs for cell in arch.cells):
            expected = sorted(naive.path_number(names, PAIR_OPS) for names in naive.walks(cell, source))
            assert sorted(index[rows == row].tolist()) == expected


def test_no_walk_where_nothing_reaches_the_output():
    cells = Letters(
        present=np.zeros((2, 3, 3), dtype=bool),
        edges=np.full((2, 3, 3), SILENT),
        nodes=np.full((2, 3), SILENT),
        real=np.ones((2, 3), dtype=bool),
        n_inputs=1,
        m=2,
    )
    rows, index = walks(cells, source=0)
    assert len(rows) == len(index) == 0


@given(st.integers(1, 7))
def test_the_complete_cell_has_the_most_walks(slots: int):
    present = np.triu(np.ones((1, slots + 1, slots + 1), dtype=bool), 1)
    shape = present.shape
    cells = Letters(
        present, np.full(shape, SILENT), np.full(shape[:2], 0), np.ones(shape[:2], dtype=bool), 1, 1
    )
    assert len(walks(cells, source=0)[0]) == n_walks(slots + 1, 1)
