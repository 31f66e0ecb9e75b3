from __future__ import annotations

import numpy as np
import pytest

from archenc.encoders.learned.unified.frames import SPACES, unified_frame
from archenc.encoders.learned.vocabulary import RESERVED, TokenFrame
from archenc.errors import InvalidArgument
from archenc.graph import Architecture
from archenc.spaces import space


def test_an_operation_has_one_id_in_all_spaces():
    frames = [unified_frame(name) for name in SPACES]
    for token in ("input", "conv3x3", "skip", "none", "max_pool3x3", "sep_conv5x5"):
        assert len({frame.tokens.index(token) for frame in frames}) == 1
    assert all(frame.tokens[:2] == RESERVED for frame in frames)
    assert {(frame.width, len(frame.tokens)) for frame in frames} == {(11, 2 + 16 + 5)}


def test_the_output_says_which_space_it_is():
    outputs = set()
    for name in SPACES:
        graphs = unified_frame(name).graphs(space(name).sample(20, 0))
        last = set(graphs.tokens[:, -1].tolist())
        assert len(last) == 1
        assert not (graphs.tokens[:, :-1] == last.copy().pop()).any()
        outputs |= last
    assert len(outputs) == len(SPACES)


@pytest.mark.parametrize("name", SPACES)
def test_cells_are_those_of_the_space_itself(name: str):
    archs = space(name).sample(30, 1)
    own, joint = TokenFrame.of(name), unified_frame(name)
    ours, theirs = joint.graphs(archs), own.graphs(archs)
    for row in range(len(ours)):
        kept, known = ours.real[row], theirs.real[row]
        names = [joint.tokens[token] for token in ours.tokens[row][kept]]
        assert names == [own.tokens[token] for token in theirs.tokens[row][known]]
        np.testing.assert_array_equal(ours.links[row][kept][:, kept], theirs.links[row][known][:, known])


def test_refuses_a_space_outside_the_vocabulary():
    with pytest.raises(InvalidArgument, match="nasbench301"):
        unified_frame("nb301", ("nasbench101",))
    with pytest.raises(InvalidArgument, match="atlantis"):
        unified_frame(Architecture("atlantis", space("nb201").sample(1, 0)[0].cells).space)


def test_the_cells_that_can_be_listed_are_counted_as_documented():
    listed = [space(name).size for name in SPACES if name != "nasbench301"]
    assert sum(listed) == 446_601  # docs/encoders.md
