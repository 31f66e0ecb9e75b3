from __future__ import annotations

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import FeatureUnion, Pipeline
from sklearn.preprocessing import StandardScaler

from archenc.encoders import Adjacency, GraphFeatures, Path, ZeroCost
from archenc.encoders.scores import Scores
from archenc.errors import IncompatibleModel, InvalidArgument
from archenc.graph import Architecture
from archenc.predictors import ExtraTrees, Ridge, load, persistence, save
from archenc.predictors.packing import pack, unpack
from archenc.spaces import space


def _archs(n: int = 40) -> tuple[list[Architecture], np.ndarray]:
    archs = space("nb201").sample(n, np.random.default_rng(0))
    y = np.array([sum(edge.op.name.startswith("conv") for edge in arch.cells[0].edges) for arch in archs])
    return archs, y + 0.01 * np.arange(n)


def _scores(archs: list[Architecture]) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(1)
    return {space("nb201").format(arch): rng.uniform(1, 9, size=2) for arch in archs}


def _table(archs: list[Architecture]) -> Scores:
    scores = _scores(archs)
    return Scores(list(scores), np.stack(list(scores.values())), ["snip", "zen"])


ENCODERS = {
    "adjacency": lambda _: Adjacency(),
    "path": lambda _: Path(truncate=40),
    "graph_features": lambda _: GraphFeatures(),
    "zero_cost": lambda archs: ZeroCost(_scores(archs), names=["snip", "zen"], scaling="rank"),
    "zero_cost_paper": lambda archs: ZeroCost(_scores(archs), names=["snip", "zen"], scaling="paper"),
    "zero_cost_reference": lambda archs: ZeroCost(_scores(archs), names=["a", "b"], reference=archs[:20]),
    "zero_cost_table": lambda archs: ZeroCost(_table(archs), names=["zen"], missing="indicator"),
    "union": lambda archs: FeatureUnion(
        [("a", Adjacency()), ("b", ZeroCost(_scores(archs), names=["a", "b"]))]
    ),
}


@pytest.mark.parametrize("name", ENCODERS)
def test_a_fitted_encoder_comes_back(name: str, tmp_path) -> None:
    archs, _ = _archs()
    encoder = ENCODERS[name](archs).fit(archs[:10])
    persistence.write(tmp_path / "encoder", *pack(encoder))
    twin = unpack(*persistence.read(tmp_path / "encoder"))
    assert type(twin) is type(encoder)
    np.testing.assert_array_equal(twin.transform(archs), encoder.transform(archs))
    assert list(twin.get_feature_names_out()) == list(encoder.get_feature_names_out())


def test_a_pipeline_comes_back_whole(tmp_path) -> None:
    archs, y = _archs()
    code = FeatureUnion([("a", Adjacency()), ("g", GraphFeatures())])
    pipeline = Pipeline([("code", code), ("model", ExtraTrees(n_estimators=9))])
    with pytest.raises(NotFittedError):
        save(pipeline, tmp_path / "pipeline")
    save(pipeline.fit(archs, y), tmp_path / "pipeline")
    np.testing.assert_array_equal(load(tmp_path / "pipeline").predict(archs), pipeline.predict(archs))


def test_an_estimator_that_is_not_fitted_comes_back_so() -> None:
    twin = unpack(*pack(Ridge(alphas=[1.0, 2.0], target="rank")))
    assert twin.get_params() == {"alphas": [1.0, 2.0], "target": "rank", "scaling": "columns"}
    assert vars(twin).keys() == {"alphas", "target", "scaling"}


def test_a_class_without_a_name_cannot_be_saved() -> None:
    with pytest.raises(InvalidArgument, match=r"StandardScaler cannot be saved: it has no entry point"):
        pack(Pipeline([("scale", StandardScaler()), ("model", Ridge())]))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"name": "oracle"}, "no 'oracle'"),
        ({"kind": "builtins", "name": "eval"}, "unknown kind 'builtins'"),
        ({"kind": "sklearn", "name": "StandardScaler"}, "unknown kind 'sklearn'"),
        ({"params": {"beta": 1}}, "beta"),
        ({"version": 0}, "layout 0, this archenc reads 1"),
    ],
)
def test_what_this_archenc_does_not_know_is_refused(change: dict, words: str) -> None:
    X = np.random.default_rng(0).normal(size=(9, 2))
    config, tensors = pack(Ridge().fit(X, X[:, 0]))
    with pytest.raises(IncompatibleModel, match=words):
        unpack(config | change, tensors)
