"""HTML in small pieces: everything that comes from data is escaped here and nowhere else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape

import numpy as np

from archenc.report import charts
from archenc.report.charts import Look
from archenc.report.summary import HEADLINE_METRIC, Panel, Published, Row, Series

_MARKS = {
    "star": '<path class="mark" d="M14 1l2 4 4 .5-3 3 1 4-4-2-4 2 1-4-3-3 4-.5z"/>',
    "diamond": '<path class="mark" d="M14 1.5l5.5 5.5-5.5 5.5-5.5-5.5z"/>',
    "square": '<path class="mark" d="M9.5 2.5h9v9h-9z"/>',
    "cross": '<path class="mark" d="M12.2 2h3.6v3.2h3.2v3.6h-3.2V12h-3.6V8.8H9V5.2h3.2z"/>',
    "triangle-up": '<path class="mark" d="M14 2l5.5 9.5h-11z"/>',
    "circle": '<circle class="mark" cx="14" cy="7" r="4.6"/>',
}


def facts(pairs: Iterable[tuple[str, str]]) -> str:
    """A definition list of what was measured and how."""
    items = "".join(f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in pairs)
    return f'<dl class="facts">{items}</dl>'


def result_table(rows: Sequence[Row], look: Mapping[Series, Look], caption: str) -> str:
    """The result table of one metric: lines by method; of Kendall tau, the best of a budget in bold."""
    with_published = any(row.published for row in rows)
    head = ["Training<br>architectures", "Mean", "95 % interval", "Median", "Std", "Trials"]
    head += ["Published"] if with_published else []
    columns = "".join(f'<th scope="col">{name}</th>' for name in head)
    best = _best([row for row in rows if row.metric == HEADLINE_METRIC])
    scale = _scale(rows)
    body = []
    for series in dict.fromkeys(row.series for row in rows):
        own = [row for row in rows if row.series == series]
        name = (
            f'<span class="swatch" style="--own:var(--hue-{look[series].hue})"></span>{escape(str(series))}'
        )
        header = f'<th scope="rowgroup" rowspan="{len(own)}">{name}</th>'
        lines = []
        for index, row in enumerate(own):
            cells = _cells(
                row,
                row.summary is not None and row.summary.mean == best.get(row.n_train),
                scale,
                look[series],
            )
            cells += f'<td class="number">{_printed(row.published)}</td>' if with_published else ""
            lines.append(f"<tr>{header if index == 0 else ''}{cells}</tr>")
        body.append(f"<tbody>{''.join(lines)}</tbody>")
    return _scrolling(
        f'<table class="results"><caption>{escape(caption)}</caption>'
        f'<thead><tr><th scope="col">Method</th>{columns}</tr></thead>{"".join(body)}</table>',
        caption,
    )


def overview_table(rows: Sequence[Row], look: Mapping[Series, Look], caption: str) -> str:
    """One metric at a glance: a line a method, a column a budget, each mean with half its 95 % interval."""
    budgets = sorted({row.n_train for row in rows})
    best = _best(rows)
    head = "".join(f'<th scope="col" class="number">{budget:,}</th>' for budget in budgets)
    body = []
    for series in dict.fromkeys(row.series for row in rows):
        own = {row.n_train: row for row in rows if row.series == series}
        cells = "".join(f'<td class="number">{_short(own.get(budget), best)}</td>' for budget in budgets)
        body.append(f'<tr><th scope="row">{_name(series, look)}</th>{cells}</tr>')
    return _scrolling(
        f'<table class="overview"><caption>{escape(caption)}</caption><thead><tr><th scope="col">Method</th>'
        f"{head}</tr></thead><tbody>{''.join(body)}</tbody></table>",
        caption,
    )


def legend(series: Sequence[Series], look: Mapping[Series, Look], published: Sequence[Published]) -> str:
    """The key of the curves: buttons, each of which hides its curve and shows it again."""
    keys = {charts.key_of(one, series): look[one] for one in series}
    items = [_key(name, _stroke(own)) for name, own in keys.items()]
    marks = charts.published_marks(published)
    items += [_key(f"{label} (published)", _MARKS[mark]) for label, mark in marks.items()]
    return f'<div class="key" role="group" aria-label="Curves shown">{"".join(items)}</div>'


def plain_table(rows: Sequence[Mapping[str, object]], caption: str) -> str:
    """Records as a table: a column a name of the first, numbers to the right."""
    names = list(rows[0])
    right = {name: all(isinstance(row[name], int | float) for row in rows) for name in names}
    mark = {name: ' class="number"' if right[name] else "" for name in names}
    head = "".join(f'<th scope="col"{mark[name]}>{escape(name)}</th>' for name in names)
    body = "".join(
        "<tr>" + "".join(f"<td{mark[name]}>{escape(_plain(row[name]))}</td>" for name in names) + "</tr>"
        for row in rows
    )
    return _scrolling(
        f"<table><caption>{escape(caption)}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>",
        caption,
    )


def published_table(figures: Sequence[Published]) -> str:
    """The published figures with the setting they were measured in: a row a label."""
    budgets = sorted({figure.n_train for figure in figures})
    head = "".join(f'<th scope="col" class="number">{budget:,}</th>' for budget in budgets)
    body = []
    for label in dict.fromkeys(figure.label for figure in figures):
        own = {figure.n_train: figure for figure in figures if figure.label == label}
        values = "".join(
            f'<td class="number">{own[budget].value:.3f}</td>'
            if budget in own
            else '<td class="number">–</td>'
            for budget in budgets
        )
        first = next(iter(own.values()))
        texts = f"<td>{escape(first.setting)}<br><cite>{escape(first.source)}</cite></td>"
        body.append(f'<tr><th scope="row">{escape(label)}</th>{values}{texts}</tr>')
    caption = "Published figures: Kendall τ by number of training architectures, each in its own setting"
    head += '<th scope="col">Setting and source</th>'
    return _scrolling(
        f'<table class="published"><caption>{caption}</caption><thead><tr><th scope="col">Figure</th>{head}'
        f"</tr></thead><tbody>{''.join(body)}</tbody></table>",
        caption,
    )


def headline(panel: Panel, published: Sequence[Published]) -> str:
    """One sentence: what came out best at the largest budget, how sure, and what is published there."""
    row = panel.best()
    if row is None or row.summary is None:
        return "No trial of this run gave a value."
    found = row.summary
    sure = f" (95 % interval {found.ci_low:.3f} to {found.ci_high:.3f})" if np.isfinite(found.ci_low) else ""
    trials = "one trial" if found.n_trials == 1 else f"{found.n_trials} trials"
    best = f"the best of {len(panel.series)} methods " if len(panel.series) > 1 else ""
    text = (
        f"<strong>{escape(str(row.series))}</strong> orders unseen architectures with "
        f"<strong>Kendall τ = {found.mean:.3f}</strong>{sure} after {row.n_train:,} training "
        f"architectures, {best}over {trials}."
    )
    there = [figure for figure in published if figure.n_train == row.n_train]
    if there:
        top = max(there, key=lambda figure: figure.value)
        text += (
            f" The best published figure there is {top.value:.3f} ({escape(top.label)}), in its own setting."
        )
    return text


def _cells(row: Row, best: bool, scale: tuple[float, float], look: Look) -> str:
    budget = f'<td class="number">{row.n_train:,}</td>'
    failed = f' <span class="failed">{row.failed} failed</span>' if row.failed else ""
    if row.summary is None:
        return budget + '<td class="number">–</td>' * 4 + f'<td class="number">0{failed}</td>'
    found = row.summary
    mean = f"<strong>{found.mean:.3f}</strong>" if best else f"{found.mean:.3f}"
    ends = _ends(found.ci_low, found.ci_high)
    return (
        f'{budget}<td class="number">{mean}</td>'
        f'<td class="interval">{_whisker(row, scale, look)}<span>{ends}</span></td>'
        f'<td class="number">{found.median:.3f}</td><td class="number">{_number(found.std)}</td>'
        f'<td class="number">{found.n_trials}{failed}</td>'
    )


def _name(series: Series, look: Mapping[Series, Look]) -> str:
    swatch = f'<span class="swatch" style="--own:var(--hue-{look[series].hue})"></span>'
    return f"{swatch}{escape(str(series))}"


def _short(row: Row | None, best: Mapping[int, float]) -> str:
    if row is None or row.summary is None:
        return "–"
    mean, half = row.summary.mean, (row.summary.ci_high - row.summary.ci_low) / 2
    text = f"<strong>{mean:.3f}</strong>" if mean == best[row.n_train] else f"{mean:.3f}"
    return f"{text} <small>±{half:.3f}</small>" if np.isfinite(half) else text


def _key(name: str, drawing: str) -> str:
    drawn = f'<svg viewBox="0 0 28 14" aria-hidden="true">{drawing}</svg>'
    return (
        f'<button type="button" aria-pressed="true" data-key="{escape(name)}">{drawn}{escape(name)}</button>'
    )


def _stroke(look: Look) -> str:
    dashes = {"dot": ' stroke-dasharray="2 3"', "dashdot": ' stroke-dasharray="7 3 2 3"'}.get(look.dash, "")
    line = f'<line x1="1" x2="27" y1="7" y2="7" stroke-width="2.25"{dashes}/>'
    return f'<g style="color:var(--hue-{look.hue})" class="stroke">{line}<circle cx="14" cy="7" r="3.5"/></g>'


def _whisker(row: Row, scale: tuple[float, float], look: Look) -> str:
    """A dot and its interval on a scale common to the table, drawn beside the numbers that say the same."""
    if row.summary is None:
        return ""
    width, low, high = 120.0, *scale
    place = [
        round((value - low) / (high - low) * (width - 8) + 4, 1) if np.isfinite(value) else None
        for value in (row.summary.ci_low, row.summary.mean, row.summary.ci_high)
    ]
    line = (
        f'<line x1="{place[0]}" x2="{place[2]}" y1="8" y2="8"/>'
        if place[0] is not None and place[2] is not None
        else ""
    )
    return (
        f'<svg viewBox="0 0 {width:g} 16" aria-hidden="true" style="--own:var(--hue-{look.hue})">'
        f'{line}<circle cx="{place[1]}" cy="8" r="3.2"/></svg>'
    )


def _best(rows: Sequence[Row]) -> dict[int, float]:
    best: dict[int, float] = {}
    for row in rows:
        if row.summary:
            best[row.n_train] = max(best.get(row.n_train, -np.inf), row.summary.mean)
    return best


def _scale(rows: Sequence[Row]) -> tuple[float, float]:
    ends = [
        value
        for row in rows
        if row.summary
        for value in (row.summary.ci_low, row.summary.mean, row.summary.ci_high)
        if np.isfinite(value)
    ]
    low, high = (min(ends), max(ends)) if ends else (0.0, 1.0)
    return (low, high) if high > low else (low - 0.5, high + 0.5)


def _plain(value: object) -> str:
    if isinstance(value, float):
        return "–" if np.isnan(value) else f"{value:.5g}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def _printed(figures: Sequence[Published]) -> str:
    def one(figure: Published) -> str:
        label = f" <small>{escape(figure.label)}</small>" if len(figures) > 1 else ""
        return f'<span title="{escape(f"{figure.label}: {figure.setting}")}">{figure.value:.3f}{label}</span>'

    return "<br>".join(map(one, figures))


def _number(value: float) -> str:
    return f"{value:.3f}" if np.isfinite(value) else "–"


def _ends(low: float, high: float) -> str:
    return f"{low:.3f} … {high:.3f}" if np.isfinite(low) and np.isfinite(high) else "–"


def _scrolling(table: str, label: str) -> str:
    """A wide table scrolls by itself; the keyboard reaches it."""
    return f'<div class="scroll" role="region" tabindex="0" aria-label="{escape(label)}">{table}</div>'
