from __future__ import annotations

import importlib
import math
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archenc.errors import DataError
from archenc.evaluation.publications import published
from archenc.evaluation.results import results_table, write_csv

ROOT = Path(__file__).resolve().parents[2]
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def plot() -> Iterator[ModuleType]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT / "tools"))
        yield importlib.import_module("plot_results")


def trials(method: str, encoding: str, values: dict[int, list[float]], **other: Any) -> list[dict[str, Any]]:
    place = {"experiment": "mine", "space": "nasbench201", "task": "accuracy", "metric": "kendall_tau"}
    return [
        {
            **place,
            "method": method,
            "encoding": encoding,
            "n_train": size,
            "n_test": 100 - size,
            "value": value,
        }
        | other
        for size, found in values.items()
        for value in found
    ]


TRIALS = [
    *trials("ridge", "path", {8: [0.2, 0.4], 16: [0.4, 0.5], 64: [0.5, 0.7]}),
    *trials("ridge", "path:truncate=30", {8: [0.1, 0.3], 16: [math.nan, math.nan], 64: [0.4, 0.6]}),
    *trials("flan", "graph", {8: [0.3, 0.5], 16: [0.5, 0.6], 64: [0.6, 0.8]}),
    *trials("flan", "a<b", {8: [0.3]}),
]


@pytest.fixture
def results(tmp_path: Path) -> Path:
    beside = {("flan", "graph"): published(series=["flan/budgets/nb201", "flan/nb201/flan-8"])}
    return write_csv(results_table(TRIALS, published=beside), tmp_path / "results.csv")


@pytest.fixture
def drawing(plot: ModuleType, results: Path) -> ET.Element:
    out = results.with_suffix(".svg")
    assert plot.main([str(results), str(out)]) == 0
    return ET.fromstring(out.read_text(encoding="utf-8"))  # noqa: S314 - our own text


def texts(drawing: ET.Element) -> list[str]:
    return [text.text or "" for text in drawing.iter(f"{SVG}text")]


def test_every_panel_and_every_line_has_its_name(drawing: ET.Element):
    shown = texts(drawing)
    assert [text for text in shown if text in ("Ridge", "FLAN")] == ["Ridge", "FLAN"]
    assert {"0.60 path", "0.50 path:truncate=30", "0.70 graph", "0.30 a<b"} <= set(shown)
    assert shown.count("training architectures") == shown.count("Kendall τ") == 2


def test_the_setting_is_printed_without_flattery(drawing: ET.Element):
    assert any("1 to 2 trials at 8, 0 to 2 trials at 16, 2 trials at 64" in text for text in texts(drawing))
    assert any("tested on 36 to 92 other architectures" in text for text in texts(drawing))


def test_it_scales_and_needs_no_other_file(drawing: ET.Element, results: Path):
    text = results.with_suffix(".svg").read_text(encoding="utf-8")
    assert len(drawing.attrib["viewBox"].split()) == 4
    assert "width" not in drawing.attrib
    assert "prefers-color-scheme:dark" in text
    assert re.findall(r"url\(([^)]*)\)", text) == ["#plot"] * 2
    assert not re.search(r"href|<script|@import|<image", text)


def test_published_points_are_hollow_diamonds_at_their_budgets(drawing: ET.Element, results: Path):
    rows = [line.split(",") for line in results.read_text().splitlines()]
    known = [row for row in rows[1:] if row[rows[0].index("published")]]
    hollow = [path for path in drawing.iter(f"{SVG}path") if path.get("class") == "open"]
    assert len(known) >= 1
    assert len(hollow) == len(known) + 1  # and the key


def test_a_line_breaks_where_a_value_is_missing(drawing: ET.Element):
    dashed = [path for path in drawing.iter(f"{SVG}path") if path.get("stroke-dasharray")]
    assert len(dashed) == 2
    assert all("L" not in path.attrib["d"] for path in dashed)


