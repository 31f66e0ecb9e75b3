"""Predictors on spaces that are no small cells: rows of stages, cells of blocks, widths, learning rates."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import spearmanr
from torch import nn

from archenc.encoders import GraphFeatures, Sizes, Totals
from archenc.networks import from_module
from archenc.pipelines import GraphAndScores, assemble
from archenc.pipelines.graph_and_scores import graph_encoder
from archenc.pipelines.recommendation import Recommended
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
    ("name", "subset", "kinds"),
    [
        ("nbmacro", 1, [Sizes, Totals]),
        ("accel", 1, [Sizes, Totals]),
        ("nds_nasnet", 2, [Sizes]),
        ("nds_enas", None, [Sizes]),
    ],
)
def test_numbers_stand_beside_the_features_of_others(name, subset, kinds):
    (_, features), *others = graph_encoder(space(name).sample(3, 0)).transformer_list
    assert features.max_subset == subset
    assert [type(one) for _, one in others] == kinds


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


@pytest.mark.parametrize("name", ["nbmacro", "natsss", "accel"])
def test_a_row_of_stages_has_a_linear_part_and_keeps_it_when_saved(name, tmp_path):
    archs = space(name).sample(60, 0)
    labels = Sizes().fit(archs).transform(archs).astype(float)
    labels = (labels / (1 + labels.std(axis=0))).sum(axis=1)  # a sum of numbers
    model = GraphAndScores(n_estimators=20).fit(archs[:30], labels[:30])
    found = model.predict(archs[30:])
    assert spearmanr(found, labels[30:]).statistic > 0.9
    assert (
        len(model.process_.widths_) == 6
    )  # of the graph, sizes, totals, costs; logarithms and costs of stages
    forests = GraphAndScores(graph=Sizes(), n_estimators=20).fit(archs[:30], labels[:30])
    assert not forests.process_.linear  # of an encoder of one's own nothing is known
    model.save(tmp_path)
    mean, std = GraphAndScores.load(tmp_path).predict(archs[30:], return_std=True)
    np.testing.assert_array_equal(mean, found)
    assert (std > 0).all()


def test_on_rows_of_stages_size_tells_most_from_a_handful_of_labels():
    archs = space("accel").sample(400, 0)
    totals = Totals().fit(archs)
    size = totals.transform(archs)[:, totals.get_feature_names_out().tolist().index("log_flops")]
    found = GraphAndScores(n_estimators=20).fit(archs[:8], size[:8]).predict(archs[8:])
    assert spearmanr(found, size[8:]).statistic > 0.7


def test_cells_have_no_linear_part():
    archs = space("nb201").sample(12, 0)
    assert not GraphAndScores(n_estimators=5).fit(archs, np.arange(12.0)).process_.linear


@pytest.mark.parametrize("name", ["nbmacro", "natsss", "accel"])
def test_on_rows_of_stages_the_default_has_no_flan(name):
    archs = space(name).sample(60, 0)
    labels = np.random.default_rng(0).random(60)
    default, without = (
        Recommended(n_estimators=5, **options).fit(archs[:50], labels[:50])
        for options in ({}, {"flow_from": None})
    )
    np.testing.assert_array_equal(default.predict(archs), without.predict(archs))
    assert default.flow_ is None


def test_where_operations_are_many_features_are_of_single_ones_and_the_default_has_no_flan():
    archs = space("einspace").sample(56, 0)
    model = Recommended(n_estimators=5).fit(archs[:50], np.arange(50.0))
    assert model.flow_ is None
    single = GraphFeatures(max_subset=1, published=True).fit(archs[:50])
    (_, features), _ = model.rest_.graph_.transformer_list
    np.testing.assert_array_equal(features.transform(archs), single.transform(archs))


def test_scores_of_a_row_of_stages_have_a_forest_of_their_own_and_their_prior(tmp_path):
    archs = space("nbmacro").sample(60, 0)
    totals = Totals().fit(archs).transform(archs)
    member = space("nbmacro")
    scores = {member.format(arch): row[3:8] for arch, row in zip(archs, totals, strict=True)}
    names = ["total_parametrised", "params", "flops", "activations", "params_m"]
    model = GraphAndScores(scores, names, n_estimators=20).fit(archs[:20], totals[:20, 5])
    assert list(model.forests_) == ["numbers", "scores"]
    assert 0 <= model.share_ <= 1
    mean, std = model.predict(archs[20:], return_std=True)
    assert spearmanr(mean, totals[20:, 5]).statistic > 0.9
    model.save(tmp_path)
    loaded = GraphAndScores.load(tmp_path).predict(archs[20:], return_std=True)
    np.testing.assert_array_equal(loaded, (mean, std))


def test_modules_of_different_sizes_are_predicted_from_module_features():
    def net(width: int, depth: int) -> nn.Module:
        layers = [layer for _ in range(depth) for layer in (nn.Conv2d(width, width, 3), nn.ReLU())]
        head = (nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(width, 10))
        return nn.Sequential(nn.Conv2d(3, width, 3), *layers, *head)

    shapes = [(4 + step % 5, 1 + step % 3) for step in range(15)]
    archs = [from_module(net(*shape), (3, 16, 16)) for shape in shapes]
    labels = np.array([float(width * depth) for width, depth in shapes])
    model = Recommended(n_estimators=20).fit(archs[:10], labels[:10])
    assert spearmanr(model.predict(archs[10:]), labels[10:]).statistic > 0.8
