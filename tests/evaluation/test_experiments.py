"""Packaged experiments: whole, paired, and resumed from their journal."""

import numpy as np
import pytest

from archenc.errors import UnknownName
from archenc.evaluation.experiments import _experiment as read
from archenc.evaluation.experiments import experiment, experiments, reproduce
from archenc.evaluation.results import read_trials
from archenc.pipelines.by_name import parse
from archenc.registry import Registry
from archenc.spaces import space
from archenc.tables import BenchmarkTable, Metric

NB201 = space("nasbench201")

TINY = {
    "title": "A tiny one",
    "space": "nasbench201",
    "metric": "cifar10_acc",
    "seed": 4,
    "beside": ["flan/nb201/zcp"],
    "parts": [
        {"sizes": [7, 20], "trials": 3, "predictors": ["ridge"], "encoders": ["path", "adjacency"],
         "published": {"ridge path": ["flan/nb201/flan"]}},
        {"sizes": [39], "trials": 2, "methods": [
            {"predictor": "ridge", "encoder": "path", "published": ["flan/nb201/flan"]}]},
    ],
}  # fmt: skip


@pytest.fixture(scope="module")
def table() -> BenchmarkTable:
    archs = [NB201.parse(index) for index in range(80)]
    labels = [NB201.format(arch).count("conv") + 0.01 * place for place, arch in enumerate(archs)]
    metrics = [Metric("cifar10_acc", "cifar10", "accuracy", direction="max")]
    return BenchmarkTable.from_columns("nasbench201", archs, {"cifar10_acc": np.array(labels)}, metrics)


def test_the_experiments_of_the_house_are_there():
    assert {
        "flan-nb201",
        "flan-zcp-nb201",
        "recommended-nb201-13",
        "recommended-nb201-all",
        "encodings-nb201",
    } <= set(experiments())
    with pytest.raises(UnknownName, match="did you mean flan-nb201"):
        experiment("flan-nb20")


@pytest.mark.parametrize("name", experiments())
def test_every_experiment_names_what_exists(name: str):
    this = experiment(name)
    assert this.compared() is not None
    assert space(this.space).name == this.space
    predictors, encoders = Registry("predictors").names(), Registry("encoders").names()
    for part in this.parts:
        assert part.methods
        ran = {wanted.names for wanted in part.methods}
        assert set(part.published) <= ran
        this.protocol(part)
        for wanted in part.methods:
            assert parse(wanted.predictor)[0] in [*predictors, "recommended"]
            for encoder in (wanted.encoder or "path").split("+"):
                assert parse(encoder)[0] in encoders


def test_the_issue_s_protocol_is_kept():
    for name in ("flan-nb201", "flan-zcp-nb201", "recommended-nb201-13", "recommended-nb201-all"):
        for part in experiment(name).parts:
            assert part.sizes == (7, 39, 78)
            assert part.trials >= 9


def test_published_figures_stand_beside_at_their_budget():
    this = experiment("recommended-nb201-13")
    best = {}
    for figure in this.compared():
        if figure.metric == "kendall_tau":
            best[figure.n_train] = max(best.get(figure.n_train, 0), figure.value)
    assert [best[size] for size in (7, 39, 78)] == [0.5382, 0.708, 0.788]


def test_a_reproduction_has_all_parts_and_resumes(table, tmp_path):
    this = read("tiny", TINY)
    found = reproduce(this, table, tmp_path, metrics=("kendall_tau",))
    assert found.n_pool == 80
    assert [(row["method"], row["encoding"], row["n_train"], row["n_trials"]) for row in found.rows] == [
        ("ridge", "path", 7, 3), ("ridge", "path", 20, 3), ("ridge", "adjacency", 7, 3),
        ("ridge", "adjacency", 20, 3), ("ridge", "path", 39, 2),
    ]  # fmt: skip
    assert [row["published"] for row in found.rows if row["n_train"] != 20] == [
        0.496,
        pytest.approx(np.nan, nan_ok=True),
        0.698,
    ]
    assert found.rows[0]["command"] == "archenc reproduce tiny"
    assert found.rows[0]["seed"] == "4"
    assert set(found.predictions) == {"ridge · path"}
    assert len(found.predictions["ridge · path"]["true"]) == 41
    assert read_trials(tmp_path / "trials.csv") == found.trials
    before = (tmp_path / "journal.jsonl").read_bytes()
    again = reproduce(this, table, tmp_path, metrics=("kendall_tau",))
    assert (tmp_path / "journal.jsonl").read_bytes() == before
    assert str(again.rows) == str(found.rows)


def test_another_number_of_trials(table, tmp_path):
    found = reproduce(read("tiny", TINY), table, tmp_path, trials=1, metrics=("kendall_tau",))
    assert {row["n_trials"] for row in found.rows} == {1}


