"""Saliencies: looked up by architecture, placed by operation, scaled by what fit sees."""

from __future__ import annotations

import numpy as np
import pytest

from archenc.errors import InvalidArgument, MissingScore
from archenc.graph import as_batch
from archenc.predictors.gated.saliencies import SaliencyScale, placed
from archenc.proxies import OperationScores
from archenc.spaces import space


@pytest.mark.parametrize("name", ["nb101", "nb201", "nb301", "tnb101_macro"])
def test_each_stands_at_its_operation(name: str) -> None:
    archs = space(name).sample(6, 0)
    nodes = as_batch(archs, "op_on_node")
    inner = (
        nodes.mask
        & (np.arange(nodes.n_nodes) >= nodes.inputs)
        & (np.arange(nodes.n_nodes) < nodes.n_nodes - 1)
    )
    most = int(inner.sum((1, 2)).max())
    values = np.random.default_rng(0).normal(size=(6, most, 3))
    found = placed(as_batch(archs), OperationScores.of(archs, values))
    assert found.shape == (*nodes.ops.shape, 3)
    for row in range(6):
        count = int(inner[row].sum())
        np.testing.assert_array_equal(found[row][inner[row]], values[row, :count])
        assert np.isnan(found[row][~inner[row]]).all()


def test_an_architecture_without_saliencies_is_named() -> None:
    archs = space("nb201").sample(3, 0)
    scores = OperationScores.of(archs[:2], np.ones((2, 6, 1)))
    with pytest.raises(MissingScore, match=r"\|"):
        scores(archs)


@pytest.mark.parametrize("shape", [(2, 6), (3, 6, 1)])
def test_refuses_another_shape(shape: tuple[int, ...]) -> None:
    with pytest.raises(InvalidArgument, match="expected"):
        OperationScores.of(space("nb201").sample(2, 0), np.ones(shape))


def test_refuses_other_than_one_row_an_operation() -> None:
    batch = as_batch(space("nb201").sample(2, 0))
    with pytest.raises(InvalidArgument, match="row 1"):
        placed(batch, lambda archs: [np.ones((6, 2)), np.ones((5, 2))])
    with pytest.raises(InvalidArgument, match="1 arrays for 2"):
        placed(batch, lambda archs: [np.ones((6, 2))])


def test_scale_is_learned_and_missing_is_the_mean() -> None:
    raw = np.random.default_rng(0).normal(size=(20, 1, 8, 2)) * [1.0, 1e6]
    raw[:, :, 0] = np.nan
    scale = SaliencyScale.fit(raw)
    scaled = scale.apply(raw)
    np.testing.assert_allclose(scaled[:, :, 1:].mean((0, 1, 2)), 0, atol=1e-5)
    np.testing.assert_allclose(scaled[:, :, 1:].std((0, 1, 2)), 1, atol=1e-5)
    assert (scaled[:, :, 0] == 0).all()
    np.testing.assert_array_equal(scale.apply(raw[:3]), scaled[:3])


def test_a_saliency_that_nobody_has_is_refused() -> None:
    raw = np.ones((4, 1, 8, 2))
    raw[..., 1] = np.nan
    with pytest.raises(InvalidArgument, match="saliency 1"):
        SaliencyScale.fit(raw)
