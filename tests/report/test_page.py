from __future__ import annotations

import base64
import csv
import io
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from archenc.errors import InvalidArgument, MissingExtra
from archenc.report import shell, write_report

from .rows import three_trials, trial

ROWS = three_trials(0.5) + three_trials(0.7, n_train=32) + three_trials(0.8, n_train=32, metric="spearman")
PUBLISHED = [{"label": "Paper", "method": "ridge", "n_train": 32, "value": 0.66, "setting": "other split"}]


class Balance(HTMLParser):
    """Notes whether every element that opens also closes, in order."""

    VOID = frozenset({"meta", "link", "br", "circle", "line", "path"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list) -> None:
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            assert self.open.pop() == tag


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(shell, "_plotly", lambda: "/* plotly.js */")
    rng = np.random.default_rng(0)
    true = rng.random(50)
    predictions = {"ridge · adjacency": {"true": true, "pred": true, "label": ["</script>"] * 50}}
    path = write_report(
        ROWS,
        predictions,
        tmp_path / "out" / "report.html",
        title="A <b>title</b>",
        command="archenc evaluate --train 8,32",
        published=PUBLISHED,
        facts={"Pool": "all 15,625", "Target": "validation accuracy"},
    )
    return path.read_text()


def test_the_page_is_well_formed_and_holds_every_part(written: str):
    parser = Balance()
    parser.feed(written)
    assert parser.open == []
    for part in ("Results", "Predicted against true", "Published figures", "Run it again", "Spearman ρ"):
        assert part in written
    assert "archenc evaluate --train 8,32" in written
    assert "τ = 1.000 in this trial" in written
    assert "A &lt;b&gt;title&lt;/b&gt;" in written


def test_the_page_asks_the_network_for_nothing(written: str):
    assert not re.findall(r"""(?:src|href)=["'](?!data:)""", written)
    assert "http" not in written


def test_facts_given_replace_and_extend_what_the_rows_say(written: str):
    assert "<dt>Pool</dt><dd>all 15,625</dd>" in written
    assert "<dt>Target</dt><dd>validation accuracy</dd>" in written
    assert "<dt>Training architectures</dt><dd>8, 32</dd>" in written
    assert "<dt>Trials</dt><dd>3" in written


def test_the_figures_are_json_that_a_label_cannot_break_out_of(written: str):
    figures = re.findall(r'<script type="application/json">(.*?)</script>', written, flags=re.DOTALL)
    assert len(figures) == 2
    assert json.loads(figures[1])["data"][0]["text"][0] == "</script>"


def test_the_trial_rows_come_along_as_csv(written: str):
    (encoded,) = re.findall(r"data:text/csv;base64,([^\"]+)", written)
    rows = list(csv.DictReader(io.StringIO(base64.b64decode(encoded).decode())))
    assert [float(row["value"]) for row in rows] == [row["value"] for row in ROWS]


def test_plotly_is_in_the_page_itself(tmp_path: Path):
    pytest.importorskip("plotly")
    path = write_report([trial(0.5)], None, tmp_path / "r.html", title="t", command="c")
    text = path.read_text()
    assert len(text) > 3_000_000
    assert "Predicted against true" not in text


def test_many_methods_show_an_overview_and_fold_the_details(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(shell, "_plotly", lambda: "")
    rows = [trial(0.5, encoding=f"encoding {place}") for place in range(9)]
    text = write_report(rows, None, tmp_path / "r.html", title="t", command="c").read_text()
    assert 'class="overview"' in text
    assert text.index('class="overview"') < text.index("<details>") < text.index('class="results"')


def test_a_refused_report_leaves_the_old_one_untouched(tmp_path: Path):
    path = tmp_path / "r.html"
    path.write_text("old")
    with pytest.raises(InvalidArgument):
        write_report([], None, path, title="t", command="c")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_without_plotly_the_error_names_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(__import__("sys").modules, "plotly.offline", None)
    with pytest.raises(MissingExtra, match=r"archenc\[report\]"):
        write_report([trial(0.5)], None, tmp_path / "r.html", title="t", command="c")
