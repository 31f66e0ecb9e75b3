from __future__ import annotations

import numpy as np
import pytest

from archenc.encoders.letters import SILENT, is_op, pruned, spell
from archenc.errors import InvalidArgument
from archenc.graph import GraphBatch, Kind, as_batch

from .cells import NB101_OPS, nb101_cell, nb201, pairs

OPS = ("none", "skip", "conv1x1", "conv3x3", "avg_pool3x3")


def test_letters_follow_the_order_that_is_given():
    batch = as_batch(nb201(50))
    forwards, backwards = spell(batch, OPS), spell(batch, OPS[::-1])
    speaks = forwards.edges != SILENT
    np.testing.assert_array_equal(speaks, batch.edge_ops[:, 0] >= 0)
    np.testing.assert_array_equal(forwards.edges[speaks] + backwards.edges[speaks], 4)
    assert (forwards.nodes == SILENT).all()
    assert (forwards.m, forwards.slots, forwards.n_inputs) == (5, 4, 1)


def test_a_dropped_op_is_no_edge():
    batch = as_batch(nb201(50))
    cells = spell(batch, OPS[1:], dropped=["none"])
    kept = spell(batch, OPS)
    np.testing.assert_array_equal(cells.present, kept.present & (kept.edges != 0))


def test_a_dropped_op_is_no_node():
    arch = nb101_cell([(0, 1), (1, 2), (0, 2)], ["conv1x1"])
    cells = spell(as_batch([arch]), ["conv3x3"], dropped=["conv1x1"])
    assert [(int(i), int(j)) for i, j in np.argwhere(cells.present[0])] == [(0, 2)]


def test_cells_of_an_architecture_follow_each_other():
    batch = as_batch(pairs(7))
    cells = spell(batch, ["max_pool3x3", "avg_pool3x3", "skip", "sep_conv3x3"])
    assert len(cells.nodes) == 14
    np.testing.assert_array_equal(cells.present[3], batch.adjacency[1, 1] == 1)


def test_blank_slots_are_not_real():
    small = nb101_cell([(0, 1), (1, 2)], ["conv3x3"])
    cells = spell(GraphBatch.from_architectures([small], n_nodes=7), NB101_OPS)
    assert cells.real[0].tolist() == [True, True, False, False, False, False, True]


def test_pruning_silences_what_leads_nowhere():
    live = nb101_cell([(0, 1), (1, 3)], ["conv3x3", "conv1x1"])
    cells = pruned(spell(as_batch([live]), NB101_OPS))
    assert cells.nodes[0].tolist() == [SILENT, 0, SILENT, SILENT]
    assert cells.real[0].tolist() == [True, True, False, True]
    apart = pruned(spell(as_batch([nb101_cell([(0, 1)], ["conv3x3"])]), NB101_OPS))
    assert apart.real[0].tolist() == [True, False, True]
    assert not apart.present.any()


@pytest.mark.parametrize("ops", [("none", "skip"), OPS[1:]])
def test_an_op_outside_the_alphabet_is_an_error_that_names_it(ops: tuple[str, ...]):
    with pytest.raises(InvalidArgument, match=r"uses '(none|conv1x1|conv3x3|avg_pool3x3)'"):
        spell(as_batch(nb201(20)), ops)


def test_what_carries_an_operation():
    silent = {Kind.INPUT, Kind.OUTPUT, Kind.SUM, Kind.LINK, Kind.PADDING}
    assert {kind for kind in Kind if not is_op(kind)} == silent
