"""From names to a task and methods, and the scores they see."""

import numpy as np
import pytest
from sklearn.pipeline import FeatureUnion, Pipeline

from archenc.errors import InvalidArgument, UnknownName
from archenc.evaluation.scores import default_scores, score_names, scores_from
from archenc.evaluation.setup import Wanted, combine, set_up
from archenc.spaces import space
from archenc.tables import BenchmarkTable, Metric

NB201 = space("nasbench201")
PROXIES = (
    "epe_nas", "fisher", "flops", "grad_norm", "grasp", "jacov", "l2_norm", "nwot", "params", "plain", "snip",
    "synflow", "zen",
)  # fmt: skip


@pytest.fixture(scope="module")
def table() -> BenchmarkTable:
    rng = np.random.default_rng(0)
    n = 60
    columns = {"cifar10_acc": rng.normal(size=n), "cifar10_zen": rng.normal(size=n)}
    columns |= {f"cifar10_zc64_{proxy}": rng.normal(size=n) for proxy in PROXIES}
    columns["cifar10_zc64_grasp"][:10] = np.nan
    metrics = [Metric("cifar10_acc", "cifar10", "accuracy", direction="max", unit="fraction")]
    return BenchmarkTable.from_columns(
        "nasbench201", [NB201.parse(index) for index in range(n)], columns, metrics
    )


def test_scores_are_found_by_native_spelling(table):
    scores = scores_from(table, ["cifar10_zen", "cifar10_zc64_grasp"])
    assert scores.names == ("cifar10_zen", "cifar10_zc64_grasp")
    spelling = NB201.format(NB201.parse(20))
    assert scores[spelling].tolist() == [table.values(name)[20] for name in scores.names]
    assert np.isnan(scores[NB201.format(NB201.parse(3))][1])


def test_rows_without_any_of_the_scores_are_left_out(table):
    assert len(scores_from(table, ["cifar10_zc64_grasp"])) == 50


def test_a_set_of_scores_is_that_of_the_dataset(table):
    assert score_names(table, "13", dataset="cifar10") == [f"cifar10_zc64_{proxy}" for proxy in PROXIES]
    assert score_names(table, "cifar10_zen, cifar10_zc64_snip", dataset="cifar10") == [
        "cifar10_zen",
        "cifar10_zc64_snip",
    ]
    assert default_scores(table, "zero_cost") == "13"
    with pytest.raises(UnknownName, match="cifar100_zc64_epe_nas"):
        score_names(table, "13", dataset="cifar100")


def test_the_pool_is_complete_or_the_gaps_are_marked(table):
    wanted = [Wanted("ridge", "zero_cost")]
    complete, (method,) = set_up(table, "cifar10_acc", wanted, scores="13")
    assert len(complete) == 50
    assert method.estimator.named_steps["encoder"].missing == "raise"
    whole, (method,) = set_up(table, "cifar10_acc", wanted, scores="13", pool="all")
    assert len(whole) == 60
    fitted = method.estimator.fit(whole.X, whole.y)
    assert fitted[:-1].transform(whole.X).shape == (60, 26)


def test_an_encoder_of_scores_has_a_default_and_others_leave_the_pool_whole(table):
    task, _ = set_up(table, "cifar10_acc", [Wanted("ridge", "zero_cost")])
    assert len(task) == 50
    task, _ = set_up(table, "cifar10_acc", [Wanted("ridge", "path")])
    assert len(task) == 60


def test_predictors_times_encoders():
    assert combine(["ridge", "extra_trees"], ["path", "adjacency+path"]) == [
        Wanted("ridge", "path"), Wanted("ridge", "adjacency+path"),
        Wanted("extra_trees", "path"), Wanted("extra_trees", "adjacency+path"),
    ]  # fmt: skip
    assert combine(["flan"], []) == [Wanted("flan")]
    assert combine(["flan"], ["graph", "path"]) == [Wanted("flan", None), Wanted("flan", "path")]
    assert combine(["ridge", "flan"], ["graph", "path"]) == [
        Wanted("ridge", "path"), Wanted("flan", None), Wanted("flan", "path"),
    ]  # fmt: skip
    assert combine(["recommended", "ridge"], ["path"]) == [Wanted("recommended"), Wanted("ridge", "path")]


def test_names_in_the_tables():
    assert Wanted("flan").names == ("flan", "graph")
    assert Wanted("ridge", "path:truncate=30").names == ("ridge", "path:truncate=30")


def test_methods_are_assembled(table):
    _, methods = set_up(table, "cifar10_acc", [Wanted("extra_trees:n_estimators=7", "path+zero_cost")])
    pipeline = methods[0].estimator
    assert isinstance(pipeline, Pipeline)
    assert isinstance(pipeline.named_steps["encoder"], FeatureUnion)
    assert pipeline.named_steps["predictor"].n_estimators == 7


@pytest.mark.parametrize(
    ("predictors", "encoders", "error", "words"),
    [
        (["ridge"], [], InvalidArgument, "needs an encoder, one of adjacency"),
        (["ridge"], ["graph"], InvalidArgument, "needs an encoder"),
        (["ridge"], ["paths"], UnknownName, "did you mean path"),
        (["rigde"], ["path"], UnknownName, "did you mean ridge"),
        (["ridge:alfa=1"], ["path"], InvalidArgument, "no parameter alfa"),
        (["ridge:alpha"], ["path"], InvalidArgument, "no option=value"),
    ],
)
def test_names_that_do_not_work_are_refused(table, predictors, encoders, error, words: str):
    with pytest.raises(error, match=words):
        set_up(table, "cifar10_acc", combine(predictors, encoders))


def test_an_unknown_pool_is_refused(table, as_users_call_it):
    with pytest.raises(InvalidArgument, match="pool='some'"):
        set_up(table, "cifar10_acc", [Wanted("ridge", "path")], pool="some")


def test_options_of_all_methods_are_given_but_not_shown():
    everywhere = (("cole", "dtype=bfloat16"), ("ridge", "scaling=common"))
    one = Wanted("ridge:target=rank", "path+cole:canonical=true", everywhere)
    assert one.names == ("ridge:target=rank", "path+cole:canonical=true")
    assert one.specs == ("ridge:scaling=common:target=rank", "path+cole:dtype=bfloat16:canonical=true")
    assert Wanted("gates", None, everywhere).specs == ("gates", None)
