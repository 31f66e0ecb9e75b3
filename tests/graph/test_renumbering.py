"""Cells in a numbering that isomorphic ones share."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archenc.errors import InvalidArchitecture
from archenc.graph import Architecture, Cell, canonical_cells, canonical_text
from archenc.spaces import space
from archenc.testing.strategies import cells, relabelled


def text(cell: Cell) -> str:
    return canonical_text(Architecture("any", (cell,)), "live-iso-v1")


@given(cells())
def test_the_canonical_cell_is_the_live_part_and_stays(cell: Cell):
    (found,) = canonical_cells([cell])
    assert text(found) == text(cell)
    assert canonical_cells([found]) == [found]
    if cell.is_connected:
        pruned = cell.prune()
        assert (found.n_nodes, len(found.edges)) == (pruned.n_nodes, len(pruned.edges))


@given(st.data())
def test_isomorphic_cells_become_one(data: st.DataObject):
    cell = data.draw(cells())
    assert canonical_cells([cell]) == canonical_cells([data.draw(relabelled(cell))])


def test_many_at_once_are_as_one_by_one():
    found = [arch.cells[0] for arch in space("nb101").sample(40, 0)]
    assert canonical_cells(found) == [canonical_cells([cell])[0] for cell in found]
    assert canonical_cells([]) == []


def test_cells_of_different_inputs_are_refused():
    mixed = [space("nb201").sample(1, 0)[0].cells[0], space("nb301").sample(1, 0)[0].cells[0]]
    with pytest.raises(InvalidArchitecture, match="one number of inputs"):
        canonical_cells(mixed)
