"""Results as a page of Markdown: a table a metric, a row a method, a column a training size."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from archenc.evaluation.comparison import Comparison
from archenc.evaluation.corrected import holm_by_budget
from archenc.evaluation.method import GRAPH
from archenc.evaluation.publications import PublishedFigure
from archenc.evaluation.results import ResultRow
from archenc.store import write_text


def write_markdown(
    rows: Sequence[ResultRow],
    path: str | Path,
    *,
    title: str = "",
    metrics: Sequence[str] | None = None,
    published: Sequence[PublishedFigure] = (),
    notes: Sequence[str] = (),
) -> Path:
    """Write a results table as Markdown: the command, a table a metric, the published settings.

    A cell has the mean over the trials, half of its 95 % interval, the standard deviation and, in square
    brackets, the published figure; `write_csv` writes the rows themselves. metrics: which to show, one after
    another; all by default. published: figures whose settings are listed below. notes: lines at the end.
    """
    order = list(dict.fromkeys(row["metric"] for row in rows)) if metrics is None else list(metrics)
    shown = [row for row in rows if row["metric"] in order]
    lines = [f"# {title}", ""] if title else []
    for command in dict.fromkeys(row["command"] for row in shown if row["command"]):
        lines += ["```console", command, "```", ""]
    lines += [_legend(shown), ""]
    for metric in order:
        lines += _table([row for row in shown if row["metric"] == metric], metric)
    if published:
        lines += ["Published figures, each in its own setting:", ""]
        for series in dict.fromkeys(figure.series for figure in published):
            own = [figure for figure in published if figure.series == series]
            values = ", ".join(f"{figure.n_train}: {figure.value:.3f}" for figure in own)
            lines.append(f"- {own[0].name}, {own[0].metric}: {values}. {own[0].setting}. {own[0].source}.")
        lines.append("")
    write_text(path, "\n".join([*lines, *notes]).rstrip() + "\n")
    return Path(path)


def difference_notes(comparisons: Sequence[Comparison], task: str) -> list[str]:
    """Return the lines that say what methods have over the one they are compared with, trial by trial."""
    if not comparisons:
        return []
    metric = comparisons[0].metric
    lines = [
        f"Paired differences of {metric} of {task}, first method less second:",
        "",
        "| first | second | labels | difference | 95 % interval | trials ahead | p, sign test |",
        "|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {_name(*one.first)} | {_name(*one.second)} | {one.n_train} | {one.difference:+.3f} | "
        f"{one.ci_low:+.3f} to {one.ci_high:+.3f} | {one.wins} of {one.n_trials} | {one.p_sign:.3f} |"
        for one in comparisons
    ]
    return [*lines, ""]


def corrected_notes(comparisons: Sequence[Comparison], task: str) -> list[str]:
    """Return the lines that say what methods have over one, for trials whose training sets overlap.

    A row a method, a column a budget: mean of the paired differences, and the p-value of `corrected_t_test`,
    adjusted by `holm` among all methods of a budget.
    """
    if not comparisons:
        return []
    adjusted = holm_by_budget([one.n_train for one in comparisons], [one.p_corrected for one in comparisons])
    cells = {
        (one.first, one.n_train): f"{one.difference:+.3f} ({_p(p)})"
        for one, p in zip(comparisons, adjusted, strict=True)
    }
    sizes = sorted({one.n_train for one in comparisons})
    lines = [
        f"Paired differences of {comparisons[0].metric} of {task} to {_name(*comparisons[0].second)}; in "
        "brackets p of the corrected t-test (Nadeau and Bengio, with the architectures trained on), adjusted "
        "by Holm's method within a column:",
        "",
        "| method | " + " | ".join(map(str, sizes)) + " |",
        "|" + "---|" * (1 + len(sizes)),
    ]
    for first in dict.fromkeys(one.first for one in comparisons):
        row = [cells.get((first, size), "") for size in sizes]
        lines.append(f"| {_name(*first)} | " + " | ".join(row) + " |")
    return [*lines, ""]


def _p(value: float) -> str:
    return "undefined" if math.isnan(value) else "< 0.001" if value < 0.001 else f"{value:.3f}"


def _legend(rows: Sequence[ResultRow]) -> str:
    seeds = list(dict.fromkeys(row["seed"] for row in rows if row["seed"] != ""))
    seed = f"Seed {', '.join(seeds)}. " if seeds else ""
    sizes: dict[int, set[int]] = {}
    for row in rows:
        sizes.setdefault(row["n_trials"], set()).add(row["n_train"])
    trials = "; ".join(
        f"{count} at {', '.join(map(str, sorted(own)))}" for count, own in sorted(sizes.items(), reverse=True)
    )
    fewest = min((row["n_test"] for row in rows), default=0)
    return (
        f"{seed}Trials: {trials}. Tested on at least {fewest:,} architectures. Mean ± half of its 95 % "
        f"interval (standard deviation over the trials) [published]."
    )


def _table(rows: Sequence[ResultRow], metric: str) -> list[str]:
    sizes = sorted({row["n_train"] for row in rows})
    tasks = list(dict.fromkeys(row["task"] for row in rows))
    lead = ["task", "method"] if len(tasks) > 1 else ["method"]
    caption = metric if len(tasks) > 1 or not tasks else f"{metric} of {tasks[0]}"
    lines = [f"## {caption}", "", "| " + " | ".join([*lead, *map(str, sizes)]) + " |"]
    lines.append("|" + "---|" * (len(lead) + len(sizes)))
    for key in dict.fromkeys((row["task"], row["method"], row["encoding"]) for row in rows):
        own = {row["n_train"]: row for row in rows if (row["task"], row["method"], row["encoding"]) == key}
        cells = [key[0]] * (len(tasks) > 1) + [_name(key[1], key[2])]
        cells += [_cell(own[size]) if size in own else "" for size in sizes]
        lines.append("| " + " | ".join(cells) + " |")
    return [*lines, ""]


def _name(method: str, encoding: str) -> str:
    return method if encoding == GRAPH else f"{method} · {encoding}"


def _cell(row: ResultRow) -> str:
    if math.isnan(row["mean"]):
        return "undefined"
    half = (row["ci_high"] - row["ci_low"]) / 2
    text = f"{row['mean']:.3f}" + ("" if math.isnan(half) else f" ± {half:.3f} ({row['std']:.3f})")
    return text if math.isnan(row["published"]) else f"{text} [{row['published']:.3f}]"
