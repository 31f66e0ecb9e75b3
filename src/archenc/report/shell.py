"""What every page has around its results: style, facts, the command, the rows, and what draws the charts."""

from __future__ import annotations

import base64
import csv
import io
import json
import platform
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from html import escape
from importlib.metadata import version
from importlib.resources import files
from string import Template
from typing import Any

from archenc.errors import require
from archenc.report import markup


def page(
    *,
    title: str,
    headline: str,
    facts: Sequence[tuple[str, str]],
    body: str,
    command: str,
    rows: Sequence[Mapping[str, Any]],
    file: str,
    what: str,
) -> str:
    """Return a page that needs no network and no server.

    headline, body: HTML. rows: what the page rests on, to be downloaded as `file`; what: they are called.
    Raises MissingExtra without plotly.
    """
    written = [("Written", f"{_today()}, archenc {version('archenc')}")]
    return Template(_asset("page.html")).substitute(
        title=escape(title),
        style=_asset("page.css"),
        headline=headline,
        facts=markup.facts([*facts, *written]),
        body=body,
        command=escape(command),
        csv=base64.b64encode(_csv(rows).encode()).decode(),
        file=escape(file),
        what=escape(what),
        colophon=escape(f"archenc {version('archenc')}, Python {platform.python_version()}, {_today()}"),
        plotly=_plotly(),
        script=_asset("page.js"),
    )


def chart(figure: Mapping[str, Any], title: str, *, small: bool = False, named: bool = True) -> str:
    """Return a plotly figure as HTML that the page's script draws."""
    data = json.dumps(figure, separators=(",", ":"), allow_nan=False).replace("</", "<\\/")
    return (
        f'<figure class="chart{" small" if small else ""}">'
        f"{f'<figcaption>{escape(title)}</figcaption>' if named else ''}"
        f'<div class="plot" role="img" aria-label="{escape(title)}"></div>'
        f'<script type="application/json">{data}</script></figure>'
    )


def _csv(rows: Sequence[Mapping[str, Any]]) -> str:
    out = io.StringIO()
    columns = list(dict.fromkeys(name for row in rows for name in row))
    writer = csv.DictWriter(out, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def _plotly() -> str:
    offline: Any = require("plotly.offline", "report")
    return offline.get_plotlyjs()


def _asset(name: str) -> str:
    return (files("archenc.report") / "assets" / name).read_text(encoding="utf-8")


def _today() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%d")
