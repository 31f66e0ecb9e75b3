"""The tools that record searches: the encoding wired as in print, and the page of the study."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from archenc.encoders import Path as Paths
from archenc.spaces import space

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


def test_the_page_orders_methods_and_encodings_by_rank(tmp_path: Path):
    study = tool("search_study")
    names = [("random", "default"), ("a", "one"), ("a", "two"), ("b", "one"), ("b", "two")]
    areas = np.array([[0.5, 0.2, 0.3, 0.1, 0.3]] * 6)
    rows = [
        [f"t{table}", *name, *[area] * len(study.AT), area, 3]
        for table, line in enumerate(areas)
        for name, area in zip(names, line, strict=True)
    ]
    study.write(str(tmp_path / "page"), rows, areas, names, 3)
    page = (tmp_path / "page.md").read_text(encoding="utf-8")
    places = [page.index(f"| {one} | {two} |") for one, two in (("b", "one"), ("a", "one"), ("a", "two"))]
    assert places == sorted(places)
    assert page.index("| one | 1.0 | 0.150 |") < page.index("| two | 2.0 | 0.300 |")
    assert len((tmp_path / "page.csv").read_text(encoding="utf-8").splitlines()) == 31
