from __future__ import annotations

import pytest

from archenc.encoders.letters import SILENT, spell
from archenc.encoders.subset_statistics import (
    degrees,
    max_path_counts,
    membership,
    min_path_lengths,
    op_counts,
    subsets,
)
from archenc.graph import as_batch

from .cells import NB101_OPS, nb101_cell


@pytest.mark.parametrize(("m", "max_size", "number"), [(5, None, 31), (5, 2, 15), (4, None, 15), (3, 9, 7)])
def test_number_of_subsets(m: int, max_size: int | None, number: int):
    chosen = subsets(m, max_size)
    assert len(set(chosen)) == len(chosen) == number
    assert [len(letters) for letters in chosen] == sorted(len(letters) for letters in chosen)


def test_nothing_silent_is_a_member():
    table = membership(3, subsets(3))
    assert table.shape == (4, 7)
    assert not table[SILENT].any()
    assert table[0].sum() == table[1].sum() == table[2].sum() == 4


def test_by_hand():
    # 0 -> conv3x3 -> max_pool -> 3, and 0 -> 3 through conv1x1 (node 2 of three hidden ones)
    arch = nb101_cell([(0, 1), (1, 3), (3, 4), (0, 2), (2, 4)], ["conv3x3", "conv1x1", "max_pool3x3"])
    cells = spell(as_batch([arch]), NB101_OPS)
    chosen = [(0,), (1,), (0, 2), (0, 1, 2)]
    member = membership(3, chosen)
    assert op_counts(cells, member).tolist() == [[1, 1, 2, 3]]
    assert min_path_lengths(cells, member, source=0, unreachable=99).tolist() == [[99, 2, 3, 2]]
    assert max_path_counts(cells, member, source=0).tolist() == [[1, 1, 2, 2]]
    into, out = degrees(cells, member)
    assert out[0].tolist() == [[1, 1, 1, 2]]  # successors conv3x3 and conv1x1
    assert into[4].tolist() == [[0, 1, 1, 2]]  # predecessors max_pool and conv1x1
    assert into[3].tolist() == [[1, 0, 1, 1]]
    assert out[1].tolist() == [[0, 0, 1, 1]]
