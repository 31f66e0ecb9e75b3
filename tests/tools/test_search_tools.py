"""The tools that record searches: the encoding wired as in print, and the page and drawing of the study."""

from __future__ import annotations

import csv
import importlib.util
import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from archenc.encoders import Path as Paths
from archenc.errors import DataError
from archenc.search.simulation import Method
from archenc.search.study import Task, run_study
from archenc.spaces import space
from archenc.tables import BenchmarkTable, Metric

ROOT = Path(__file__).resolve().parents[2]
NB201: Any = space("nasbench201")


def tool(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOT / "tools" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    try:
        spec.loader.exec_module(module)
    finally:
        del sys.modules[spec.name]
    return module


def test_paths_wired_as_in_print_mistake_the_two_edges_for_one_another():
    archs = NB201.sample(200, 0)
    pytest.importorskip("torch", reason="needs the extra torch")
    wrong = tool("bananas_cole").Miswired().fit(archs)
    swapped = [NB201.from_code(np.array(NB201.code(arch))[[0, 1, 3, 2, 4, 5]].tolist()) for arch in archs]
    right = Paths().fit(swapped)
    np.testing.assert_array_equal(wrong.transform(archs), right.transform(swapped))
    assert (wrong.transform(archs) != Paths().fit(archs).transform(archs)).any()


NAMES = [("random", "default"), ("a", "path"), ("a", "two"), ("b", "path"), ("b", "two"), ("dear", "default")]
AREAS = [0.5, 0.2, 0.3, 0.1, 0.3, 0.05]


@pytest.fixture
def study(tmp_path: Path) -> str:
    """The tables of a study: six tables, four seeds, of which a dear method has two on three tables."""
    rows, curves, at = [], [], tool("search_study").AT
    for name, area in zip(NAMES, AREAS, strict=True):
        seeds = 2 if name == ("dear", "default") else 4
        areas = " ".join(str(area + 0.01 * seed) for seed in range(seeds))
        scores = "2 scores, an hour" if name == ("a", "two") else ""
        rows += [[f"t{table}", *name, *[area] * len(at), areas, scores] for table in range(6)][
            : 3 * seeds // 2
        ]
        curves += [[*name, n, area / n, 0.9 * area / n, 1.1 * area / n, 6, seeds] for n in range(1, 5)]
    header = ["table", "method", "encoding", *(f"regret_at_{one}" for one in at)]
    written = {"page": [[*header, "areas", "scores"], *rows]}
    header = ["method", "encoding", "evaluations", "mean", "ci_low", "ci_high", "n_tables", "n_seeds"]
    written["page-curves"] = [header, *curves]
    for name, lines in written.items():
        with (tmp_path / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows(lines)
    return str(tmp_path / "page")


@pytest.fixture
def beside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tools find the tools that they import."""
    monkeypatch.syspath_prepend(str(ROOT / "tools"))


@pytest.mark.usefixtures("beside")
def test_the_page_orders_methods_and_encodings_by_rank(study: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sys, "argv", ["", study])
    tool("search_study_page").main()
    page = Path(f"{study}.md").read_text(encoding="utf-8")
    every = page[page.index("## All methods") : page.index("## With fewer")]
    places = [every.index(f"| {one} | {two} |") for one, two in (("b", "path"), ("a", "path"), ("a", "two"))]
    assert places == sorted(places)
    assert "dear" not in every
    assert "| a | **0.215** | 0.315 |" in page
    assert page.index("| path | 1.0 | 0.165 [") < page.index("| two | 2.0 | 0.315 [")
    assert "| t3 | b, path 0.115 | 0.515 (5.) |" in page
    assert "| t3 | 2 scores, an hour |" in page
    assert Path(f"{study}.svg").read_text(encoding="utf-8").startswith("<svg")


@pytest.mark.usefixtures("beside")
def test_a_method_with_fewer_seeds_is_compared_on_those(study: str):
    pages = tool("search_study_page")
    page = pages.page(pages.Study.read(Path(f"{study}.csv")))
    fewer = page[page.index("## With fewer") :]
    assert "2 seeds on t0, t1, t2, the others" in fewer
    assert "| dear | default | 1.0 | 0.055 [" in fewer
    assert "| random | default | 2.0 | 0.505 [" in fewer


@pytest.mark.usefixtures("beside")
def test_regret_is_drawn_on_a_logarithmic_axis(study: str):
    plot = tool("plot_search")
    curves, setting = plot.read(Path(f"{study}-curves.csv"))
    drawing = ET.fromstring(plot.draw(curves, setting))  # noqa: S314 - our own text
    words = [one.text or "" for one in drawing.iter("{http://www.w3.org/2000/svg}text")]
    assert any("6 tables and 4 seeds" in text for text in words)
    assert "0.125 random search" in words
    line = next(p for p in drawing.iter("{http://www.w3.org/2000/svg}path") if p.get("class") == "line")
    y = [float(pair.split()[1]) for pair in line.attrib["d"][1:].split("L")]
    assert y[1] - y[0] == pytest.approx(y[3] - y[1], abs=0.2), "half is half, on the page too"


def test_curves_that_are_not_drawn_are_no_drawing(tmp_path: Path, beside: None):
    plot = tool("plot_search")
    path = tmp_path / "curves.csv"
    path.write_text("method,encoding,evaluations,mean,ci_low,ci_high,n_tables,n_seeds\nx,y,1,1,1,1,1,1\n")
    with pytest.raises(DataError, match="none of the methods"):
        plot.read(path)
    with pytest.raises(DataError, match="no table of curves"):
        plot.read(tmp_path / "missing.csv")


def test_regret_is_a_share_of_the_way_from_the_median_to_the_best():
    archs = list({NB201.format(arch): arch for arch in NB201.sample(30, 1)}.values())
    values = np.linspace(0, 1, len(archs))
    metric = Metric("gain", "x", "gain", direction="max")
    table = BenchmarkTable.from_columns("nasbench201", archs, {"gain": values}, [metric])
    found = run_study(Task(table, "gain"), [Method("random")], budget=len(archs), seeds=2)
    regret = tool("search_study").shares(found, found.methods[0])
    first = found.problem.values[found.runs[found.methods[0]][0].numbers[0]]
    assert regret[0, 0] == pytest.approx(min(1, (1 - first) / 0.5))
    assert (np.diff(regret) <= 0).all()
    assert regret[:, -1].tolist() == [0, 0]
