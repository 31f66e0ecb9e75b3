"""Graph and scores in one ensemble: the contract, beliefs before labels, and inputs of every sort."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import kendalltau

from archenc.encoders import Scores
from archenc.errors import InvalidArgument, MissingScore
from archenc.graph import Architecture
from archenc.pipelines.graph_and_scores import GraphAndScores, half_ranked
from archenc.predictors import load
from archenc.spaces import space
from archenc.testing.predictor_kit import PredictorKit

NB201 = space("nasbench201")


@cache
def _material() -> tuple[list[Architecture], np.ndarray, Scores]:
    """160 cells, a quality that graph and scores tell together, and three scores for each of them."""
    rng = np.random.default_rng(0)
    archs = NB201.sample(160, 0)
    convs = np.array(
        [sum(e.op.kernel == (3, 3) and e.op.parametrised for e in a.cells[0].edges) for a in archs]
    )
    hidden = rng.normal(size=160)
    columns = np.stack([np.exp(convs + 0.3 * rng.normal(size=160)), hidden + convs, rng.normal(size=160)], 1)
    scores = Scores([NB201.format(a) for a in archs], columns, ["c_params", "c_synflow", "c_plain"])
    return archs, convs + 0.7 * hidden + 0.05 * rng.normal(size=160), scores


class TestGraphAndScores(PredictorKit):
    n_few = 12

    def make_predictor(self, seed: int = 0) -> GraphAndScores:
        return GraphAndScores(_material()[2], n_estimators=20, seed=seed)

    def data(self) -> tuple[list[Architecture], np.ndarray]:
        return _material()[:2]


class TestOnGraphsAlone(PredictorKit):
    n_few = 12
    min_tau = 0.3  # half of the quality is not in the graph

    def make_predictor(self, seed: int = 0) -> GraphAndScores:
        return GraphAndScores(n_estimators=20, seed=seed)

    def data(self) -> tuple[list[Architecture], np.ndarray]:
        return _material()[:2]


def test_belief_in_the_proxies_helps_while_labels_are_few_and_is_their_direction() -> None:
    archs, y, scores = _material()

    def tau(prior: float, start: int) -> float:
        few = slice(start, start + 4)
        model = GraphAndScores(scores, prior=prior, n_estimators=20).fit(archs[few], y[few])
        return kendalltau(model.predict(archs[40:]), y[40:]).statistic

    taus = {prior: np.mean([tau(prior, start) for start in range(0, 40, 4)]) for prior in (0.0, 1.0)}
    assert taus[1.0] > taus[0.0] + 0.02


def test_scores_without_a_known_proxy_bring_no_prior() -> None:
    archs, y, scores = _material()
    plain = scores.select(["c_plain"])
    with_prior, without = (
        GraphAndScores(plain, prior=p, n_estimators=20).fit(archs[:20], y[:20]).predict(archs)
        for p in (0.5, 0.0)
    )
    np.testing.assert_array_equal(with_prior, without)


def test_a_missing_score_is_marked_or_refused() -> None:
    archs, y, scores = _material()
    table = scores.rows([NB201.format(a) for a in archs]).copy()
    table[5, 1] = np.nan
    holed = Scores([NB201.format(a) for a in archs], table, ["c_params", "c_synflow", "c_plain"])
    marked = GraphAndScores(holed, n_estimators=20).fit(archs[:30], y[:30])
    assert np.isfinite(marked.predict(archs)).all()
    with pytest.raises(MissingScore, match="c_synflow"):
        GraphAndScores(holed, missing="raise").fit(archs[:30], y[:30])


def test_nothing_but_training_rows_is_looked_at() -> None:
    archs, y, scores = _material()
    table = scores.rows([NB201.format(a) for a in archs]).copy()
    table[100:] *= 17.0
    changed = Scores([NB201.format(a) for a in archs], table, ["c_params", "c_synflow", "c_plain"])
    first, second = (
        GraphAndScores(s, n_estimators=20).fit(archs[:30], y[:30]).predict(archs[:100])
        for s in (scores, changed)
    )
    np.testing.assert_array_equal(first, second)


def test_saved_and_loaded_scores_new_architectures(tmp_path: Path) -> None:
    archs, y, scores = _material()
    model = GraphAndScores(scores, n_estimators=20).fit(archs[:30], y[:30])
    model.save(tmp_path / "model")
    np.testing.assert_allclose(load(tmp_path / "model").predict(archs), model.predict(archs), atol=1e-9)


def test_half_ranked_keeps_the_order_and_tames_outliers() -> None:
    y = np.array([-1e6, 1.0, 2.0, 3.0, 4.0])
    t = half_ranked(y)
    assert (np.diff(t) > 0).all()
    assert t[2] - t[1] > 0.2


def test_refuses_a_negative_belief() -> None:
    archs, y, _ = _material()
    with pytest.raises(InvalidArgument, match="prior=-1"):
        GraphAndScores(prior=-1.0).fit(archs[:10], y[:10])
