"""The recommended predictor: the light ensemble while labels are few, FLAN beside it after that."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import kendalltau

import archenc
from archenc.encoders import Scores
from archenc.errors import InvalidArgument
from archenc.graph import Architecture
from archenc.pipelines import GraphAndScores, recommendation
from archenc.pipelines.recommendation import Recommended, recommended
from archenc.predictors import load
from archenc.spaces import space
from archenc.testing.predictor_kit import PredictorKit

NB201 = space("nasbench201")


@cache
def _material() -> tuple[list[Architecture], np.ndarray, Scores]:
    """100 cells, a quality that the graph tells, and five scores of each of them."""
    rng = np.random.default_rng(0)
    archs = NB201.sample(100, 0)
    convs = np.array(
        [sum(e.op.kernel == (3, 3) and e.op.parametrised for e in a.cells[0].edges) for a in archs]
    )
    y = convs + 0.1 * rng.normal(size=100)
    columns = np.stack([y + rng.normal(size=100) for _ in range(5)], 1)
    return archs, y, Scores([NB201.format(a) for a in archs], columns, [f"c_{k}" for k in range(5)])


class TestRecommended(PredictorKit):
    n_few = 12

    def make_predictor(self, seed: int = 0) -> Recommended:
        return Recommended(n_estimators=20, flow_from=1000, seed=seed)

    def data(self) -> tuple[list[Architecture], np.ndarray]:
        return _material()[:2]


def _with_flow(scores: Scores | None = None) -> Recommended:
    archs, y, _ = _material()
    return Recommended(scores, n_estimators=20, flow_from=12).fit(archs[:16], y[:16])


def test_the_public_name_gives_the_default() -> None:
    model = archenc.recommended(_material()[2], seed=3)
    assert isinstance(model, Recommended)
    assert (model.seed, model.prior, model.flow_from) == (3, 0.3, "auto")
    assert recommended(flow_from=None).flow_from is None


def test_below_flow_from_it_is_the_light_ensemble() -> None:
    archs, y, scores = _material()
    light = GraphAndScores(scores, n_estimators=20).fit(archs[:16], y[:16])
    for flow_from in (17, None):
        model = Recommended(scores, n_estimators=20, flow_from=flow_from).fit(archs[:16], y[:16])
        np.testing.assert_array_equal(model.predict(archs), light.predict(archs))
        assert model.flow_ is None


def test_by_itself_flan_joins_from_48_cells_on(monkeypatch: pytest.MonkeyPatch) -> None:
    joined: list[int] = []
    monkeypatch.setattr(
        recommendation, "_join_flow", lambda models: joined.extend(len(y) for _, _, y in models)
    )
    archs, y, _ = _material()
    for n in (47, 48):
        Recommended(n_estimators=5).fit(archs[:n], y[:n])
    assert joined == [48]


def test_flan_joins_with_the_share_that_held_out_cells_give_it(tmp_path: Path) -> None:
    archs, y, scores = _material()
    model = _with_flow(scores)
    assert model.flow_.supplement_ is not None
    assert 0 < model.blend_.share < 1
    score, std = model.predict(archs, return_std=True)
    assert kendalltau(score[16:], y[16:])[0] > 0.4
    assert (std > 0).all()
    model.save(tmp_path / "model")
    np.testing.assert_allclose(load(tmp_path / "model").predict(archs), score, atol=1e-6)


def test_few_scores_are_no_supplement() -> None:
    assert _with_flow(_material()[2].select(["c_0"])).flow_.supplement_ is None


def test_trials_together_are_the_trials_one_by_one() -> None:
    archs, y, _ = _material()
    trials = [(archs[k : k + 15], y[k : k + 15], k) for k in (0, 15)]
    model = Recommended(n_estimators=20, flow_from=12)
    for one, (X, labels, seed) in zip(model.fit_trials(trials), trials, strict=True):
        alone = Recommended(n_estimators=20, flow_from=12, seed=seed).fit(X, labels)
        # sums in another order, carried through 300 steps: the same predictor, not the same bits
        assert kendalltau(one.predict(archs), alone.predict(archs))[0] > 0.9
        np.testing.assert_array_equal(one.rest_.predict(archs), alone.rest_.predict(archs))


def test_flan_on_a_handful_of_labels_is_refused() -> None:
    archs, y, _ = _material()
    with pytest.raises(InvalidArgument, match="flow_from=3"):
        Recommended(flow_from=3).fit(archs[:10], y[:10])


def test_labels_that_hardly_differ_are_learned_from_all_the_same() -> None:
    archs = _material()[0]
    labels = np.ones(13)
    labels[0] = 2.0
    score = Recommended(n_estimators=20, flow_from=12).fit(archs[:13], labels).predict(archs)
    assert np.isfinite(score).all()


def test_marks_of_missing_scores_are_no_scores() -> None:
    archs, y, scores = _material()
    three = scores.select(["c_0", "c_1", "c_2"])
    model = Recommended(three, missing="indicator", n_estimators=20).fit(archs[:20], y[:20])
    assert not model.rest_.has_many_scores
    assert len(model.rest_.zero_cost_.get_feature_names_out()) == 6
