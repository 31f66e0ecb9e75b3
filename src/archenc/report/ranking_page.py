"""The page of a ranking: which networks to train next, what is expected of each, and how sure that is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

import numpy as np

from archenc.errors import InvalidArgument
from archenc.report import markup, shell
from archenc.report.charts import rounded
from archenc.search.ranking import Ranked
from archenc.store import write_text

_BLUE, _GREY = "#2a78d6", "#8a8f98"
_ROW = 18
"""Pixels of a network in the chart."""


def write_ranking(
    result: Sequence[Ranked],
    failures: Mapping[str, str],
    path: str | Path,
    *,
    title: str,
    command: str,
    coverage: float,
    metric: str = "value",
) -> Path:
    """Write a ranking as one self-contained HTML page. failures: why others were left out.

    Returns the path. Raises InvalidArgument where nothing was ranked, MissingExtra without plotly.
    """
    if not result:
        raise InvalidArgument("result: nothing was ranked, so there is nothing to report")
    rows = ranking_rows(result)
    advice = sorted((one for one in result if one.next), key=lambda one: one.next)
    body = [_section("Expected", shell.chart(_intervals(result, metric), "Expected values, with intervals"))]
    body.append(
        _section("Ranking", markup.plain_table(rows, f"{len(rows)} networks, the best expected first"))
    )
    if failures:
        lost = [{"candidate": name, "reason": reason} for name, reason in failures.items()]
        body.append(_section("Left out", markup.plain_table(lost, "Networks that could not be described")))
    facts = {
        "Networks": str(len(result)),
        "Measured": str(sum(one.measured is not None for one in result)),
        "Intervals": f"{coverage:.0%}, jackknife+",
    }
    text = shell.page(
        title=title,
        headline=_headline(advice, metric),
        facts=list(facts.items()),
        body="".join(body),
        command=command,
        rows=rows,
        file="ranking.csv",
        what="The ranking",
    )
    write_text(path, text)
    return Path(path)


def ranking_rows(result: Sequence[Ranked]) -> list[dict[str, Any]]:
    """Return a ranking as records of plain values, of six digits; blank where there is none."""
    return [
        {
            "rank": place,
            "candidate": one.candidate,
            "measured": "" if one.measured is None else _six(one.measured),
            "predicted": _six(one.predicted),
            "low": _six(one.low),
            "high": _six(one.high),
            "beats best measured": "" if one.measured is not None else round(one.chance, 3),
            "train next": one.next or "",
        }
        for place, one in enumerate(result, 1)
    ]


def _six(value: float) -> float:
    """Round to six digits, wherever the point is: a latency may be 0.0000123 seconds."""
    return float(f"{value:.6g}")


def _headline(advice: Sequence[Ranked], metric: str) -> str:
    if not advice:
        return "No network was asked to be trained next."
    first = advice[0]
    return (
        f"Train <strong>{escape(first.candidate)}</strong> next: expected {escape(metric)} "
        f"<strong>{first.predicted:.4g}</strong>, and a chance of <strong>{first.chance:.0%}</strong> to be "
        "better than the best that was measured."
    )


def _section(heading: str, content: str) -> str:
    name = heading.lower().replace(" ", "-")
    return f'<section aria-labelledby="{name}"><h2 id="{name}">{escape(heading)}</h2>{content}</section>'


def _intervals(result: Sequence[Ranked], metric: str) -> dict[str, Any]:
    traces = []
    for name, colour, shown in (
        ("predicted", _BLUE, [one for one in result if one.measured is None]),
        ("measured", _GREY, [one for one in result if one.measured is not None]),
    ):
        mean = np.array([one.predicted for one in shown])
        trace: dict[str, Any] = {
            "type": "scatter",
            "mode": "markers",
            "name": name,
            "x": rounded(mean),
            "y": [one.candidate for one in shown],
            "marker": {"color": colour, "size": 7},
        }
        if name == "predicted":
            above = np.array([one.high for one in shown]) - mean
            below = mean - np.array([one.low for one in shown])
            trace["error_x"] = {
                "type": "data",
                "symmetric": False,
                "array": rounded(np.where(np.isfinite(above), above, 0.0)),
                "arrayminus": rounded(np.where(np.isfinite(below), below, 0.0)),
                "thickness": 1,
            }
        traces.append(trace)
    order = [one.candidate for one in reversed(result)]
    return {
        "data": traces,
        "layout": {
            "height": 120 + _ROW * len(result),
            "xaxis": {"title": {"text": metric}},
            "yaxis": {"categoryorder": "array", "categoryarray": order, "automargin": True},
        },
    }
