"""Predictors on spaces that are no small cells: rows of stages, cells of blocks, widths, learning rates."""

from __future__ import annotations

import numpy as np
import pytest

from archenc.encoders import GraphFeatures, Sizes
from archenc.pipelines import GraphAndScores, assemble
from archenc.pipelines.graph_and_scores import graph_encoder
from archenc.spaces import space

WIDE = ["nbmacro", "natsss", "accel", "lanas", "nds_darts_lr_wd", "nds_nasnet"]


@pytest.mark.parametrize("name", WIDE)
@pytest.mark.parametrize("predictor", ["flan:timesteps=1:epochs=1", "gates:epochs=1", "graph_and_scores"])
def test_every_kind_of_predictor_reads_them(name, predictor):
    archs = space(name).sample(20, 0)
    labels = np.random.default_rng(0).random(20)
    model = GraphAndScores(n_estimators=5) if predictor == "graph_and_scores" else assemble(predictor)
    found = model.fit(archs[:12], labels[:12]).predict(archs)
    assert np.isfinite(found).all()
    assert len(set(found.tolist())) > 10


@pytest.mark.parametrize("name", ["nb201", "nb301", "nb101", "tnb101_macro"])
def test_small_cells_keep_their_features(name):
    encoder = graph_encoder(space(name).sample(3, 0))
    assert isinstance(encoder, GraphFeatures)
    assert encoder.get_params() == GraphFeatures(published=True).get_params()


@pytest.mark.parametrize(
    ("name", "subset"), [("nbmacro", 1), ("accel", 1), ("nds_nasnet", 2), ("nds_enas", None)]
)
def test_numbers_stand_beside_the_features_of_others(name, subset):
    (_, features), (_, sizes) = graph_encoder(space(name).sample(3, 0)).transformer_list
    assert features.max_subset == subset
    assert isinstance(sizes, Sizes)


def test_flan_sees_width_depth_and_the_rates():
    member = space("nds_darts_lr_wd")
    arch = member.sample(1, 0)[0]
    rates = [
        type(arch)(arch.space, arch.cells, tuple({**dict(arch.attributes), "lr": lr}.items()))
        for lr in (0.001, 1.0)
    ]
    archs = member.sample(12, 1)
    model = assemble("flan:timesteps=1:epochs=1").fit(archs, np.arange(12.0))
    one, other = model.predict(rates)
    assert one != other
