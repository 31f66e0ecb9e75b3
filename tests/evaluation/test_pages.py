"""Pages of results: one table a metric, a row a method, a column a size; what they say beside it."""

import math

import numpy as np

from archenc.evaluation.comparison import compare
from archenc.evaluation.corrected import corrected_t_test, holm
from archenc.evaluation.pages import corrected_notes, difference_notes, write_markdown
from archenc.evaluation.publications import published
from archenc.evaluation.results import results_table


def row(value: float, trial: int = 0, **given) -> dict:
    return {
        "experiment": "e", "space": "nasbench201", "task": "t", "method": "flan", "encoding": "graph",
        "n_train": 7, "n_test": 1100, "trial": trial, "seed": trial, "metric": "kendall_tau", "value": value,
        "seconds": 0.25, **given,
    }  # fmt: skip


def test_a_page_has_the_command_the_seed_the_table_and_the_settings(tmp_path):
    table = results_table([row(0.12345), row(0.5, metric="spearman")], seed=0, command="archenc reproduce x")
    path = write_markdown(
        table,
        tmp_path / "r.md",
        title="X",
        metrics=["kendall_tau"],
        published=published(series="flan/nb201/flan"),
    )
    text = path.read_text()
    assert text.startswith("# X\n\n```console\narchenc reproduce x\n```\n\nSeed 0. Trials: 1 at 7.")
    assert "at least 1,100 architectures" in text
    assert "## kendall_tau of t\n\n| method | 7 |\n|---|---|\n| flan | 0.123 |\n" in text
    assert "spearman" not in text
    assert "7: 0.496, 39: 0.698, 78: 0.781. 3 trials; test: 7,813 cells" in text


def test_sizes_are_columns_and_methods_rows(tmp_path):
    trials = [row(0.1, n_train=size) for size in (39, 7)]
    trials += [row(0.2, encoding="cate", n_train=39), row(0.3, metric="spearman")]
    text = write_markdown(results_table(trials), tmp_path / "r.md").read_text()
    assert (
        "| method | 7 | 39 |\n|---|---|---|\n| flan | 0.100 | 0.100 |\n| flan · cate |  | 0.200 |\n" in text
    )
    assert text.index("## kendall_tau") < text.index("## spearman")


def test_a_cell_says_mean_interval_spread_and_the_published_figure(tmp_path):
    beside = {("flan", "graph"): published(series="flan/nb201/flan")}
    table = results_table([row(0.4), row(0.5, 1), row(0.6, 2)], published=beside)
    text = write_markdown(table, tmp_path / "r.md").read_text()
    assert "| flan | 0.500 ± 0.248 (0.100) [0.496] |" in text  # t(2) = 4.303; .1 / sqrt(3)
    assert "undefined" in write_markdown(results_table([row(math.nan)]), tmp_path / "u.md").read_text()


def test_tasks_stand_in_a_column_where_there_are_several(tmp_path):
    table = results_table([row(0.4), row(0.5, task="u")])
    text = write_markdown(table, tmp_path / "r.md").read_text()
    assert (
        "## kendall_tau\n\n| task | method | 7 |\n|---|---|---|\n| t | flan | 0.400 |\n| u | flan | 0.500 |"
        in text
    )


def test_differences_are_listed_pair_by_pair():
    trials = [row(0.5 + 0.01 * t, t) for t in range(3)] + [row(0.4, t, method="gates") for t in range(3)]
    lines = difference_notes(compare(trials, "flan", "gates"), "t")
    assert lines[0].startswith("Paired differences of kendall_tau of t")
    assert lines[-2].startswith("| flan | gates | 7 | +0.110 | +0.085 to +0.135 | 3 of 3 |")
    assert difference_notes([], "t") == []


def test_corrected_differences_are_adjusted_within_a_budget():
    values = {"gates": 0.4, "gcn": 0.45}
    trials = [row(0.5 + 0.01 * t, t) for t in range(4)]
    trials += [row(value, t, method=name) for name, value in values.items() for t in range(4)]
    found = [one for name in values for one in compare(trials, name, "flan")]
    lines = corrected_notes(found, "t")
    raw = [
        corrected_t_test(np.array([v - 0.5 - 0.01 * t for t in range(4)]), 7, 1100) for v in values.values()
    ]
    adjusted = holm(raw)
    assert "to flan; in brackets" in lines[0]
    assert lines[2:4] == ["| method | 7 |", "|---|---|"]
    assert lines[4] == f"| gates | -0.115 ({adjusted[0]:.3f}) |"
    assert lines[5] == f"| gcn | -0.065 ({adjusted[1]:.3f}) |"
    assert adjusted != raw
    assert corrected_notes([], "t") == []
