"""`archenc demo`: predict, search and report on digits201, which comes with the package, in a few minutes."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

if TYPE_CHECKING:
    from archenc.evaluation import Evaluation
    from archenc.tables import BenchmarkTable

_METRIC = "digits_val_accuracy_16ep"
_SCORES = "13"
_ENCODERS = ("adjacency", "path", "graph_features", "zero_cost")
_HOME = Path(".archenc") / "demo"
_BATCH = 8


def demo(
    report: Annotated[Path, typer.Option(help="Write the page there.")] = Path("demo.html"),
    trials: Annotated[int, typer.Option(min=2, help="Paired trials for each number.")] = 5,
    train: Annotated[str, typer.Option(help="Numbers of measured architectures.")] = "16,32,64",
    budget: Annotated[int, typer.Option(min=17, help="Evaluations of a search.")] = 48,
    searches: Annotated[int, typer.Option(min=1, help="Searches with each algorithm.")] = 10,
) -> None:
    """Learn from a few dozen measured networks, rank thousands, search, and write a report.

    Needs no network and no other files: the measurements, digits201, come with archenc. Finished trials are
    kept in .archenc/demo, so that a second call only prints.
    """
    from archenc import evaluation
    from archenc.cli.evaluate import says_where_results_are, sizes_of
    from archenc.evaluation.printing import print_overview
    from archenc.evaluation.setup import Wanted, combine, set_up
    from archenc.tables import BenchmarkTable

    console = Console()
    table = BenchmarkTable.open("digits201")
    console.print(
        f"digits201: {len(table):,} different cells of NAS-Bench-201 in a small network,\n"
        "each trained by archenc on handwritten digits; comes with the package.\n"
    )
    wanted = [*combine(["ridge:target=rank"], _ENCODERS), Wanted("flan:timesteps=1"), Wanted("recommended")]
    task, methods = set_up(table, _METRIC, wanted, scores=_SCORES, pool="all")
    protocol = evaluation.Protocol(sizes=sizes_of(train), trials=trials)
    with says_where_results_are(_HOME):
        found = evaluation.evaluate(
            methods,
            task,
            protocol,
            metrics=("kendall_tau", "spearman"),
            out=_HOME,
            jobs=min(4, os.cpu_count() or 1),
            progress=True,
        )
    rows = evaluation.results_table(found.trials, seed=0, command="archenc demo")
    title = f"Kendall tau after measuring a few: mean of {trials} trials ± half its 95 % interval"
    print_overview(console, rows, metric="kendall_tau", title=title)
    lines = _search(table, budget, searches)
    console.print(f"Search: {_METRIC.replace('_', ' ')}, mean of {searches} searches")
    for line in lines:
        console.print(f"  {line}", highlight=False)
    _write(found, task, report, lines)
    console.print(f"\nReport: {report}")


def _search(table: BenchmarkTable, budget: int, searches: int) -> list[str]:
    """Return what random and predictor-guided search found after so many evaluations, a line each."""
    import numpy as np

    from archenc.evaluation.scores import score_names, scores_from
    from archenc.pipelines import Recommended
    from archenc.search import Pool, search, start

    pool, values = Pool(table.architectures()), table.values(_METRIC)
    names = score_names(table, _SCORES, dataset="digits")
    predictor = Recommended(scores=scores_from(table, names), names=names, flow_from=None, n_estimators=60)

    def evaluate(archs: Any) -> list[float]:
        return [float(values[pool.number(arch)]) for arch in archs]

    algorithms = {
        "random search": start("random"),
        "predictor-guided, recommended": start("predictor_guided", predictor=predictor, size=_BATCH),
        "recommended, no scores": start("recommended", without="digits201"),
    }
    lines = []
    for name, begin in algorithms.items():
        found = [search(begin(pool, seed=seed), evaluate, budget).best_so_far[-1] for seed in range(searches)]
        lines.append(f"{name:<30} {np.mean(found):.2f} % after {budget} trainings")
    return [*lines, f"{'best of all':<30} {np.nanmax(values):.2f} % after {len(pool):,}"]


def _write(found: Evaluation, task: Any, report: Path, lines: list[str]) -> None:
    from archenc.report import write_report

    write_report(
        found.trials,
        found.predicted_and_true(),
        report,
        title="digits201: ranking small networks before they are trained",
        command="archenc demo",
        facts={"Pool": f"{len(task):,} architectures", "Search": "; ".join(lines)},
        axis=f"{_METRIC} (percent)",
    )