def test_means_stand_where_the_axes_say(plot: ModuleType, results: Path, drawing: ET.Element):
    frame = plot.scale(plot.read(results, "kendall_tau").points)
    ridge = next(
        path for path in drawing.iter(f"{SVG}path") if path.get("class") == "line" and "L" in path.attrib["d"]
    )
    at = [tuple(map(float, pair.split())) for pair in ridge.attrib["d"][1:].split("L")]
    slope = (at[1][1] - at[0][1]) / (0.45 - 0.3)
    assert at[2][1] - at[0][1] == pytest.approx(slope * (0.6 - 0.3), abs=0.2)
    assert slope < 0, "higher is better, and higher on the page"
    assert at[2][0] - at[1][0] == pytest.approx(2 * (at[1][0] - at[0][0]), abs=0.2), (
        "64 is two doublings past 16"
    )
    assert frame.y(frame.top) == 0


def test_the_same_table_gives_the_same_bytes(plot: ModuleType, results: Path):
    table = plot.read(results, "kendall_tau")
    assert plot.draw(table) == plot.draw(plot.read(results, "kendall_tau"))


def test_one_budget_and_one_trial_can_be_drawn(plot: ModuleType, tmp_path: Path):
    path = write_csv(results_table(trials("ridge", "path", {8: [0.5]})), tmp_path / "one.csv")
    drawing = ET.fromstring(plot.draw(plot.read(path, "kendall_tau")))  # noqa: S314 - our own text
    assert "0.50 path" in texts(drawing)


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ([], "no value of 'kendall_tau'"),
        (trials("ridge", "path", {8: [0.5]}, metric="spearman"), "metrics here: spearman"),
        ([*TRIALS, *trials("ridge", "path", {8: [0.5]}, task="latency")], "more than one task"),
    ],
)
def test_a_table_that_cannot_be_drawn_is_named(
    plot: ModuleType,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    rows: list[dict[str, Any]],
    says: str,
):
    path = write_csv(results_table(rows), tmp_path / "bad.csv")
    assert plot.main([str(path), str(tmp_path / "bad.svg")]) == 2
    assert says in capsys.readouterr().err
    assert not (tmp_path / "bad.svg").exists()


def test_another_layout_and_a_repeated_row_are_named(plot: ModuleType, results: Path):
    results.write_text(results.read_text() + results.read_text().splitlines()[1] + "\n")
    with pytest.raises(DataError, match="more than once"):
        plot.read(results, "kendall_tau")
    results.write_text("method,encoding\nridge,path\n")
    with pytest.raises(DataError, match="no column experiment"):
        plot.read(results, "kendall_tau")


def test_too_many_encodings_are_refused_rather_than_drawn_alike(plot: ModuleType):
    seven = list("abcdefg")
    assert len(set(plot.looks([*seven, "a:x=1", "a:x=2", "a:x=1"]).values())) == 9
    for extra in (["h"], ["a:x=1", "a:x=2", "a:x=3"]):
        with pytest.raises(DataError, match="at most"):
            plot.looks([*seven, *extra])


@given(wanted=st.lists(st.floats(-20, 320), max_size=12))
def test_labels_stay_apart_in_order_and_in_the_frame(plot: ModuleType, wanted: list[float]):
    found = plot.svg.apart(wanted, 16, 300)
    placed = [found[index] for index in sorted(range(len(wanted)), key=lambda index: wanted[index])]
    assert all(b - a >= 16 - 1e-6 for a, b in pairwise(placed))
    assert all(-1e-6 <= y <= 300 + 1e-6 for y in placed)


def test_the_palette_is_that_of_the_page(plot: ModuleType):
    css = (ROOT / "src/archenc/report/assets/page.css").read_text()
    light, dark = css.split("@media (prefers-color-scheme: dark)")
    for scheme, colours, hues in (
        (light, plot.svg.LIGHT, plot.svg.LIGHT_HUES),
        (dark, plot.svg.DARK, plot.svg.DARK_HUES),
    ):
        named = colours | {f"hue-{number}": hue for number, hue in enumerate(hues)}
        for name, colour in named.items():
            assert f"--{name}: {colour};" in scheme