def test_several_metrics_are_tasks_of_one_experiment(table, tmp_path):
    labels = table.values("cifar10_acc")
    metrics = [
        Metric(name, "cifar10", "accuracy", direction="max") for name in ("cifar10_acc", "cifar10_neg")
    ]
    both = BenchmarkTable.from_columns(
        "nasbench201", table.architectures(), {"cifar10_acc": labels, "cifar10_neg": -labels}, metrics
    )
    fields = {key: value for key, value in TINY.items() if key != "metric"}
    fields |= {"metrics": ["cifar10_acc", "cifar10_neg"], "against": ["ridge"]}
    fields["parts"] = [
        {"sizes": [20], "trials": 2, "predictors": ["ridge", "extra_trees"], "encoders": ["path"]}
    ]
    found = reproduce(read("tiny", fields), both, tmp_path, metrics=("kendall_tau",))
    assert [(row["task"], row["method"]) for row in found.rows] == [
        (task, method) for task in ("cifar10_acc", "cifar10_neg") for method in ("ridge", "extra_trees")
    ]
    assert len(found.predictions) == 4
    notes = "\n".join(found.notes())
    assert "of cifar10_neg" in notes
    assert notes.count("| extra_trees · path | ridge · path | 20 |") == 2


def test_an_experiment_may_train_on_a_prefix_and_says_what_its_scores_cost(table, tmp_path):
    labels = table.values("cifar10_acc")
    metrics = [
        Metric("cifar10_acc", "cifar10", "accuracy", direction="max", epochs=200),
        Metric("cifar10_early", "cifar10", "accuracy", direction="max", epochs=12),
    ]
    columns = {"cifar10_acc": labels, "cifar10_early": labels + 1}
    both = BenchmarkTable.from_columns("nasbench201", table.architectures(), columns, metrics)
    parts = [{"sizes": [7], "trials": 2, "predictors": ["ridge"], "encoders": ["path", "zero_cost"]}]
    fields = {**TINY, "parts": parts, "draw": "prefix", "reference": 10, "scores": "cifar10_early"}
    this = read("tiny", fields)
    assert this.protocol(this.parts[0]).draw == "prefix"
    found = reproduce(this, both, tmp_path, metrics=("kendall_tau",))
    assert {row["std"] for row in found.rows} == {0.0}
    assert found.notes()[0].startswith("- Cost of cifar10_early: 10 trainings of 12 epochs")


def test_an_experiment_may_have_a_sample_options_throughout_and_corrected_tests(table, tmp_path):
    parts = [{"sizes": [7], "trials": 3, "predictors": ["ridge", "ridge:target=rank"], "encoders": ["path"]}]
    fields = {**TINY, "parts": parts, "sample": 40, "split": "folds", "against": ["ridge path"]}
    this = read("tiny", {**fields, "everywhere": {"ridge": "scaling=common"}, "measures": ["kendall_tau"]})
    found = reproduce(this, table, tmp_path)
    assert (found.n_pool, {row["metric"] for row in found.rows}) == (40, {"kendall_tau"})
    assert '"scaling": "common"' in (tmp_path / "config.json").read_text()
    notes = found.notes()
    assert notes[0] == "Throughout: ridge:scaling=common."
    assert "corrected t-test" in notes[2]
    assert notes[-2].startswith("| ridge:target=rank · path | ")


def test_a_zero_shot_experiment_learns_from_another_table(table, tmp_path, monkeypatch):
    monkeypatch.setattr(BenchmarkTable, "open", lambda name: {"nasbench201": table}[name])
    archs = space("transnasbench101").sample(30, 0)
    labels = np.array([str(arch.to_json()).count("conv3x3") + 0.001 * at for at, arch in enumerate(archs)])
    metrics = [Metric("jigsaw_acc", "jigsaw", "accuracy", direction="max")]
    target = BenchmarkTable.from_columns("transnasbench101", archs, {"jigsaw_acc": labels}, metrics)
    source = {"space": "nasbench201", "metric": "cifar10_acc", "size": 40, "sample": 60}
    methods = [
        {"predictor": "ridge", "encoder": f"bag_of_tokens:unit={unit}"} for unit in ("words", "characters")
    ]
    parts = [{"sizes": [0], "trials": 2, "methods": methods}]
    fields = {**TINY, "space": "transnasbench101", "metric": "jigsaw_acc", "parts": parts, "source": source}
    this = read(
        "tiny", {**fields, "against": ["ridge bag_of_tokens:unit=words"], "measures": ["kendall_tau"]}
    )
    found = reproduce(this, target, tmp_path)
    assert [(row["n_train"], row["n_test"]) for row in found.rows] == [(0, 30), (0, 30)]
    assert found.notes()[0].startswith("Zero-shot: every trial learns from 40 labels of nasbench201")
