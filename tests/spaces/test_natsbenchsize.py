"""The size space of NATS-Bench."""

import itertools

import numpy as np
import pytest

from archenc.errors import InvalidArchitecture
from archenc.spaces import space
from archenc.spaces.natsbenchsize import SPACE, WIDTHS


def test_the_index_counts_with_the_last_width_fastest():
    listed = list(itertools.product(range(8, 65, 8), repeat=5))
    for number in (0, 1, 8, 4711, 32767):
        widths = listed[number]
        assert SPACE.format(SPACE.parse(number), "tuple") == str(widths)
        assert SPACE.format(SPACE.parse(widths), "index") == str(number)
    assert SPACE.size == len(listed)


def test_every_spelling_of_one_network():
    widths = (64, 64, 56, 64, 24)
    native = ["64:64:56:64:24", widths, list(widths), str(widths), np.array(widths), " 64:64:56:64:24 "]
    index = SPACE.format(SPACE.parse(widths), "index")
    native += [index, int(index), np.int64(index)]
    assert {SPACE.format(SPACE.parse(spelling)) for spelling in native} == {"64:64:56:64:24"}


def test_a_stage_is_a_node_that_says_how_wide_it_is():
    cells = SPACE.parse("8:16:24:32:64").cells
    assert [cell.nodes[1].channels for cell in cells] == [8, 16, 24, 32, 64]
    assert [member.channels for member in SPACE.ops] == list(WIDTHS)
    assert space("natsss") is SPACE


@pytest.mark.parametrize("junk", ["64:64:56:64", "64:64:56:64:25", 32768, -1, "32768", (8,) * 6, [8.0] * 5])
def test_what_is_no_network_is_refused(junk):
    with pytest.raises(InvalidArchitecture, match="legal: five widths"):
        SPACE.parse(junk)
