from __future__ import annotations

from archenc.report import charts, markup
from archenc.report.summary import panels, published_figures

from .rows import three_trials, trial


def test_the_result_table_shows_every_column_and_the_best_of_a_budget_in_bold():
    figures = published_figures(
        [{"label": "Paper", "method": "ridge", "encoding": "adjacency", "n_train": 8, "value": 0.555}]
    )
    (panel,) = panels(three_trials(0.5) + three_trials(0.6, method="trees"), figures)
    table = markup.result_table(panel.rows, charts.looks(panel.series), "Kendall")
    for shown in (
        "Mean",
        "95 % interval",
        "Median",
        "Std",
        "Trials",
        "Published",
        "0.100",
        "0.252 … 0.748",
        "0.555",
    ):
        assert shown in table
    assert "<strong>0.600</strong>" in table
    assert "<strong>0.500</strong>" not in table


def test_a_failed_trial_shows():
    (panel,) = panels([trial(0.4), trial(None)])
    assert "1 failed" in markup.result_table(panel.rows, charts.looks(panel.series), "Kendall")


def test_one_trial_has_no_interval():
    (panel,) = panels([trial(0.4)])
    table = markup.result_table(panel.rows, charts.looks(panel.series), "Kendall")
    assert "nan" not in table
    assert "<span>–</span>" in table


def test_the_overview_has_a_column_a_budget():
    (panel,) = panels([*three_trials(0.5), trial(0.7, n_train=1024, method="trees")])
    table = markup.overview_table(panel.rows, charts.looks(panel.series), "Kendall")
    assert table.count("<tr>") == 3
    assert "1,024" in table
    assert "±0.248" in table
    assert "–" in table


def test_the_headline_names_the_best_its_interval_and_the_published_figure_of_that_budget():
    figures = published_figures(
        [{"label": "Old", "n_train": 8, "value": 0.9}, {"label": "Paper", "n_train": 32, "value": 0.62}]
    )
    (panel,) = panels(three_trials(0.5) + three_trials(0.7, n_train=32), figures)
    line = markup.headline(panel, figures)
    assert "ridge · adjacency" in line
    assert "0.700" in line
    assert "0.452 to 0.948" in line
    assert "0.620 (Paper)" in line
    assert "Old" not in line


def test_the_headline_admits_that_nothing_came_out():
    assert "No trial" in markup.headline(panels([trial(None)])[0], ())


def test_names_from_the_data_are_escaped_everywhere():
    evil = "<script>alert(1)</script>"
    figures = published_figures(
        [
            {
                "label": evil,
                "n_train": 8,
                "value": 0.5,
                "source": evil,
                "setting": evil,
                "method": evil,
                "encoding": evil,
            }
        ]
    )
    (panel,) = panels([trial(0.4, method=evil, encoding=evil)], figures)
    look = charts.looks(panel.series)
    pieces = [
        markup.result_table(panel.rows, look, evil),
        markup.overview_table(panel.rows, look, evil),
        markup.published_table(figures),
        markup.headline(panel, figures),
        markup.legend(panel.series, look, figures),
        markup.facts([(evil, evil)]),
    ]
    assert all("<script" not in piece for piece in pieces)
