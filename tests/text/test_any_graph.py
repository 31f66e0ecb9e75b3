"""Spaces without a renderer of their own: any graph of operations."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archenc import text
from archenc.errors import InvalidArchitecture, InvalidArgument
from archenc.graph import Architecture, Cell, Kind, op
from archenc.networks.edge_cell import EdgeCell
from archenc.networks.transnasbench101_macro import Chain
from archenc.spaces import space
from archenc.testing.strategies import node_cells

from . import running


@pytest.mark.parametrize("form", ["exclude_helper", "helper", "inline"])
def test_a_macro_network_is_its_chain(form: str):
    archs = space("tnb101_macro").sample(5, 1)
    assert len(set(text.texts(archs, form=form))) == 5
    for arch in archs:
        chain = Chain(arch.cells[0], 2, 2)
        running.same(running.run(arch, form=form)["Cell"](2), chain, running.batch(2, 2, 16, 16))


def test_operations_on_edges_are_written_through_their_other_view():
    for arch in space("nb201").sample(10, 2):
        cell = arch.cells[0]
        if cell.is_connected and not any(edge.op.kind is Kind.NONE for edge in cell.edges):
            own = Architecture("own", (cell,))
            written = running.run(own)["Cell"](2)
            running.same(written, EdgeCell(cell, 2, 2), running.batch(2, 2, 5, 5))


KNOWN = ("conv1x1", "conv3x3", "max_pool3x3", "skip", "none", "sep_conv3x3", "conv7x1_1x7", "dil_sep_conv3x3")


@settings(max_examples=30)
@given(st.data())
def test_any_graph_runs_and_keeps_the_shape(data: st.DataObject):
    cell = data.draw(node_cells(ops=tuple(op(name) for name in KNOWN)))
    arch = Architecture("own", (cell,))
    for form in ("exclude_helper", "inline"):
        module = running.run(arch, form=form)["Cell"](2)
        inputs = [running.batch(1, 2, 5, 5).float()] * cell.n_inputs
        assert module(*inputs).shape == (1, 2, 5, 5)


def test_isomorphic_graphs_share_their_canonical_text():
    wiring = [[0, 1, 1, 0], [0, 0, 0, 1], [0, 0, 0, 1], [0, 0, 0, 0]]
    one = Cell.from_matrix(wiring, ["input", "conv1x1", "conv3x3", "output"])
    other = Cell.from_matrix(wiring, ["input", "conv3x3", "conv1x1", "output"])
    archs = [Architecture("own", (cell,)) for cell in (one, other)]
    assert len(set(text.texts(archs))) == 2
    assert len(set(text.texts(archs, canonical=True))) == 1


def test_nothing_is_said_of_networks_that_are_not_known():
    arch = space("tnb101_macro").sample(1, 0)[0]
    for context in ("network", "comment"):
        with pytest.raises(InvalidArgument, match="nothing is known of the networks"):
            text.render(arch, context=context)
    with pytest.raises(InvalidArgument, match="none, leave it out"):
        text.render(arch, dataset="cifar10")


def test_maps_of_different_sizes_are_not_added():
    cell = Cell.from_matrix([[0, 1, 1], [0, 0, 1], [0, 0, 0]], ["input", "residual3x3_halve", "output"])
    with pytest.raises(InvalidArchitecture, match="different channels or sizes"):
        text.render(Architecture("own", (cell,)))
