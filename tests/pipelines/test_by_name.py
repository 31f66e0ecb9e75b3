"""Predictor and encoder by name, put together."""

from pathlib import Path as Path_

import numpy as np
import pytest
from sklearn.pipeline import FeatureUnion, Pipeline

from archenc.encoders import Path, ZeroCost
from archenc.errors import DataError, InvalidArgument, UnknownName
from archenc.pipelines.by_name import assemble, parse, reads_graphs, takes_scores
from archenc.predictors import Ridge
from archenc.proxies import OperationScores
from archenc.spaces import space

NB201 = space("nasbench201")
ARCHS = [NB201.parse(index) for index in range(30)]
SCORES = {NB201.format(arch): [float(place), place % 7.0] for place, arch in enumerate(ARCHS)}


def test_a_tabular_predictor_reads_the_rows_of_its_encoder():
    estimator = assemble("ridge", "path", seed=3)
    assert isinstance(estimator, Pipeline)
    assert isinstance(estimator.named_steps["encoder"], Path)
    assert isinstance(estimator.named_steps["predictor"], Ridge)
    assert len(estimator.fit(ARCHS, range(30)).predict(ARCHS)) == 30


def test_a_graph_predictor_takes_the_encoder_as_its_supplement():
    assert assemble("flan").supplement is None
    flan = assemble("flan", "zero_cost", scores=SCORES, names=("a", "b"), seed=5, epochs=3)
    assert isinstance(flan.supplement, ZeroCost)
    assert (flan.seed, flan.epochs) == (5, 3)


def test_several_encoders_are_joined():
    union = assemble("ridge", "path+zero_cost", scores=SCORES, names=("a", "b")).named_steps["encoder"]
    assert isinstance(union, FeatureUnion)
    rows = union.fit_transform(ARCHS)
    assert rows.shape[1] == Path().fit_transform(ARCHS).shape[1] + 2


def test_options_come_with_the_name_or_as_parameters():
    steps = assemble("extra_trees:n_estimators=7", "path:truncate=30").named_steps
    assert (steps["predictor"].n_estimators, steps["encoder"].truncate) == (7, 30)
    assert assemble("extra_trees", "path", n_estimators=9).named_steps["predictor"].n_estimators == 9
    assert assemble("flan:mask=neg_inf:rewire=false").mask == "neg_inf"
    assert assemble("flan:mask=neg_inf:rewire=false").rewire is False


def test_a_quoted_value_may_hold_a_colon():
    assert parse('cole:pooling="layer:3":canonical=true') == (
        "cole",
        {"pooling": "layer:3", "canonical": True},
    )
    assert parse("a:b=1:c=x") == ("a", {"b": 1, "c": "x"})
    with pytest.raises(InvalidArgument, match="no option=value"):
        parse("cole:pooling=layer:3")


def test_scores_reference_and_missing_reach_the_encoders_that_take_them():
    given = {"scores": SCORES, "names": ("a", "b"), "reference": ARCHS[:9], "missing": "indicator"}
    encoder = assemble("ridge", "zero_cost", **given).named_steps["encoder"]
    assert (encoder.scores, encoder.missing, len(encoder.reference)) == (SCORES, "indicator", 9)
    assert isinstance(assemble("ridge", "path", **given), Pipeline)


def test_saliencies_are_found_by_name(tmp_path: Path_, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("ARCHENC_HOME", str(tmp_path))
    values = np.random.default_rng(0).random((30, 6, 2))
    OperationScores.of(ARCHS, values).save(tmp_path / "operations" / "mine" / "operations.parquet")
    options = "epochs=1:layers=2:flow_width=8:head=[8]:timesteps=2"
    model = assemble(f"ta_gates:saliencies=mine:{options}").fit(ARCHS[:8], range(8))
    assert model.config_.features == 2
    other = assemble(f"ta_gates:{options}").fit(ARCHS[:8], range(8))
    assert not np.allclose(model.predict(ARCHS), other.predict(ARCHS))
    with pytest.raises(DataError, match="yours"):
        assemble("gates_pp:saliencies=yours")


def test_a_predictor_gets_what_it_uses():
    given = {"scores": SCORES, "names": ("a", "b"), "reference": ARCHS[:9]}
    flan = assemble("flan", **given)
    assert (flan.scores, flan.names, flan.reference) == (None, None, None)
    described = assemble("flan:op_features=true", **given)
    assert (described.scores, described.reference) == (None, ARCHS[:9])
    warmed = assemble("flan:aux_targets=true", **given)
    assert (warmed.scores, warmed.names, warmed.reference) == (SCORES, ("a", "b"), ARCHS[:9])
    assert assemble("gates_pp", **given).scores == SCORES
    assert assemble("gates_pp:aux_targets=false", **given).scores is None


def test_parse():
    assert parse("path") == ("path", {})
    assert parse("flan:epochs=3:mask=mult:rewire=true:lr=1e-3") == (
        "flan", {"epochs": 3, "mask": "mult", "rewire": True, "lr": 1e-3},
    )  # fmt: skip
    for wrong in ("path:", "path:truncate", "path:truncate=", "path:=3"):
        with pytest.raises(InvalidArgument, match="option=value"):
            parse(wrong)


def test_what_a_name_needs():
    assert reads_graphs("flan:timesteps=1")
    assert reads_graphs("recommended")
    assert not reads_graphs("ridge")
    assert takes_scores("path+zero_cost")
    assert not takes_scores("path:truncate=3+adjacency")


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        ({"predictor": "ridge"}, InvalidArgument, "needs an encoder, one of adjacency"),
        ({"predictor": "ridge", "encoder": "zero_cost"}, InvalidArgument, "needs scores"),
        ({"predictor": "flam"}, UnknownName, "did you mean flan"),
        ({"predictor": "flan", "encoder": "pth"}, UnknownName, "did you mean path"),
        ({"predictor": "flan", "epoch": 3}, InvalidArgument, "flan has no parameter epoch; it has"),
        ({"predictor": "flan", "encoder": "path:trunc=3"}, InvalidArgument, "path has no parameter trunc"),
        ({"predictor": "recommended", "encoder": "path"}, InvalidArgument, "brings its own encodings"),
    ],
)
def test_what_cannot_be_put_together_is_refused(call, error, words: str):
    with pytest.raises(error, match=words):
        assemble(**call)
