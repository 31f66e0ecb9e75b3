from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from archenc.encoders import CATE
from archenc.encoders.learned.base import pretrain
from archenc.encoders.learned.weights import FOLDER, Weights
from archenc.errors import InvalidArgument
from archenc.graph import GraphBatch
from archenc.spaces import space
from archenc.testing.encoder_kit import EncoderKit


def links(batch: GraphBatch) -> np.ndarray:
    """A cost that takes no time."""
    return batch.adjacency.sum(axis=(1, 2, 3))


TINY: dict[str, Any] = {
    "weights": None,
    "cost": links,
    "window": 2.0,
    "width": 16,
    "heads": 4,
    "graph_layers": 2,
    "graph_inner": 32,
    "cross_layers": 1,
    "cross_inner": 32,
    "epochs": 1,
    "batch_size": 16,
    "warmup": 1,
}


class TestOnNasBench101(EncoderKit):
    def make_encoder(self):
        return CATE(**TINY)

    def architectures(self):
        return space("nb101").sample(40, 1)


class TestOnNasBench201(EncoderKit):
    def make_encoder(self):
        return CATE(direction="both", pool="output", **TINY)

    def architectures(self):
        return space("nb201").sample(40, 1)


class TestOnNasBench301(EncoderKit):
    def make_encoder(self):
        return CATE(**TINY)

    def architectures(self):
        return space("nb301").sample(24, 1)


class TestPublished(EncoderKit):
    def make_encoder(self):
        return CATE(preset="published", **TINY)

    def architectures(self):
        return space("tnb101").sample(40, 1)


def test_columns_are_the_width_a_cell():
    encoder = CATE(**TINY).fit(space("nb301").sample(24, 0))
    assert encoder.transform(space("nb301").sample(3, 1)).shape == (3, 32)
    assert list(encoder.get_feature_names_out())[::16] == ["cell0_cate_0", "cell1_cate_0"]


@pytest.mark.parametrize(("direction", "pool"), [("succ", "last"), ("succ", "output"), ("pred", "input")])
def test_a_node_that_sees_only_itself_is_no_code(direction: Any, pool: Any):
    with pytest.raises(InvalidArgument, match=f"pool='{pool}'"):
        CATE(direction=direction, pool=pool, **TINY).fit(space("nb201").sample(20, 0))


@pytest.mark.parametrize(("direction", "pool"), [("succ", "input"), ("pred", "output"), ("both", "last")])
def test_other_pools_tell_cells_apart(direction: Any, pool: Any):
    archs = space("nb201").sample(30, 0)
    code = CATE(direction=direction, pool=pool, **TINY).fit_transform(archs)
    assert len(np.unique(code, axis=0)) > 25


def test_weights_made_once_are_used_again(tmp_path):
    archs = space("nb201").sample(40, 0)
    encoder = CATE(**TINY)
    made = pretrain(encoder, archs, tmp_path / "weights")
    known = {**TINY, "weights": tmp_path / "weights"}
    code = CATE(**known).fit(archs[:2]).transform(archs)
    np.testing.assert_array_equal(code, encoder.fit(archs).transform(archs))
    kept = {name: value for name, value in made.tensors.items() if name.startswith("graph.")}
    Weights(made.config, kept).save(tmp_path / "graph")
    known["weights"] = tmp_path / "graph"
    np.testing.assert_array_equal(CATE(**known).fit(archs[:2]).transform(archs), code)
    with pytest.raises(InvalidArgument, match="graph_layers=3"):
        CATE(**{**known, "graph_layers": 3}).fit(archs)
    with pytest.raises(InvalidArgument, match="direction='pred'"):
        CATE(direction="pred", **known).fit(archs)


PACKED = sorted(path.name.removeprefix("cate-clean-") for path in FOLDER.glob("cate-clean-*"))


@pytest.mark.parametrize("name", PACKED)
def test_our_weights_say_what_they_have_seen_and_give_codes(name: str):
    weights = Weights.load(FOLDER / f"cate-clean-{name}")
    assert weights.frame.space == name
    assert all(tensor.startswith("graph.") for tensor in weights.tensors)
    assert weights.tensors["graph.layers.qkv"].shape == (12, 3 * 64, 64)
    training = weights.config["training"]
    assert training["items"] > 10_000
    assert training["published"]["epochs"] == 10
    assert 0 < training["best_held_out_loss"] < 1.5
    archs = space(name).sample(12, 0)
    code = CATE().fit(archs).transform(archs)
    assert np.isfinite(code).all()
    assert len(np.unique(code, axis=0)) == len({arch.id() for arch in archs})
