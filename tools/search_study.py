"""Every algorithm with every encoding on every table: the area under each curve of regret, seed by seed.

    python tools/search_study.py runs/search-study docs/results/search-study 20 [part ...]

The first folder keeps a journal, so that the same command goes on after a kill; the second argument names
NAME.csv and NAME-curves.csv, from which `tools/search_study_page.py` makes the page; the third is the number
of seeds, of which dear methods have fewer, on fewer tables (`DEAR`). Parts, all by default, restrict what is
searched and written. Tables that are not imported stop it.
"""

from __future__ import annotations

import csv
import math
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float64

from archenc.evaluation.intervals import interval_of_mean
from archenc.evaluation.scores import score_names
from archenc.search.evaluators import cost_of_scores
from archenc.search.simulation import Method
from archenc.search.study import Found, Task, run_study
from archenc.tables import BenchmarkTable

BUDGET = 40
AT = (1, 5, 10, 20, 30, 40)
TOGETHER = 5
ENCODINGS = ("adjacency", "path", "path:none=removed", "graph_features", "arch2vec", "cate", "zero_cost")
READERS = ("gaussian_process", "bananas", "weaknas:width=200", "greedy", "dngo", "cate_local")
ALONE = ("random", "evolution", "local")
DEAR = ("digits201", "tnb101 jigsaw", "nb201 cifar100")
"""Tables on which dear methods search too."""


@dataclass(frozen=True)
class Place:
    """A task, and what the recommended search must not have learned from to be searched on it."""

    task: Task
    without: str = ""


def places() -> dict[str, Place]:
    """Return the tasks by name, with scores of every architecture."""
    digits, transnas = BenchmarkTable.open("digits201"), BenchmarkTable.open("transnasbench101")
    nb201, nb101 = BenchmarkTable.open("nasbench201"), BenchmarkTable.open("nasbench101")
    finals = [name for name in transnas.metrics if name.endswith("_final")]
    proxies = ",".join(name for name in digits.metrics if name.startswith("digits_zc64_"))
    of_all = "{0}_zen,{0}_ntk,{0}_naswot,{0}_params"  # NASI is not there for ImageNet16-120
    return {
        "digits201": Place(Task(digits, "digits_val_accuracy_16ep", scores=proxies), "digits201"),
        **{
            f"tnb101 {name.split('_val_')[0]}": Place(Task(transnas, name, scores="all"), "transnasbench101")
            for name in finals
        },
        **{
            f"nb201 {name}": Place(Task(nb201, f"{name}_val_accuracy_200ep", scores=of_all.format(name)))
            for name in ("cifar10", "cifar100", "imagenet16")
        },
        "nb101 pool": Place(Task(nb101, "cifar10_val_accuracy_108ep", scores="all")),
    }


def parts(without: str, seeds: int) -> dict[str, tuple[list[Method], int]]:
    """Return methods and numbers of seeds by the name of a part.

    without: what the recommended search is not to know. On each table it knows nothing of that table.
    """
    unseen = f":without={without}" if without else ""
    flan = 'flan_rounds:predictor="flan:timesteps=1:epochs=40"'
    return {
        "alone": ([Method(name) for name in ALONE], seeds),
        "readers": ([Method(name, encoding) for encoding in ENCODINGS for name in READERS], seeds),
        "scores": ([Method("score_prior", "zero_cost")], seeds),
        "predictors": ([Method("predictor_guided:predictor=xgboost", "adjacency+graph_features")], seeds),
        "recommended": (
            [
                Method(f"recommended{unseen}", label="recommended"),
                Method("recommended:experience=weights:prior=0.6", label="recommended, weights alone"),
            ],
            seeds,
        ),
        "dear": (
            [
                Method("predictor_guided", label="predictor_guided"),
                Method("botorch_process:size=5", "adjacency"),
                Method(flan, label="flan_rounds, one flow"),
            ],
            min(seeds, 5),
        ),
    }


def main() -> None:
    folder, out, seeds = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    rows: list[list[str]] = []
    curves: dict[tuple[str, str], list[Float64[np.ndarray, "seeds budget"]]] = {}
    for name, place in places().items():
        listed = parts(place.without, seeds)
        for part in sys.argv[4:] or listed:
            methods, own = listed[part]
            if part == "dear" and name not in DEAR:
                continue
            kept = folder / name.replace(" ", "-")
            found = run_study(place.task, methods, budget=BUDGET, seeds=own, out=kept, together=TOGETHER)
            for method in found.methods:
                regret = shares(found, method)
                curves.setdefault(method.names, []).append(regret)
                rows.append([name, *method.names, *_figures(regret), _scores(place.task, method)])
        print(name, "done", flush=True)
    header = ["table", "method", "encoding", *(f"regret_at_{at}" for at in AT), "areas", "scores"]
    _write(f"{out}.csv", header, rows)
    header = ["method", "encoding", "evaluations", "mean", "ci_low", "ci_high", "n_tables", "n_seeds"]
    _write(f"{out}-curves.csv", header, _curves(curves))


def shares(found: Found, method: Method) -> Float64[np.ndarray, "seeds budget"]:
    """Return regret as a share of the distance from the best to the median architecture, at most 1."""
    best, worst = np.nanmax(found.problem.values), np.nanmedian(found.problem.values)
    return np.minimum((best - found.curves(method)) / (best - worst), 1)


def _figures(regret: Float64[np.ndarray, "seeds budget"]) -> list[str]:
    """Return means over the seeds, and the mean over the evaluations of every seed in turn."""
    means = [f"{regret[:, at - 1].mean():.5f}" for at in AT]
    return [*means, " ".join(f"{area:.4f}" for area in regret.mean(axis=1))]


def _scores(task: Task, method: Method) -> str:
    """Return the scores that a method reads, and what they cost for all architectures; empty for none."""
    if "zero_cost" not in method.encodings:
        return ""
    names = score_names(task.table, str(task.scores), dataset=task.table.resolve(task.metric).dataset)
    seconds = cost_of_scores(task.table, names)
    cost = "the table does not say how long" if math.isnan(seconds) else f"{seconds / 3600:.1f} hours"
    return f"{', '.join(names)}: {cost}"


def _curves(
    curves: dict[tuple[str, str], list[Float64[np.ndarray, "seeds budget"]]],
) -> Iterator[list[object]]:
    """Yield the mean over the tables after each evaluation, and its interval over the seeds."""
    for names, regrets in curves.items():
        means = np.mean(regrets, axis=0)
        for evaluations, column in enumerate(means.T, 1):
            low, high = interval_of_mean(column)
            figures = [f"{value:.5f}" for value in (column.mean(), low, high)]
            yield [*names, evaluations, *figures, len(regrets), len(column)]


def _write(path: str, header: Sequence[str], rows: Sequence[list[str]] | Iterator[list[object]]) -> None:
    with Path(path).open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


if __name__ == "__main__":
    main()
