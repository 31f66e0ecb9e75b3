from __future__ import annotations

import numpy as np
import pytest

from archenc.errors import InvalidArgument
from archenc.report import charts
from archenc.report.summary import Series, panels, published_figures

from .rows import three_trials, trial


def named(figure: charts.Figure) -> list[str]:
    return [trace["name"] for trace in figure["data"] if "name" in trace]


def test_a_few_curves_share_one_chart_with_the_published_points():
    rows = three_trials(0.5) + three_trials(0.7, n_train=32) + three_trials(0.6, method="trees")
    figures = published_figures([{"label": "Paper", "n_train": 32, "value": 0.72, "setting": "other split"}])
    (panel,) = panels(rows, figures)
    (figure,) = charts.curves(panel, figures, charts.looks(panel.series)).values()
    assert named(figure) == ["ridge · adjacency", "trees · adjacency", "Paper (published)"]
    line = next(trace for trace in figure["data"] if trace.get("name") == "ridge · adjacency")
    assert (line["x"], line["y"]) == ([8, 32], [0.5, 0.7])
    assert figure["data"][-1]["customdata"] == [["other split", ""]]
    assert figure["layout"]["xaxis"]["type"] == "log"


def test_the_band_is_the_interval():
    (panel,) = panels(three_trials(0.5) + three_trials(0.7, n_train=32))
    (figure,) = charts.curves(panel, (), charts.looks(panel.series)).values()
    band, _ = figure["data"]
    summary = panel.rows[0].summary
    assert summary is not None
    assert band["x"] == [8, 32, 32, 8]
    assert band["y"][0] == pytest.approx(summary.ci_high, abs=1e-4)
    assert band["y"][-1] == pytest.approx(summary.ci_low, abs=1e-4)


def test_many_curves_get_a_chart_a_method_on_one_scale_with_a_colour_an_encoding():
    encodings = ["adjacency", "path", "graph", "scores"]
    rows = [
        trial(0.5, method=method, encoding=encoding)
        for method in ("ridge", "trees")
        for encoding in encodings
    ]
    (panel,) = panels(rows)
    look = charts.looks(panel.series)
    found = charts.curves(panel, (), look)
    assert list(found) == ["ridge", "trees"]
    assert found["ridge"]["layout"] == found["trees"]["layout"]
    assert look[Series("ridge", "path")] == look[Series("trees", "path")]
    assert len({look[Series("ridge", encoding)] for encoding in encodings}) == 4


def test_every_curve_of_a_chart_looks_different():
    for count in (1, 7, 8, 20):
        series = [Series("ridge", f"encoding {place}") for place in range(count)]
        assert len(set(charts.looks(series).values())) == count


def test_wide_intervals_do_not_squeeze_the_means():
    rows = [trial(value, trial=place) for place, value in enumerate((0.0, 0.8))]
    (panel,) = panels(rows + three_trials(0.5, n_train=64))
    (figure,) = charts.curves(panel, (), charts.looks(panel.series)).values()
    low, high = figure["layout"]["yaxis"]["range"]
    assert low > 0
    assert high <= 1.05


def test_a_single_trial_has_no_band_and_says_so():
    (panel,) = panels([trial(0.5)])
    (figure,) = charts.curves(panel, (), charts.looks(panel.series)).values()
    band, line = figure["data"]
    assert band["x"] == []
    assert line["customdata"] == [["(one trial)", 1]]


def test_nothing_measured_draws_nothing():
    (panel,) = panels([trial(None), trial(0.5, metric="spearman")])
    assert charts.curves(panel, (), charts.looks(panel.series)) == {}


def test_the_scatter_draws_an_even_sample_with_both_ends():
    true = np.random.default_rng(0).permutation(10_000) / 10_000
    figure = charts.scatter(
        "ridge", {"true": true, "pred": -true, "label": true.astype(str)}, "red", "accuracy"
    )
    (trace,) = figure["data"]
    assert len(trace["x"]) == 2_500
    assert (min(trace["x"]), max(trace["x"])) == (0.0, 0.9999)
    assert trace["y"] == [-x for x in trace["x"]]
    assert [float(text) for text in trace["text"]] == trace["x"]


@pytest.mark.parametrize(
    "points",
    [
        {"true": [1.0, 2.0]},
        {"true": [1.0, 2.0], "pred": [1.0]},
        {"true": [], "pred": []},
        {"true": [1.0, 2.0], "pred": [1.0, 2.0], "label": ["a"]},
    ],
)
def test_predictions_that_do_not_fit_together_are_refused_by_name(points: dict[str, list]):
    with pytest.raises(InvalidArgument, match="'ridge'"):
        charts.scatter("ridge", points, "red", "accuracy")


def test_our_own_budgets_are_labelled_before_published_ones_close_by():
    figures = published_figures([{"label": "Paper", "n_train": n, "value": 0.5} for n in (8, 32, 512)])
    (panel,) = panels(three_trials(0.5, n_train=39) + three_trials(0.4, n_train=7), figures)
    (figure,) = charts.curves(panel, figures, charts.looks(panel.series)).values()
    assert figure["layout"]["xaxis"]["tickvals"] == [7, 39, 512]
