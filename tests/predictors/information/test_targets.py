"""Cheap measurements of architectures: looked up or computed, missing ones, redundant ones."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from archenc.encoders.scores import Scores
from archenc.errors import InvalidArgument
from archenc.graph import Architecture, as_batch
from archenc.predictors.information.targets import Targets, distinct, measured
from archenc.spaces import space


def _archs(n: int = 6) -> list[Architecture]:
    return space("nasbench201").sample(n, 0)


def _edges(archs: Sequence[Architecture]) -> np.ndarray:
    return np.array([[sum(edge.op.parametrised for edge in arch.cells[0].edges), 1.0] for arch in archs])


def test_a_mapping_a_table_and_a_function_give_the_same() -> None:
    archs = _archs()
    keys = [space("nasbench201").key(arch) for arch in archs]
    values = _edges(archs)
    table = Scores(keys, values, ["a", "b"])
    by_dict = measured(archs, dict(zip(keys, values, strict=True)), ["a", "b"])
    for found in (by_dict, measured(archs, table), measured(as_batch(archs), table)):
        np.testing.assert_array_equal(found.values, values)
        assert found.names == ("a", "b")
    np.testing.assert_array_equal(measured(archs, _edges).values, values)
    assert measured(archs, table, ["b"]).names == ("b",)


def test_what_is_not_there_is_missing() -> None:
    archs = _archs(3)
    keys = [space("nasbench201").key(arch) for arch in archs]
    found = measured(archs, {keys[0]: [1.0, np.inf], keys[2]: [2.0, 3.0]})
    np.testing.assert_array_equal(found.values, [[1, np.nan], [np.nan, np.nan], [2, 3]])


@pytest.mark.parametrize("name", ["nasbench101", "nasbench301", "transnasbench101_macro"])
def test_without_scores_there_are_counts(name: str) -> None:
    found = measured(space(name).sample(8, 0), None)
    assert found.values.shape == (8, 2)
    assert (found.values > 0).any(0).all()


def test_targets_that_say_nothing_new_are_left_out() -> None:
    rng = np.random.default_rng(0)
    one, other = rng.random((2, 50))
    gaps = np.where(np.arange(50) % 3 == 0, np.nan, -np.exp(one))  # the order of `one`, turned, with gaps
    few = np.r_[1.0, np.full(49, np.nan)]
    values = np.column_stack([one, gaps, np.ones(50), other, few])
    assert distinct(Targets(values, tuple("abcde"))).names == ("a", "d")
    with pytest.raises(InvalidArgument, match="two different values"):
        distinct(Targets(np.ones((5, 1)), ("a",)))


def test_refuses_other_shapes() -> None:
    archs = _archs()
    keys = [space("nasbench201").key(arch) for arch in archs]
    with pytest.raises(InvalidArgument, match=r"\(n, k\)"):
        measured(archs, lambda given: np.zeros(len(given)))
    with pytest.raises(InvalidArgument, match="expected 2"):
        measured(archs, _edges, ["a"])
    with pytest.raises(InvalidArgument, match="one number of them"):
        measured(archs, {keys[0]: [1.0], keys[1]: [1.0, 2.0]})
    with pytest.raises(InvalidArgument, match="some architecture"):
        measured(archs, {})
