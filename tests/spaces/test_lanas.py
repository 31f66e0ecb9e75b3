"""The cell space of LaNAS."""

import json

import numpy as np
import pytest

from archenc.errors import InvalidArchitecture
from archenc.spaces.genotype_cell import makers
from archenc.spaces.lanas import SPACE

CODE = (0, 1, 2, 1, 2, 2, 1, 3, 3, 0, 2, 3, 3, 2, 1, 1, 0, 1, 0, 2, 2, 1, 0, 5, 5, 5, 5, 3)


def test_every_spelling_of_one_cell():
    arch = SPACE.from_code(CODE)
    pairs = json.loads(SPACE.format(arch, "genotype"))
    assert pairs[:2] == [["sep_conv_3x3", 1], ["max_pool_3x3", 1]]
    native = [list(CODE), str(list(CODE)), str(CODE), np.array(CODE), pairs, [tuple(pair) for pair in pairs]]
    assert {SPACE.parse(spelling) for spelling in native} == {arch}


def test_what_no_block_uses_is_concatenated():
    cell = SPACE.from_code(CODE).cells[0]
    unused = set(range(9)) - set(CODE[14:])
    into_output = {edge.source for edge in cell.edges if edge.target == cell.n_nodes - 1}
    assert into_output == {node for state in unused for node in makers(state)}
    both_from_one = (0,) * 14 + (1,) * 14
    last = SPACE.from_code(both_from_one).cells[0]
    assert (0, 16) in {(edge.source, edge.target) for edge in last.edges}


def test_a_source_must_come_before():
    wrong = [*CODE[:14], 2, *CODE[15:]]
    with pytest.raises(InvalidArchitecture, match=r"entry 14 is 2; it may be 0\.\.1"):
        SPACE.parse(wrong)
    with pytest.raises(InvalidArchitecture, match=r"entry 3 is 4; it may be 0\.\.3"):
        SPACE.parse([*CODE[:3], 4, *CODE[4:]])
