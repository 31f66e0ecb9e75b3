"""The page of a ranking: headline, chart, table, what was left out."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path

import pytest

from archenc.errors import InvalidArgument
from archenc.report.ranking_page import ranking_rows, write_ranking
from archenc.search.ranking import Ranked

RESULT = [
    Ranked("b<c>", None, 95.0, 90.0, math.inf, 0.6, 1),
    Ranked("a", 94.0, 94.0, 94.0, 94.0, 0.0),
    Ranked("d", None, 80.0, 70.0, 85.0, 0.01),
]


def test_a_page_shows_the_ranking(tmp_path: Path) -> None:
    path = write_ranking(
        RESULT, {"e": "no <reason>"}, tmp_path / "r.html", title="T", command="archenc rank", coverage=0.8
    )
    page = path.read_text()
    assert "Train <strong>b&lt;c&gt;</strong> next" in page
    assert "chance of <strong>60%</strong>" in page
    assert "no &lt;reason&gt;" in page
    charts = [json.loads(text) for text in re.findall(r'type="application/json">(.*?)</script>', page)]
    assert [trace["name"] for trace in charts[0]["data"]] == ["predicted", "measured"]
    assert charts[0]["data"][0]["error_x"]["array"] == [0.0, 5.0]  # an end that is not known is not drawn
    assert charts[0]["layout"]["yaxis"]["categoryarray"] == ["d", "a", "b<c>"]


def test_rows_are_blank_where_there_is_nothing() -> None:
    rows = ranking_rows(RESULT)
    assert [row["measured"] for row in rows] == ["", 94.0, ""]
    assert [row["train next"] for row in rows] == [1, "", ""]
    assert [row["rank"] for row in rows] == [1, 2, 3]


def test_small_values_keep_their_digits() -> None:
    (row,) = ranking_rows([Ranked("a", 1.23456789e-5, 1.23456789e-5, 1.2e-5, 1.3e-5, 0.0)])
    assert (row["measured"], row["low"]) == (1.23457e-5, 1.2e-5)


def test_an_empty_ranking_has_no_page(tmp_path: Path) -> None:
    with pytest.raises(InvalidArgument, match="nothing was ranked"):
        write_ranking([], {}, tmp_path / "r.html", title="", command="", coverage=0.8)
