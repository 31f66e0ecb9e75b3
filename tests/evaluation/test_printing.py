"""What the terminal shows."""

import io

from rich.console import Console

from archenc.evaluation.comparison import compare
from archenc.evaluation.printing import print_comparisons, print_published, print_results
from archenc.evaluation.publications import published
from archenc.evaluation.results import results_table


def trials(method: str, values, n_train: int = 7) -> list[dict]:
    return [
        {"experiment": "e", "space": "s", "task": "t", "method": method, "encoding": "graph",
         "n_train": n_train, "n_test": 9, "trial": trial, "seed": trial, "metric": "kendall_tau",
         "value": value}
        for trial, value in enumerate(values)
    ]  # fmt: skip


def shown(function, *given, width: int = 80, **options) -> str:
    text = io.StringIO()
    function(Console(file=text, width=width), *given, **options)
    return text.getvalue()


def test_ours_beside_the_published():
    figures = {("flan", "graph"): published(series="flan/nb201/flan")}
    rows = results_table(trials("flan", [0.4, 0.5, 0.6]), published=figures)
    text = shown(print_results, rows, metric="kendall_tau", title="NAS")
    assert text.startswith("NAS")
    line = next(line for line in text.splitlines() if "flan" in line)
    assert line.split() == ["flan", "7", "0.500", "0.100", "0.252", "to", "0.748", "3", "0.496"]


def test_without_a_published_figure_there_is_no_such_column():
    text = shown(print_results, results_table(trials("flan", [0.4])), metric="kendall_tau", title="NAS")
    assert "published" not in text


def test_published_figures_share_what_is_said_about_their_setting():
    series = ["flan/nb201/flan", "flan/nb201/zcp", "ta_gates/nb201/gcn", "flan/nb201/zcp-spearman"]
    text = shown(print_published, published(series=series), width=120)
    lines = [" ".join(line.split()) for line in text.splitlines()]
    assert "flan (ICML 2024) 7: 0.496, 39: 0.698, 78: 0.781 [1]" in lines
    assert "flan · zero_cost (ICML 2024) 7: 0.528, 39: 0.702, 78: 0.775 [1]" in lines
    assert "flan · zero_cost (ICML 2024) spearman 7: 0.722, 39: 0.881, 78: 0.928 [1]" in lines
    assert any(line.startswith("gcn") and line.endswith("[2]") for line in lines)
    notes = [line for line in lines if line.startswith(("[1]", "[2]"))]
    assert len(notes) == 2
    assert notes[0].startswith("[1] 3 trials; test: 7,813 cells")
    assert shown(print_published, []) == ""


def test_paired_differences_fit_a_narrow_terminal():
    rows = trials("flan", [0.5, 0.7, 0.6]) + trials("ridge", [0.4, 0.5, 0.65])
    text = shown(print_comparisons, compare(rows, "flan", "ridge"))
    line = next(line for line in text.splitlines() if line.strip().startswith("ridge"))
    assert line.split()[:3] == ["ridge", "7", "+0.083"]
    assert "2/3" in line
    assert shown(print_comparisons, []) == ""
