"""Results tables: what is summed up, what stands beside it, and how both are written."""

import csv
import math

import numpy as np
import pytest

from archenc.errors import DataError, InvalidArgument
from archenc.evaluation.publications import published
from archenc.evaluation.results import (
    RESULT_COLUMNS,
    TRIAL_COLUMNS,
    read_trials,
    results_table,
    write_csv,
)


def row(value: float, trial: int = 0, **given) -> dict:
    return {
        "experiment": "e", "space": "nasbench201", "task": "t", "method": "flan", "encoding": "graph",
        "n_train": 7, "n_test": 100, "trial": trial, "seed": 5, "metric": "kendall_tau", "value": value,
        "seconds": 0.25, **given,
    }  # fmt: skip


def test_the_columns_are_those_of_the_house():
    assert RESULT_COLUMNS[:12] == (
        "experiment", "space", "task", "method", "encoding", "n_train", "metric", "mean", "median", "std",
        "n_trials", "published",
    )  # fmt: skip


def test_trials_are_summed_up_by_method_encoding_budget_and_metric():
    trials = [row(value, trial) for trial, value in enumerate([0.4, 0.5, 0.9])]
    trials += [
        row(0.8, n_train=39),
        row(0.1, metric="spearman"),
        row(0.2, encoding="cate"),
        row(0.3, method="m"),
    ]
    table = results_table(trials, seed=3, command="archenc x")
    assert [(one["method"], one["encoding"], one["n_train"], one["metric"]) for one in table] == [
        ("flan", "graph", 7, "kendall_tau"),
        ("flan", "graph", 39, "kendall_tau"),
        ("flan", "graph", 7, "spearman"),
        ("flan", "cate", 7, "kendall_tau"),
        ("m", "graph", 7, "kendall_tau"),
    ]
    first = table[0]
    assert (first["mean"], first["median"], first["n_trials"]) == (pytest.approx(0.6), 0.5, 3)
    assert first["std"] == pytest.approx(np.std([0.4, 0.5, 0.9], ddof=1))
    assert first["ci_low"] < 0.6 < first["ci_high"]
    assert (first["seed"], first["command"], first["n_test"]) == ("3", "archenc x", 100)


def test_an_undefined_trial_is_left_out_and_not_counted():
    table = results_table([row(0.4), row(math.nan, 1), row(0.6, 2), row(math.nan, n_train=39)])
    assert (table[0]["mean"], table[0]["n_trials"]) == (0.5, 2)
    assert math.isnan(table[1]["mean"])
    assert table[1]["n_trials"] == 0


def test_the_best_published_figure_of_the_same_budget_and_metric_stands_beside():
    figures = {
        ("flan", "graph"): published(series=["flan/nb201/flan", "flan/nb201/zcp", "flan/nb201/zcp-spearman"])
    }
    trials = [row(0.5), row(0.5, n_train=8), row(0.5, metric="spearman"), row(0.5, encoding="cate")]
    table = results_table(trials, published=figures)
    assert table[0]["published"] == 0.528
    assert table[2]["published"] == 0.722
    assert math.isnan(table[1]["published"])
    assert math.isnan(table[3]["published"])


def test_the_interval_can_be_a_bootstrap():
    trials = [row(value, trial) for trial, value in enumerate([0.4, 0.5, 0.9, 0.1])]
    t, bootstrap = (results_table(trials, interval=kind)[0] for kind in ("t", "bootstrap"))
    assert t["ci_low"] < bootstrap["ci_low"] < bootstrap["ci_high"] < t["ci_high"]


def test_rows_without_the_columns_are_refused():
    with pytest.raises(InvalidArgument, match=r"lacks .'metric'"):
        results_table([{name: value for name, value in row(0.5).items() if name != "metric"}])


def test_csv_keeps_every_digit_and_leaves_nan_empty(tmp_path):
    table = results_table([row(1 / 3), row(2 / 3, n_train=39, metric="spearman")])
    with write_csv(table, tmp_path / "r.csv").open() as file:
        read = list(csv.DictReader(file))
    assert [float(one["mean"]) for one in read] == [1 / 3, 2 / 3]
    assert read[0]["published"] == read[0]["std"] == ""
    assert tuple(read[0]) == RESULT_COLUMNS


def test_trials_come_back_as_they_were(tmp_path):
    trials = [row(1 / 3), row(math.nan, 1)]
    write_csv(trials, tmp_path / "t.csv", TRIAL_COLUMNS)
    read = read_trials(tmp_path / "t.csv")
    assert read[0] == trials[0]
    assert math.isnan(read[1]["value"])


@pytest.mark.parametrize(
    "text", ["a,b\n1,2\n", ",".join(TRIAL_COLUMNS) + "\nx,x,x,x,x,seven,1,1,1,m,0.5,1\n", ""]
)
def test_a_file_of_another_layout_is_refused(tmp_path, text: str):
    (tmp_path / "t.csv").write_text(text)
    with pytest.raises(DataError, match=r"t\.csv"):
        read_trials(tmp_path / "t.csv")
