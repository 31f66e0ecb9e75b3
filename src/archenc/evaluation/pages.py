"""Results as a page of Markdown: a table a metric, a row a method, a column a training size."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from archenc.evaluation.comparison import Comparison
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
