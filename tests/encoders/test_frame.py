from __future__ import annotations

import numpy as np
import pytest

from archenc.encoders.frame import frame_of, node_op_order, registered_space, resized
from archenc.errors import InvalidArgument, UnknownName
from archenc.graph import GraphBatch, as_batch
from archenc.spaces import space

from .cells import NB101, NB101_OPS, PAIR_OPS, nb101, nb101_cell, nb201, pairs


def test_frame_of_nasbench201():
    frame = frame_of(nb201(3), ops=None, slots=None)
    assert (frame.slots, frame.hidden, frame.n_cells, frame.n_inputs, frame.ops_on) == (4, 2, 1, 1, "edges")
    assert frame.ops == ("none", "skip", "conv1x1", "conv3x3", "avg_pool3x3")
    assert (frame.cell_prefix(0), frame.input_prefix(0)) == ("", "")


def test_frame_of_two_cells_of_two_inputs():
    frame = frame_of(pairs(3), PAIR_OPS, slots=None)
    assert (frame.slots, frame.hidden, frame.n_cells, frame.n_inputs, frame.ops_on) == (6, 3, 2, 2, "edges")
    assert (frame.cell_prefix(1), frame.input_prefix(1)) == ("cell1_", "input1_")


def test_a_narrow_batch_is_widened_to_the_frame():
    small = [nb101_cell([(0, 1), (1, 2)], ["conv3x3"])]
    frame = frame_of(small, NB101_OPS, slots=7)
    assert frame.ops_on == "nodes"
    wide, expected = frame.batch(small), GraphBatch.from_architectures(small, n_nodes=7)
    for name in ("adjacency", "ops", "edge_ops", "mask"):
        np.testing.assert_array_equal(getattr(wide, name), getattr(expected, name))


def test_a_wide_batch_loses_blank_slots_only():
    archs = [nb101_cell([(0, 1), (1, 2)], ["conv3x3"]), nb101_cell([(0, 1)], [])]
    wide = GraphBatch.from_architectures(archs, n_nodes=7)
    np.testing.assert_array_equal(resized(wide, 3).edge_ops, as_batch(archs).edge_ops)
    with pytest.raises(InvalidArgument, match="3 nodes, but the code has 2 slots"):
        resized(wide, 2)


def test_a_larger_cell_than_fit_saw_is_an_error():
    frame = frame_of([nb101_cell([(0, 1)], [])], NB101_OPS, slots=None)
    with pytest.raises(InvalidArgument, match="slots="):
        frame.batch(nb101(5))
    with pytest.raises(InvalidArgument, match="4 slots"):
        frame_of(nb101(30), NB101_OPS, slots=4)


def test_a_registered_space_says_how_wide_its_cells_can_be():
    small = space("nb101").parse("1|")
    assert frame_of([small], ops=None, slots=None).slots == 7
    assert frame_of([small], ops=None, slots=3).slots == 3
    for name in ("nb201", "nb301", "tnb101", "tnb101_macro"):
        archs = space(name).sample(2, 0)
        assert frame_of(archs, ops=None, slots=None).slots == space(name).max_nodes


def test_another_number_of_cells_is_an_error():
    frame = frame_of(pairs(3), PAIR_OPS, slots=None)
    with pytest.raises(InvalidArgument, match="1 cells of 1 inputs"):
        frame.batch(nb101(2))


def test_the_op_order_must_be_known():
    with pytest.raises(InvalidArgument, match=f"{NB101!r} is not registered"):
        frame_of(nb101(2), ops=None, slots=None)
    with pytest.raises(InvalidArgument, match="not registered"):
        registered_space("atlantis")


@pytest.mark.parametrize("ops", ["skip", (), ("skip", "skip"), ("skip", "output")])
def test_bad_op_orders(ops: tuple[str, ...] | str):
    with pytest.raises(InvalidArgument, match="ops"):
        frame_of(nb201(3), ops, slots=None)


def test_an_unknown_op_lists_near_names():
    with pytest.raises(UnknownName, match="conv3x3"):
        frame_of(nb201(3), ("conv_3x3",), slots=None)


def test_node_ops_include_input_and_output():
    published = ("output", "input", "avg_pool3x3", "conv1x1", "conv3x3", "none", "skip")
    assert node_op_order("nasbench201", None) == published
    assert node_op_order("anything", NB101_OPS) == ("input", *NB101_OPS, "output")
    assert node_op_order("anything", ("output", "input", "skip")) == ("output", "input", "skip")
