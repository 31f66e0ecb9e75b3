"""The page of a search: how soon the best was near, what was best, and what every evaluation gave."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float64

from archenc.errors import InvalidArgument
from archenc.report import charts, markup, shell
from archenc.report.summary import Series
from archenc.store import write_text

_CURVE = "Best value so far against the number of evaluations"
_SHOWN = 20


@dataclass(frozen=True)
class Searches:
    """Searches with one algorithm: the best value so far after each evaluation, a row a seed."""

    method: str
    encoding: str
    best: Float64[np.ndarray, "seeds budget"]

    @property
    def series(self) -> Series:
        """The curve that they make."""
        return Series(self.method, "" if self.encoding == "default" else self.encoding)


def write_search_report(
    searches: Sequence[Searches],
    evaluated: Sequence[Mapping[str, Any]],
    path: str | Path,
    *,
    title: str,
    command: str,
    facts: Mapping[str, str],
    tables: Mapping[str, Sequence[Mapping[str, Any]]],
    axis: str = "value",
    best: float | None = None,
) -> Path:
    """Write searches as one self-contained HTML page: headline, facts, curves, tables, best architectures.

    evaluated: every evaluation, with architecture and value (higher is better, NaN failed), and whatever else
    a row has to say; it can be downloaded from the page. tables: further records by caption. best: the best
    value there is, where that is known. axis: names the value. Returns the path. Raises InvalidArgument
    where nothing was evaluated, MissingExtra without plotly.
    """
    if not searches or not evaluated:
        raise InvalidArgument("searches, evaluated: nothing was evaluated, so there is nothing to report")
    names = [one.series for one in searches]
    look = charts.looks(names)
    top = _top(evaluated)
    body = [
        f'<section aria-labelledby="curves"><h2 id="curves">Curves</h2>'
        f'<p class="note"><b>{_CURVE}.</b> {_note(searches, best)}</p>{markup.legend(names, look, ())}'
        f"{_charts(searches, look, axis, best)}</section>"
    ]
    if top:
        caption = f"The best {len(top)} of all that was evaluated" if len(top) > 1 else "The best"
        body.append(_section("Best architectures", {caption: top}))
    if shown := {caption: rows for caption, rows in tables.items() if rows}:
        body.append(_section("Measures", shown))
    text = shell.page(
        title=title,
        headline=_headline(searches, top, axis, best),
        facts=list(facts.items()),
        body="".join(body),
        command=command,
        rows=evaluated,
        file="evaluations.csv",
        what="Every evaluation",
    )
    write_text(path, text)
    return Path(path)


def _section(heading: str, tables: Mapping[str, Sequence[Mapping[str, Any]]]) -> str:
    name = heading.lower().replace(" ", "-")
    content = "".join(markup.plain_table(rows, caption) for caption, rows in tables.items())
    return f'<section aria-labelledby="{name}"><h2 id="{name}">{escape(heading)}</h2>{content}</section>'


def _top(evaluated: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the best architectures, each once, and how many searches came upon it."""
    values: dict[str, float] = {}
    times: dict[str, int] = {}
    for row in evaluated:
        name, value = str(row["architecture"]), float(row["value"])
        if np.isfinite(value):
            values[name] = max(value, values.get(name, -np.inf))
            times[name] = times.get(name, 0) + 1
    ranked = sorted(values, key=lambda name: -values[name])[:_SHOWN]
    rows = [{"architecture": name, "value": values[name], "evaluated": times[name]} for name in ranked]
    return rows if any(row["evaluated"] > 1 for row in rows) else [_without(row, "evaluated") for row in rows]


def _without(row: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in row.items() if key != name}


def _headline(
    searches: Sequence[Searches], top: Sequence[Mapping[str, Any]], axis: str, best: float | None
) -> str:
    if not top:
        return "No evaluation succeeded."
    budget = max(one.best.shape[1] for one in searches)
    if len(searches) == 1 and len(searches[0].best) == 1:
        return (
            f"After <strong>{budget:,} evaluations</strong> the best architecture has {escape(axis)} "
            f"<strong>{top[0]['value']:.5g}</strong>."
        )
    ends = {one.series: float(np.median(one.best[:, -1])) for one in searches}
    first = max(ends, key=lambda series: ends[series])
    of = "" if best is None else f" of {best:.5g}, the best there is"
    return (
        f"<strong>{escape(str(first))}</strong> came furthest: {escape(axis)} <strong>{ends[first]:.5g}"
        f"</strong>{of}, the median of {len(searches[0].best)} searches of {budget:,} evaluations."
    )


