"""The space of NAS-Bench-Macro."""

import numpy as np
import pytest

from archenc.errors import InvalidArchitecture, InvalidArgument
from archenc.spaces import space
from archenc.spaces.nasbenchmacro import SPACE


def test_every_spelling_of_one_network():
    code = (2, 2, 2, 1, 2, 2, 2, 0)
    names = "ir_5x5_t6, ir_5x5_t6, ir_5x5_t6, ir_3x3_t3, ir_5x5_t6, ir_5x5_t6, ir_5x5_t6, id"
    native = ["22212220", " 22212220\n", list(code), code, str(list(code)), str(code), np.array(code), names]
    assert {SPACE.code(SPACE.parse(spelling)) for spelling in native} == {code}
    assert SPACE.format(SPACE.from_code(code), "ops") == names


def test_the_stages_are_chains_of_two_three_and_three():
    stages = SPACE.parse("01201201").cells
    assert [[node.name for node in cell.nodes[1:-1]] for cell in stages] == [
        ["skip", "mbconv3_3x3"],
        ["mbconv6_5x5", "skip", "mbconv3_3x3"],
        ["mbconv6_5x5", "skip", "mbconv3_3x3"],
    ]
    assert [[(edge.source, edge.target) for edge in cell.edges] for cell in stages[:1]] == [
        [(0, 1), (1, 2), (2, 3)]
    ]


def test_the_whole_space_is_listed_by_counting():
    spelt = [SPACE.format(arch) for arch in SPACE.enumerate()]
    assert spelt == sorted(spelt)
    assert len(spelt) == SPACE.size == 3**8
    assert space("nbmacro") is SPACE


@pytest.mark.parametrize("junk", ["2221222", "222122201", "22212223", [2] * 7, [3] * 8, [2.0] * 8, "[2, 2]"])
def test_what_is_no_network_is_refused(junk):
    with pytest.raises(InvalidArchitecture, match="legal: eight digits"):
        SPACE.parse(junk)


def test_an_unknown_style_is_refused():
    with pytest.raises(InvalidArgument, match="native, list, ops"):
        SPACE.format(SPACE.parse("00000000"), "json")
