"""The page: results of an evaluation as one HTML file that needs no network and no server."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from archenc.evaluation.metrics import kendall_tau
from archenc.report import charts, markup, shell
from archenc.report.summary import HEADLINE_METRIC, Panel, Published, Series, panels, published_figures
from archenc.store import write_text

_CURVE = "Kendall τ against the number of training architectures"
_NAMES = {
    "kendall_tau": "Kendall τ",
    "spearman": "Spearman ρ",
}


def write_report(
    trials: Sequence[Mapping[str, Any]],
    predictions: Mapping[str, Mapping[str, Any]] | None,
    path: str | Path,
    *,
    title: str,
    command: str,
    published: Sequence[Mapping[str, Any]] = (),
    facts: Mapping[str, str] | None = None,
    axis: str = "measured value",
) -> Path:
    """Write trial rows as one self-contained HTML page: headline, facts, curve, table, scatter, published.

    trials: rows of the journal (experiment, space, task, method, encoding, n_train, trial, seed, metric,
    value, seconds). predictions: of the largest budget, by the name to print, `true` and `pred`, both [n],
    and optionally `label`, n strings; `axis` names the true value with its unit. published: figures with
    label, n_train, value and optionally method, encoding, source, setting. facts: further lines for the
    head of the page, such as the pool. Returns the path. Raises InvalidArgument for rows without the columns
    named above, MissingExtra without plotly.
    """
    printed = published_figures(published)
    shown = panels(trials, printed)
    names = list(dict.fromkeys(series for panel in shown for series in panel.series))
    look = charts.looks(names)
    page = shell.page(
        title=title,
        headline=markup.headline(shown[0], printed),
        facts=_facts(trials, facts or {}),
        body="".join(
            _panel(index, panel, printed, look, single=len(shown) == 1) for index, panel in enumerate(shown)
        )
        + _scatter(predictions, look, axis)
        + _published(printed),
        command=command,
        rows=trials,
        file="trials.csv",
        what="All trial rows",
    )
    write_text(path, page)
    return Path(path)


def _panel(
    index: int,
    panel: Panel,
    published: Sequence[Published],
    look: Mapping[Series, charts.Look],
    *,
    single: bool,
) -> str:
    heading = "Results" if single else f"{panel.experiment}: {panel.task}"
    parts = [f'<h2 id="panel-{index}">{escape(heading)}</h2>', _curves(panel, published, look)]
    for metric in panel.metrics:
        rows, name = panel.of_metric(metric), _NAMES.get(metric, metric)
        caption = f"{name} by method and number of training architectures"
        table = markup.result_table(rows, look, caption)
        if metric == HEADLINE_METRIC and charts.crowded(panel.series):
            parts.append(markup.overview_table(rows, look, f"{caption}: mean, and half its 95 % interval"))
            parts.append(_folded(f"{name} with median, standard deviation and trials", table))
        else:
            parts.append(table if metric == panel.metrics[0] else _folded(name, table))
    return f'<section aria-labelledby="panel-{index}">{"".join(parts)}</section>'


def _curves(panel: Panel, published: Sequence[Published], look: Mapping[Series, charts.Look]) -> str:
    figures = charts.curves(panel, published, look)
    if not figures:
        return ""
    note = "Mean over trials with its 95 % interval (Student’s t); log scale."
    if published:
        note += " Open marks are published figures, each in the setting named under Published figures."
    drawn = [
        shell.chart(figure, title or _CURVE, small=bool(title), named=bool(title))
        for title, figure in figures.items()
    ]
    return (
        f'<p class="note"><b>{_CURVE}.</b> {note}</p>{markup.legend(panel.series, look, published)}'
        f'<div class="{"multiples" if len(drawn) > 1 else "single"}">{"".join(drawn)}</div>'
    )


def _folded(name: str, content: str) -> str:
    return f"<details><summary>{escape(name)}</summary>{content}</details>"


def _scatter(
    predictions: Mapping[str, Mapping[str, Any]] | None, look: Mapping[Series, charts.Look], axis: str
) -> str:
    if not predictions:
        return ""
    by_name = {str(series): one for series, one in look.items()}
    figures = []
    for index, (name, points) in enumerate(predictions.items()):
        own = by_name.get(name, charts.Look(index % charts.HUES))
        figure = charts.scatter(name, points, own.colour(), axis)
        tau = kendall_tau(true=points["true"], pred=points["pred"])
        figures.append(shell.chart(figure, f"{name}: τ = {tau:.3f} in this trial", small=True))
    note = (
        "Each point is a test architecture of one trial at the largest budget; at most 2,500 are drawn, "
        "evenly spaced in true rank, without the lowest 2 %. Rankers predict on a scale of their own: only "
        "the order counts."
    )
    return (
        '<section aria-labelledby="scatter"><h2 id="scatter">Predicted against true</h2>'
        f'<p class="note">{note}</p><div class="multiples">{"".join(figures)}</div></section>'
    )


def _published(published: Sequence[Published]) -> str:
    if not published:
        return ""
    return (
        '<section aria-labelledby="published"><h2 id="published">Published figures</h2>'
        f"{markup.published_table(published)}</section>"
    )


def _facts(trials: Sequence[Mapping[str, Any]], further: Mapping[str, str]) -> list[tuple[str, str]]:
    def distinct(name: str) -> list[Any]:
        return list(dict.fromkeys(trial[name] for trial in trials if trial.get(name) is not None))

    def listed(name: str) -> str:
        return ", ".join(str(value) for value in distinct(name))

    pairs = [
        ("Search space", listed("space")),
        ("Target", listed("task")),
        ("Training architectures", ", ".join(f"{budget:,}" for budget in sorted(distinct("n_train")))),
        ("Trials", f"{len(distinct('trial'))}, paired: every method sees the same architectures"),
    ]
    tested = distinct("n_test")
    if tested:
        test = f"{min(tested):,}" if len(tested) == 1 else f"{min(tested):,} to {max(tested):,}"
        pairs.append(("Test architectures", f"{test}, none of them trained on"))
    seconds = [float(trial["seconds"]) for trial in trials if trial.get("seconds") is not None]
    known = {name for name, _ in pairs}
    pairs = [(name, further.get(name, value)) for name, value in pairs]
    pairs += [(name, value) for name, value in further.items() if name not in known]
    if seconds:
        pairs.append(("Longest trial", f"{max(seconds):,.1f} s"))
    return pairs
