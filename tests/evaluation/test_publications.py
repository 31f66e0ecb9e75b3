"""Published figures: the look-up, spot checks against the papers' tables, and the shape of the data."""

import math

import pytest

from archenc.errors import UnknownName
from archenc.evaluation.metrics import metric
from archenc.evaluation.publications import every_published_figure, published


def values(**query) -> list[float]:
    return [figure.value for figure in published(**query)]


@pytest.mark.parametrize(
    ("series", "expected"),
    [
        ("flan/nb201/flan", [0.496, 0.698, 0.781]),
        ("flan/nb201/zcp", [0.528, 0.702, 0.775]),
        ("flan/nb101/caz", [0.668, 0.802, 0.830]),
        ("flan/enas/cate", [0.097, 0.333, 0.480]),
        ("flan/budgets/nb201", [0.699, 0.829, 0.863]),
        ("flan/budgets/tb101-zcp", [0.649, 0.775, 0.797]),
        ("flan/mlp-nb201/zcp", [0.26, 0.35, 0.41]),
        ("flan/transfer/nb101-nb201-zcp", [0.196, 0.641, 0.756]),
        ("flan/ablation/nb201-gat", [0.773]),
        ("ta_gates/nb201/ta_gates", [0.5382, 0.6707, 0.7731, 0.8660, 0.8890]),
        ("ta_gates/nb101/ta_gates", [0.6108, 0.6686, 0.7744, 0.7839, 0.8133, 0.8217]),
        ("ta_gates/nb101/gcn", [0.3668, 0.5973, 0.6927, 0.7520, 0.7689]),
        ("ta_gates/nb101/p-10", [0.64, 0.72, 0.73, 0.80]),
        ("ta_gates/nb301/ta_gates", [0.2990, 0.5728, 0.6351, 0.7123, 0.7331, 0.7685]),
        ("ta_gates/enas/ta_gates", [0.3458, 0.4407, 0.5485, 0.6324, 0.6683]),
        ("dele/nb201/gates", [0.7332, 0.8582, 0.8865, 0.9180, 0.9249]),
        ("dele/nb201/gates_dele", [0.8244, 0.8948, 0.9075, 0.9216, 0.9250]),
        ("gates/nb101/gates", [0.763, 0.779, 0.843, 0.859, 0.884, 0.892, 0.900, 0.903]),
    ],
)
def test_series_are_as_printed(series: str, expected: list[float]):
    assert values(series=series) == expected


def test_look_up_by_space_method_and_budget():
    assert values(space="nb201", method="flan", encoding="graph", n_train=[7, 39, 78]) == [
        0.496,
        0.698,
        0.781,
    ]
    assert values(space="nasbench201", method="ta_gates", n_train=7) == [0.5382]
    assert values(space="nb201", method="flan", encoding="zero_cost", metric="spearman") == [
        0.722,
        0.881,
        0.928,
    ]
    assert len(published(space="nb101", n_train=72, study="transfer")) == 3
    assert published(space="nb201", n_train=1_000_000) == []


def test_a_figure_carries_source_and_setting():
    (figure,) = published(space="nb201", method="flan", encoding="graph", n_train=7)
    assert "arXiv 2403.02484" in figure.source
    assert "result file" in figure.source
    assert figure.std == 0.13
    assert figure.setting.startswith("3 trials; test: 7,813 cells; split: random; mean of the last 4 epochs")
    assert "label: CIFAR-10 validation accuracy, 200 epochs" in figure.setting
    assert figure.name == "flan (ICML 2024)"
    assert figure.to_dict() == {
        "label": figure.name, "n_train": 7, "value": 0.496, "method": "flan", "encoding": "graph",
        "source": figure.source, "setting": figure.setting,
    }  # fmt: skip


def test_transfer_and_variants_say_so_in_their_name():
    (one, *_) = published(series="flan/transfer/nb101-nb201-zcp")
    assert one.name == "flan · zero_cost from nasbench101 (ICML 2024)"
    (one,) = published(series="flan/ablation/nb201-gat")
    assert one.name == "flan (ICML 2024, GAT only)"


@pytest.mark.parametrize("query", [{"space": "nb202"}, {"method": "FLAN"}, {"series": "flan/nb201"}])
def test_unknown_names_are_refused_with_the_known_ones(query):
    with pytest.raises(UnknownName, match=r"flan|nasbench201"):
        published(**query)


@pytest.mark.parametrize(
    "figure", every_published_figure(), ids=lambda figure: f"{figure.series}@{figure.n_train}"
)
def test_every_figure_is_plausible_and_whole(figure):
    assert 0 < figure.value < 1
    assert math.isnan(figure.std) or 0 < figure.std < 0.2
    assert math.isnan(figure.low) or figure.low <= figure.value <= figure.high
    assert figure.n_train is None or figure.n_train >= 1
    assert (figure.n_train is None) == ("mean over settings" in figure.variant)
    assert (figure.study == "transfer") == bool(figure.transfer_from)
    assert figure.kind in {"result file", "constants", "log", "figure", "abstract", "unverified"}
    assert figure.trials >= 1
    assert figure.test
    assert figure.split
    assert figure.label
    metric(figure.metric)


def test_taus_do_not_fall_with_more_training_architectures_where_the_papers_say_so():
    for series in ("ta_gates/nb201/ta_gates", "dele/nb201/gates", "flan/budgets/nb201", "gates/nb101/gates"):
        listed = values(series=series)
        assert listed == sorted(listed)
