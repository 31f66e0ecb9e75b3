"""Features of operation instances: hand-made values, isomorphic cells, and their scale."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from archenc.errors import InvalidArgument
from archenc.graph import Architecture, as_batch
from archenc.networks import build, count, operation_paths
from archenc.predictors.information.op_features import NAMES, OpFeatures, static_features
from archenc.spaces import space

SPACES = ("nasbench101", "nasbench201", "nasbench301", "transnasbench101", "transnasbench101_macro")


def _by_name(row: np.ndarray) -> dict[str, float]:
    return dict(zip(NAMES, row.tolist(), strict=True))


def test_a_cell_by_hand() -> None:
    """Edges 0-1 1-2 2-3 are 3x3, 3x3 and 1x1 convolutions; 0-3 pools, the others carry nothing."""
    text = "|nor_conv_3x3~0|+|none~0|nor_conv_3x3~1|+|avg_pool_3x3~0|none~1|nor_conv_1x1~2|"
    found = static_features(as_batch([space("nasbench201").parse(text)]))
    assert found.shape == (1, 1, 8, len(NAMES))
    rows = [_by_name(row) for row in found[0, 0]]
    assert [row["field"] for row in rows] == [0, 2, 0, 4, 2, 0, 4, 4]
    assert [row["depth"] for row in rows] == [0, 1, 0, 2, 1, 0, 3, 4]
    assert [row["none"] for row in rows] == [0, 0, 1, 0, 0, 1, 0, 0]
    assert rows[0]["input"] == rows[-1]["output"] == rows[4]["pooling"] == 1
    weights = sum(5 * (9 * width * width + 2 * width) for width in (16, 32, 64))
    assert rows[1]["log_params"] == pytest.approx(np.log1p(weights))
    assert rows[4]["log_params"] == 0
    assert rows[4]["log_flops"] > 0


@pytest.mark.parametrize("name", SPACES)
def test_shapes_padding_and_finiteness(name: str) -> None:
    batch = as_batch(space(name).sample(20, 0))
    found = static_features(batch)
    mask = batch.to_view("op_on_node").mask
    assert found.shape == (*mask.shape, len(NAMES))
    assert np.isfinite(found).all()
    assert (found[~mask] == 0).all()


def test_operations_without_weights_have_no_paths_and_no_parameters() -> None:
    archs = space("nasbench301").sample(5, 0)
    found = static_features(as_batch(archs))[..., NAMES.index("log_params")]
    for row, arch in enumerate(archs):
        paths = operation_paths(build(arch, device="meta", recipe="darts"))
        for (cell, number), own in paths.items():
            assert (found[row, cell, 2 + number] > 0) == bool(own)


def test_parameters_of_operations_are_those_of_the_network_but_for_what_lies_outside() -> None:
    one, other = (
        space("nasbench201").parse("+".join(f"|{'|'.join(f'{o}~{i}' for i in range(k))}|" for k in (1, 2, 3)))
        for o in ("nor_conv_3x3", "skip_connect")
    )
    found = np.expm1(static_features(as_batch([one]))[0, 0, :, NAMES.index("log_params")]).sum()
    gap = count(build(one, device="meta")).params - count(build(other, device="meta")).params
    assert found == pytest.approx(gap, rel=1e-5)


def test_isomorphic_cells_have_the_same_rows() -> None:
    nb101 = space("nasbench101")
    twins = [nb101.parse(text) for text in ("1100-010-01-1|c3,c1,mp", "1100-001-10-1|c1,c3,mp")]
    one, other = static_features(as_batch(twins))[:, 0]
    np.testing.assert_array_equal(one[[0, 2, 1, 3, 4]], other)


def test_the_scale_is_that_of_the_reference() -> None:
    archs = space("nasbench101").sample(60, 0)
    fitted = OpFeatures.fit(archs)
    code = fitted.transform(archs)
    rows = code[as_batch(archs).to_view("op_on_node").mask].astype(np.float64)
    np.testing.assert_allclose(rows.mean(0), 0, atol=1e-5)
    spread = rows.std(0)
    assert (np.isclose(spread, 1, atol=1e-4) | (spread == 0)).all()
    np.testing.assert_array_equal(fitted.transform(archs[:3]), code[:3])
    np.testing.assert_array_equal(fitted.transform(as_batch(archs)), code)


def _salient(archs: Sequence[Architecture]) -> list[np.ndarray]:
    """One number an operation; the first operation of the second architecture lacks it."""
    sizes = [sum(cell.n_nodes - 2 for cell in arch.cells) for arch in archs]
    given = [np.arange(1.0, size + 1)[:, None] for size in sizes]
    if len(given) > 1:
        given[1][0] = np.nan
    return given


def test_saliencies_bring_a_column_and_a_flag() -> None:
    nb101 = space("nasbench101")
    archs = [nb101.parse("110-01-1|c3,c1"), nb101.parse("110-01-1|c3,mp")]
    fitted = OpFeatures.fit(archs, _salient)
    assert len(fitted.mean) == len(NAMES) + 2
    value, flag = fitted.transform(archs, _salient)[:, 0, 1:3, -2:].transpose(2, 0, 1)
    assert (value[1] == 0).all()  # missing, and without weights
    assert value[0, 0] < value[0, 1]
    assert (flag[1] > flag[0]).all()


def test_saliencies_of_another_shape_are_refused() -> None:
    archs = space("nasbench101").sample(3, 0)
    with pytest.raises(InvalidArgument, match="one row an operation"):
        OpFeatures.fit(archs, lambda given: [np.zeros((1, 2)) for _ in given])
    with pytest.raises(InvalidArgument, match="2 arrays for 3"):
        OpFeatures.fit(archs, lambda given: _salient(given)[:2])
