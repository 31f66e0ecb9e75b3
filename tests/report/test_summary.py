from __future__ import annotations

import math

import pytest

from archenc.errors import InvalidArgument
from archenc.report.summary import Series, panels, published_figures

from .rows import three_trials, trial


def test_a_row_summarises_the_trials_of_one_method_and_budget():
    (panel,) = panels(three_trials(0.5) + three_trials(0.7, n_train=32))
    small, large = panel.rows
    assert (small.n_train, large.n_train) == (8, 32)
    assert small.summary is not None
    assert small.summary.mean == pytest.approx(0.5)
    assert small.summary.std == pytest.approx(0.1)
    half = 4.302652729911275 * 0.1 / math.sqrt(3)  # Student's t with 2 degrees of freedom, 97.5 %
    assert small.summary.ci_high - small.summary.mean == pytest.approx(half)


def test_a_failed_trial_is_counted_and_never_averaged():
    (panel,) = panels([trial(0.4), trial(None, trial=1), trial(float("nan"), trial=2)])
    (row,) = panel.rows
    assert row.summary is not None
    assert (row.summary.mean, row.summary.n_trials, row.failed) == (0.4, 1, 2)


def test_a_method_whose_trials_all_failed_keeps_its_line():
    (panel,) = panels([trial(None), trial(0.3, method="trees")])
    assert [row.summary is None for row in panel.rows] == [True, False]
    best = panel.best()
    assert best is not None
    assert best.series == Series("trees", "adjacency")


def test_experiments_and_tasks_get_panels_of_their_own_in_order_of_appearance():
    found = panels(
        [trial(0.1, experiment="b"), trial(0.1, experiment="a"), trial(0.1, experiment="b", task="other")]
    )
    assert [(panel.experiment, panel.task) for panel in found] == [
        ("b", "cifar10_val_accuracy_200ep"),
        ("a", "cifar10_val_accuracy_200ep"),
        ("b", "other"),
    ]


def test_the_best_is_the_best_mean_at_the_largest_budget():
    rows = [
        trial(0.9, method="early"),
        trial(0.6, method="early", n_train=64),
        trial(0.7, method="late", n_train=64),
    ]
    best = panels(rows)[0].best()
    assert best is not None
    assert best.series.method == "late"


def test_a_published_figure_stands_beside_the_row_of_its_method_encoding_and_budget():
    figures = published_figures(
        [
            {
                "label": "Paper",
                "method": "ridge",
                "encoding": "adjacency",
                "n_train": 8,
                "value": 0.55,
                "setting": None,
            }
        ]
    )
    (panel,) = panels([trial(0.5), trial(0.6, n_train=9), trial(0.5, metric="spearman")], figures)
    assert [len(row.published) for row in panel.rows] == [1, 0, 0]
    assert figures[0].setting == ""


@pytest.mark.parametrize("lost", ["value", "n_train", "method", "metric"])
def test_a_row_that_lacks_a_column_is_refused_by_name(lost: str):
    row = trial(0.5)
    del row[lost]
    with pytest.raises(InvalidArgument, match=lost):
        panels([row])


def test_no_rows_are_refused():
    with pytest.raises(InvalidArgument, match="trials is empty"):
        panels([])


def test_a_published_figure_without_a_value_is_refused():
    with pytest.raises(InvalidArgument, match="value"):
        published_figures([{"label": "Paper", "n_train": 8}])


def test_a_predictor_that_reads_the_graph_itself_is_named_alone():
    assert [str(Series("FLAN", encoding)) for encoding in ("", "graph", "zero_cost")] == [
        "FLAN",
        "FLAN",
        "FLAN · zero_cost",
    ]
