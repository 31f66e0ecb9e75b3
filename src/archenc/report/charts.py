"""The charts of a page as plain plotly figures; the browser resolves the names of their colours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from archenc.errors import InvalidArgument
from archenc.report.summary import HEADLINE_METRIC, Panel, Published, Row, Series

Figure = dict[str, Any]

HUES = 7  # distinct colours; also the most curves that one chart holds
_DASHES = ("solid", "dot", "dashdot")
_PUBLISHED_MARKS = ("star", "diamond", "square", "cross", "triangle-up", "circle")
_POINTS = 2_500  # points of a scatter that a browser draws as vectors without delay


@dataclass(frozen=True, slots=True)
class Look:
    """How one curve is drawn, in every chart and table of the page."""

    hue: int
    dash: str = "solid"

    def colour(self, alpha: float | None = None) -> str:
        """The colour by name, such as `var(--hue-2)`; with an opacity, `var(--hue-2,0.2)`."""
        return f"var(--hue-{self.hue})" if alpha is None else f"var(--hue-{self.hue},{alpha})"


def crowded(series: Sequence[Series]) -> bool:
    """Whether the curves are too many for one chart: then each method gets a chart of its own."""
    return len(series) > HUES


def looks(series: Sequence[Series]) -> dict[Series, Look]:
    """Choose a look for every curve: a colour each; where each method has its chart, one an encoding."""
    keys = [key_of(one, series) for one in series]
    places = {key: place for place, key in enumerate(dict.fromkeys(keys))}
    return {
        one: Look(places[key] % HUES, _DASHES[places[key] // HUES % len(_DASHES)])
        for one, key in zip(series, keys, strict=True)
    }


def key_of(one: Series, series: Sequence[Series]) -> str:
    """Return what the legend calls a curve: its name, or its encoding where each method has its chart."""
    return (one.encoding or one.method) if crowded(series) else str(one)


def curves(panel: Panel, published: Sequence[Published], look: Mapping[Series, Look]) -> dict[str, Figure]:
    """Kendall tau against the number of training architectures: charts by title, on one common scale.

    Bands are 95 % intervals. Published figures stand in the one chart, or in the chart of their own method.
    """
    rows = [row for row in panel.of_metric(HEADLINE_METRIC) if row.summary]
    if not rows:
        return {}
    series = list(dict.fromkeys(row.series for row in rows))
    if not crowded(series):
        return {"": _curve(rows, published, look, _frame(rows, published))}
    frame = _frame(rows, published)
    return {
        method: _curve(
            [row for row in rows if row.series.method == method],
            [figure for figure in published if figure.method == method],
            {one: look[one] for one in series},
            frame,
        )
        for method in dict.fromkeys(one.method for one in series)
    }


def _curve(
    rows: Sequence[Row], published: Sequence[Published], look: Mapping[Series, Look], frame: Figure
) -> Figure:
    traces: list[Figure] = []
    for series in dict.fromkeys(row.series for row in rows):
        own = [row for row in rows if row.series == series]
        key = key_of(series, list(look))
        traces += [
            trace | {"legendgroup": key} for trace in (_band(own, look[series]), _line(own, look[series]))
        ]
    for label, mark in published_marks(published).items():
        own_figures = [figure for figure in published if figure.label == label]
        traces.append(_points(label, own_figures, mark))
    return {"data": traces, "layout": frame}


def published_marks(published: Sequence[Published]) -> dict[str, str]:
    """Choose a mark for every published line, by label."""
    labels = dict.fromkeys(figure.label for figure in published)
    return {label: _PUBLISHED_MARKS[place % len(_PUBLISHED_MARKS)] for place, label in enumerate(labels)}


def _frame(rows: Sequence[Row], published: Sequence[Published]) -> Figure:
    """The axes; the wide intervals of few trials may leave the frame, the means may not."""
    budgets = _spread([row.n_train for row in rows] + [figure.n_train for figure in published])
    values = [row.summary.mean for row in rows if row.summary] + [figure.value for figure in published]
    low, high = _ends(rows)
    reach = 0.15
    bottom = max(np.nanmin([*low, *values]), min(values) - reach)
    top = min(np.nanmax([*high, *values]), max(values) + reach, 1.0)
    margin = 0.04 * (top - bottom) or 0.02
    return {
        "xaxis": {
            "type": "log",
            "title": {"text": "training architectures"},
            "tickvals": budgets,
            "ticktext": [f"{budget:,}" for budget in budgets],
        },
        "yaxis": {
            "title": {"text": "Kendall τ"},
            "tickformat": ".2f",
            "range": [float(bottom - margin), float(top + margin)],
        },
        "hovermode": "closest",
        "showlegend": False,
    }


def scatter(name: str, points: Mapping[str, Any], colour: str, axis: str) -> Figure:
    """Predicted against true for one method; at most 2,500 points, evenly spaced in true rank.

    points: `true` and `pred`, both [n], and optionally `label`, n strings. Raises InvalidArgument otherwise.
    """
    true, pred = _pair(name, points)
    label = points.get("label")
    if label is not None and len(label) != len(true):
        raise InvalidArgument(f"predictions[{name!r}]: {len(label)} labels for {len(true)} values")
    order = np.argsort(true, kind="stable")
    shown = order[np.unique(np.linspace(0, len(order) - 1, min(_POINTS, len(order))).round().astype(int))]
    trace: Figure = {
        "type": "scatter",
        "mode": "markers",
        "name": name,
        "x": rounded(true[shown]),
        "y": rounded(pred[shown]),
        "marker": {"color": colour, "size": 4, "opacity": 0.45},
        "hovertemplate": "true %{x}<br>predicted %{y}<extra></extra>",
    }
    if label is not None:
        trace["text"] = [str(label[index]) for index in shown]
        trace["hovertemplate"] = "%{text}<br>" + trace["hovertemplate"]
    return {
        "data": [trace],
        "layout": {
            "xaxis": {"title": {"text": axis}, "range": _range(true)},
            "yaxis": {"title": {"text": "predicted score"}},
            "showlegend": False,
        },
    }


def _line(rows: Sequence[Row], look: Look) -> Figure:
    low, high = _ends(rows)
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "name": str(rows[0].series),
        "x": [row.n_train for row in rows],
        "y": rounded(np.array([row.summary.mean for row in rows if row.summary])),
        "customdata": [
            [_interval(a, b), row.summary.n_trials if row.summary else 0]
            for row, a, b in zip(rows, low, high, strict=True)
        ],
        "line": {"color": look.colour(), "width": 2.25, "dash": look.dash},
        "marker": {"color": look.colour(), "size": 7},
        "hovertemplate": "<b>%{fullData.name}</b><br>τ %{y:.3f}  %{customdata[0]}"
        "<br>%{x} training architectures, %{customdata[1]} trials<extra></extra>",
    }


def _band(rows: Sequence[Row], look: Look) -> Figure:
    """The intervals as a band; at a single budget, as a bar."""
    low, high = _ends(rows)
    known = np.isfinite(low) & np.isfinite(high)
    budgets = np.array([row.n_train for row in rows])[known]
    return {
        "type": "scatter",
        "mode": "lines",
        "x": [*budgets.tolist(), *budgets[::-1].tolist()],
        "y": [*rounded(high[known]), *rounded(low[known][::-1])],
        "fill": "toself",
        "fillcolor": look.colour(0.14),
        "line": {"width": 2 if len(budgets) == 1 else 0, "color": look.colour(0.5)},
        "hoverinfo": "skip",
    }


def _points(label: str, figures: Sequence[Published], mark: str) -> Figure:
    return {
        "type": "scatter",
        "mode": "markers",
        "name": f"{label} (published)",
        "legendgroup": f"{label} (published)",
        "x": [figure.n_train for figure in figures],
        "y": [figure.value for figure in figures],
        "customdata": [[_wrapped(figure.setting), figure.source] for figure in figures],
        "marker": {"color": "var(--ink)", "size": 10, "symbol": f"{mark}-open", "line": {"width": 1.75}},
        "hovertemplate": "<b>%{fullData.name}</b><br>τ %{y:.3f} at %{x}<br>%{customdata[0]}"
        "<br><i>%{customdata[1]}</i><extra></extra>",
    }


def _ends(rows: Sequence[Row]) -> tuple[Float[np.ndarray, " n"], Float[np.ndarray, " n"]]:
    low = np.array([row.summary.ci_low for row in rows if row.summary])
    high = np.array([row.summary.ci_high for row in rows if row.summary])
    return low, high


def _interval(low: float, high: float) -> str:
    return f"[{low:.3f}, {high:.3f}]" if np.isfinite(low) and np.isfinite(high) else "(one trial)"


def _pair(name: str, points: Mapping[str, Any]) -> tuple[np.ndarray, np.ndarray]:
    if not {"true", "pred"} <= set(points):
        raise InvalidArgument(f"predictions[{name!r}] has {sorted(points)}: expected 'true' and 'pred'")
    true, pred = (np.asarray(points[key], dtype=np.float64) for key in ("true", "pred"))
    if true.ndim != 1 or true.shape != pred.shape or len(true) == 0:
        raise InvalidArgument(
            f"predictions[{name!r}]: true is {true.shape}, pred {pred.shape}; expected two arrays [n]"
        )
    return true, pred


def _range(values: np.ndarray) -> list[float]:
    """Leave out the lowest 2 % of the values: a few failed networks would squeeze the rest."""
    low, high = np.quantile(values, 0.02), values.max()
    margin = 0.04 * (high - low) or 0.5
    return [float(low - margin), float(high + margin)]


def rounded(values: np.ndarray) -> list[float | None]:
    """Five significant digits, which is more than a screen shows; JSON has no NaN, so None stands for it."""
    return [float(f"{value:.5g}") if np.isfinite(value) else None for value in values]


def _spread(budgets: Sequence[int]) -> list[int]:
    """Drop tick labels that would overlap on a log axis; those that come first stay."""
    kept: list[int] = []
    for budget in budgets:
        if all(max(budget / other, other / budget) > 1.25 for other in kept):
            kept.append(budget)
    return sorted(kept)


def _wrapped(text: str, width: int = 60) -> str:
    lines = [""]
    for word in text.split():
        if len(lines[-1]) + len(word) > width:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return "<br>".join(lines)
