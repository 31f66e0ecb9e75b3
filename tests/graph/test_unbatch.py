"""Architectures from arrays: see also tests/encoders/test_spellings.py, which reads more of them."""

from __future__ import annotations

import pytest

from archenc.errors import InvalidArgument
from archenc.graph import architectures, as_batch
from archenc.spaces import space


@pytest.mark.parametrize("name", ["nasbench101", "nasbench201", "nasbench301", "transnasbench101_macro"])
def test_a_batch_gives_its_architectures_back(name: str) -> None:
    archs = space(name).sample(20, 0)
    assert architectures(as_batch(archs)) == archs


def test_refuses_another_view() -> None:
    batch = as_batch(space("nasbench201").sample(2, 0), "op_on_node")
    with pytest.raises(InvalidArgument, match="op_on_node"):
        architectures(batch)
