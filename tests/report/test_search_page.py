from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest

from archenc.errors import InvalidArgument
from archenc.report import Searches, shell, write_search_report

EVALUATED = [
    {"method": "random", "seed": seed, "architecture": name, "value": value}
    for seed in (0, 1)
    for name, value in [("<a>", 1.0), ("b & c", 3.0 + seed), ("worse", float("nan"))]
]
CURVES = np.array([[1.0, 3.0, 3.0], [np.nan, 4.0, 4.0]])


@pytest.fixture(autouse=True)
def no_plotly(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(shell, "_plotly", lambda: "/* plotly.js */")


def written(tmp_path: Path, searches: list[Searches], **more) -> str:
    options = {"title": "A search", "command": "archenc search", "facts": {"Space": "nb201"}, "tables": {}}
    return write_search_report(searches, EVALUATED, tmp_path / "p.html", **{**options, **more}).read_text()


def figures(page: str) -> list[dict]:
    return [json.loads(text) for text in re.findall(r'<script type="application/json">(.*?)</script>', page)]


def test_a_page_has_curves_tables_and_the_best_architectures(tmp_path: Path):
    table = {"caption": [{"method": "random", "median": 2.0, "n": 3}]}
    page = written(
        tmp_path, [Searches("random", "default", CURVES), Searches("local", "path", CURVES + 1)],
        tables=table, best=6.0, axis="accuracy",
    )  # fmt: skip
    (figure,) = figures(page)
    lines = [trace for trace in figure["data"] if "name" in trace]
    assert [line["name"] for line in lines] == ["random", "local · path"]
    assert lines[0]["y"] == [1.0, 3.5, 3.5]
    assert figure["layout"]["shapes"][0]["y0"] == 6.0
    assert "&lt;a&gt;" in page
    assert "<a>" not in page
    best = page[page.index("Best architectures") :]
    assert best.index("b &amp; c") < best.index("&lt;a&gt;")
    assert "worse" not in re.sub(r"base64,[\w+/=]+", "", page)
    assert "local · path</strong> came furthest: accuracy <strong>4.5" in page
    assert "http" not in re.sub(r"https?://www\.w3\.org\S*", "", page)


def test_many_curves_have_a_chart_a_method(tmp_path: Path):
    many = [Searches(method, f"code{k}", CURVES) for method in ("evolution", "local") for k in range(5)]
    drawn = figures(written(tmp_path, many))
    assert len(drawn) == 2
    assert drawn[0]["layout"]["yaxis"]["range"] == drawn[1]["layout"]["yaxis"]["range"]


def test_a_search_without_success_is_said(tmp_path: Path):
    failed = [{"architecture": "a", "value": float("nan")}]
    nothing = np.full((1, 1), np.nan)
    path = write_search_report(
        [Searches("random", "default", nothing)], failed, tmp_path / "p.html", title="t", command="c",
        facts={}, tables={},
    )  # fmt: skip
    assert "No evaluation succeeded" in path.read_text()
    with pytest.raises(InvalidArgument, match="nothing was evaluated"):
        write_search_report([], [], tmp_path / "q.html", title="t", command="c", facts={}, tables={})
