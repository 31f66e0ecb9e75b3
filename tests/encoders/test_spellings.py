from __future__ import annotations

import numpy as np
import pytest

from archenc.encoders.spellings import keys_of, native_spellings
from archenc.errors import InvalidArgument
from archenc.graph import Architecture, GraphBatch, architectures, as_batch
from archenc.spaces import space
from archenc.spaces.nasbench201 import SPACE

from .cells import nb101, nb201, pairs


def test_a_batch_gives_its_architectures_back():
    for archs in (nb201(300), nb101(300), pairs(100)):
        assert architectures(as_batch(archs)) == archs
        assert architectures(GraphBatch.from_architectures(archs, n_nodes=9)) == archs


def test_attributes_come_back():
    cells = nb201(2)[0].cells
    archs = [
        Architecture("sizes", cells, (("width", 16.0),)),
        Architecture("sizes", cells, (("depth", 3.0),)),
    ]
    assert architectures(as_batch(archs)) == archs


def test_spellings_are_the_native_ones():
    archs = nb201(50)
    expected = [SPACE.format(arch) for arch in archs]
    assert (
        native_spellings(archs, "nasbench201") == native_spellings(as_batch(archs), "nasbench201") == expected
    )


def test_keys_are_those_of_the_space():
    archs = nb201(50)
    assert keys_of(archs, "nasbench201") == native_spellings(archs, "nasbench201")
    twins = [space("nb101").parse(text) for text in ("1100-010-01-1|c3,c1,mp", "1100-001-10-1|c1,c3,mp")]
    first, second = keys_of(twins, "nasbench101")
    assert first == second == keys_of(as_batch(twins), "nasbench101")[0]


def test_an_unregistered_space_has_no_spelling():
    with pytest.raises(InvalidArgument, match="not registered"):
        native_spellings(nb101(3), nb101(3)[0].space)


def test_a_row_of_a_batch_is_an_architecture():
    archs = nb201(20)
    rows = np.array([4, 4, 1])
    assert architectures(as_batch(archs)[rows]) == [archs[4], archs[4], archs[1]]