def _note(searches: Sequence[Searches], best: float | None) -> str:
    several = any(len(one.best) > 1 for one in searches)
    text = "Median of the searches; the band holds the middle half of them." if several else "One search."
    return text + ("" if best is None else " The dotted line is the best there is.")


def _charts(
    searches: Sequence[Searches], look: Mapping[Series, charts.Look], axis: str, best: float | None
) -> str:
    """One chart; of many curves one a method, on one scale."""
    ends = _range(searches, best)
    if not charts.crowded(list(look)):
        figure = _figure(searches, look, axis, best, ends)
        return f'<div class="single">{shell.chart(figure, _CURVE, named=False)}</div>'
    drawn = ""
    for method in dict.fromkeys(one.method for one in searches):
        own = [one for one in searches if one.method == method]
        drawn += shell.chart(_figure(own, look, axis, best, ends), method, small=True)
    return f'<div class="multiples">{drawn}</div>'


def _figure(
    searches: Sequence[Searches],
    look: Mapping[Series, charts.Look],
    axis: str,
    best: float | None,
    ends: list[float],
) -> dict[str, Any]:
    traces: list[dict[str, Any]] = []
    for one in searches:
        low, middle, high = _quartiles(one.best)
        own, places = look[one.series], list(range(1, len(middle) + 1))
        key = charts.key_of(one.series, list(look))
        if len(one.best) > 1:
            traces.append(
                {
                    "type": "scatter",
                    "mode": "lines",
                    "x": [*places, *places[::-1]],
                    "y": charts.rounded(np.concatenate([high, low[::-1]])),
                    "fill": "toself",
                    "fillcolor": own.colour(0.14),
                    "line": {"width": 0},
                    "hoverinfo": "skip",
                    "legendgroup": key,
                }
            )
        traces.append(
            {
                "type": "scatter",
                "mode": "lines",
                "name": str(one.series),
                "x": places,
                "y": charts.rounded(middle),
                "line": {"color": own.colour(), "width": 2.25, "dash": own.dash, "shape": "hv"},
                "hovertemplate": "<b>%{fullData.name}</b><br>%{y:.5g} after %{x}<extra></extra>",
                "legendgroup": key,
            }
        )
    layout: dict[str, Any] = {
        "xaxis": {"title": {"text": "evaluations"}},
        "yaxis": {"title": {"text": axis}, "range": ends},
        "hovermode": "closest",
        "showlegend": False,
    }
    if best is not None:
        line = {"color": "var(--soft)", "width": 1.25, "dash": "dot"}
        layout["shapes"] = [
            {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": best, "y1": best, "line": line}
        ]
    return {"data": traces, "layout": layout}


def _quartiles(best: Float64[np.ndarray, "seeds budget"]) -> Float64[np.ndarray, "3 budget"]:
    """Return the quartiles of each column, NaN where no search has a value yet."""
    found = np.full((3, best.shape[1]), np.nan)
    known = np.isfinite(best).any(axis=0)
    found[:, known] = np.nanquantile(best[:, known], [0.25, 0.5, 0.75], axis=0)
    return found


def _range(searches: Sequence[Searches], best: float | None) -> list[float]:
    """From what a twentieth of the budget finds: the first architectures would squeeze the rest."""
    middles = [_quartiles(one.best)[1] for one in searches]
    starts = [middle[len(middle) // 20 :][np.isfinite(middle[len(middle) // 20 :])] for middle in middles]
    lows = [float(start[0]) for start in starts if len(start)]
    tops = [float(start[-1]) for start in starts if len(start)] + ([] if best is None else [best])
    if not lows:
        return [0.0, 1.0]
    margin = 0.06 * (max(tops) - min(lows)) or 0.5
    return [min(lows) - margin, max(tops) + margin]
