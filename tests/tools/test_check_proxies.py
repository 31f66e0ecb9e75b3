"""The tool that compares proxies with published scores: what it journals, and what it makes of journals."""

from __future__ import annotations

import csv
import importlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.stats import kendalltau

from archenc import networks, space
from archenc.store import Journal

ROOT = Path(__file__).resolve().parents[2]
NB201 = space("nasbench201")


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SimpleNamespace]:
    """The modules of the tool, and a score file: counts of 30 cells, one of them disconnected."""
    monkeypatch.syspath_prepend(str(ROOT / "tools"))
    names = ("proxy_files", "proxy_report", "check_proxies")
    modules = {name: importlib.import_module(name) for name in names}
    rows = {}
    for number, arch in enumerate([NB201.parse((1,) * 6), *NB201.sample(29, 1)]):
        params, flops, _ = networks.count(networks.build(arch, device="meta", channels=4, cells=1))
        published = {
            "params": {"score": params / 1e6, "time": 0.5},
            "flops": {"score": flops / 1e6, "time": 1},
        }
        rows[NB201.format(arch)] = {"val_accuracy": number, "jacov": {"score": -1e8, "time": 1}, **published}
    (tmp_path / "scores.json").write_text(json.dumps({"cifar10": rows}))
    files = modules["proxy_files"]
    monkeypatch.setattr(files, "DATA", tmp_path)
    monkeypatch.setattr(modules["proxy_report"], "RESULTS", tmp_path)
    skeleton = (("channels", 4), ("cells", 1))
    check = files.Check(
        "nasbench201", "cifar10", lambda: files.from_json("scores.json", "cifar10"), "number", skeleton
    )
    monkeypatch.setitem(files.CHECKS, "nasbench201", check)
    files.published.cache_clear()
    yield SimpleNamespace(**modules)
    for name in names:
        del sys.modules[name]


def call(tools: SimpleNamespace, monkeypatch: pytest.MonkeyPatch, *words: str) -> None:
    monkeypatch.setattr(sys, "argv", ["check_proxies.py", *words])
    assert tools.check_proxies.main() == 0


def lines(folder: Path) -> dict[str, dict[str, str]]:
    with (folder / "proxies.csv").open(newline="") as file:
        return {row["proxy"]: row for row in csv.DictReader(file)}


def test_every_row_is_scored_once_and_reported(
    tools: SimpleNamespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    command = ["nasbench201", "--rows", "all", "--proxies", "params,flops", "--journal", str(tmp_path)]
    call(tools, monkeypatch, *command)
    call(tools, monkeypatch, *command, "--part", "again")
    assert not (tmp_path / "nasbench201-none-again.jsonl").exists()
    assert len(Journal(tmp_path / "nasbench201-none-all.jsonl").records()) == 30
    call(tools, monkeypatch, "report", "--journal", str(tmp_path))
    found = lines(tmp_path)
    assert set(found) == {"params", "flops"}
    assert found["params"]["equal"] == found["params"]["rows"] == "30"
    assert (found["flops"]["spearman"], found["flops"]["met"]) == ("1.0000", "yes")
    assert found["flops"]["difference"] == "+0.000"
    page = (tmp_path / "proxies.md").read_text()
    assert "in 2 of 2 lines" in page
    assert "do in 60 of 60 cases" in page
    assert "number (nasbench201)" in page


def test_a_sample_is_of_connected_rows_and_can_have_smaller_images(
    tools: SimpleNamespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    command = ["--proxies", "jacov,flops", "--batch", "4", "--size", "8", "--journal", str(tmp_path)]
    call(tools, monkeypatch, "nasbench201", "--rows", "3", *command)
    records = Journal(tmp_path / "nasbench201-digits-4-8px-all.jsonl").records()
    assert len({record["key"] for record in records}) == 3
    assert NB201.format(NB201.parse((1,) * 6)) not in {record["key"] for record in records}
    for record in records:
        assert "jacov" not in record["published"]  # a sentinel
        assert record["scores"]["flops"] < record["published"]["flops"] / 3
        assert record["processor_seconds"] > 0


def test_ours_are_compared_with_themselves(
    tools: SimpleNamespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(tools.proxy_report, "FEWEST", 5)
    command = ["nasbench201", "--rows", "6", "--proxies", "flops,l2_norm", "--journal", str(tmp_path)]
    call(tools, monkeypatch, *command)
    call(tools, monkeypatch, *command, "--again")
    call(tools, monkeypatch, "report", "--journal", str(tmp_path))
    assert lines(tmp_path)["flops"]["spearman_again"] == "1.000"
    records = [Journal(path).records() for path in sorted(tmp_path.glob("*.jsonl"))]
    first, again = ({row["key"]: row["scores"]["l2_norm"] for row in rows} for rows in records)
    assert first.keys() == again.keys()
    assert all(first[key] != again[key] for key in first)


def test_images_are_not_scored_row_by_row(
    tools: SimpleNamespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    with pytest.raises(SystemExit, match="only"):
        call(
            tools,
            monkeypatch,
            "nasbench201",
            "--rows",
            "all",
            "--proxies",
            "snip",
            "--journal",
            str(tmp_path),
        )


def test_proxies_of_one_row_may_be_in_several_journals(tools: SimpleNamespace, tmp_path: Path):
    row = {"check": "nasbench201", "key": "a", "published": {"zen": 1.0}}
    Journal(tmp_path / "a.jsonl").append({**row, "inputs": "noise 2", "scores": {"zen": 2.0}})
    old = {**row, "published": {"snip": 3.0}, "inputs": "noise", "batch": 2, "scores": {"snip": 4.0}}
    Journal(tmp_path / "b.jsonl").append(old)
    ((key, records),) = tools.proxy_report.journalled(tmp_path).items()
    assert key == ("nasbench201", "noise 2")
    assert [record["scores"] for record in records] == [{"zen": 2.0, "snip": 4.0}]
    assert records[0]["published"] == {"zen": 1.0, "snip": 3.0}


def test_the_jackknife_leaves_each_row_out_once(tools: SimpleNamespace):
    draw = np.random.default_rng(0)
    truth, ours, theirs = draw.integers(0, 8, (3, 25)).astype(float)
    found = tools.proxy_report.without_each(ours, truth)
    for row in range(25):
        rest = np.arange(25) != row
        assert found[row] == pytest.approx(kendalltau(ours[rest], truth[rest])[0])
    assert tools.proxy_report.standard_error(ours, ours, truth) == 0
    assert tools.proxy_report.standard_error(ours, theirs, truth) > 0


def test_the_standard_error_is_that_of_new_rows(tools: SimpleNamespace):
    """Differences of many samples scatter as one sample says."""
    draw = np.random.default_rng(1)
    differences, errors = [], []
    for _ in range(200):
        truth = draw.standard_normal(60)
        ours, theirs = truth + draw.standard_normal((2, 60))
        differences.append(kendalltau(ours, truth)[0] - kendalltau(theirs, truth)[0])
        errors.append(tools.proxy_report.standard_error(ours, theirs, truth))
    assert np.mean(errors) == pytest.approx(np.std(differences), rel=0.15)
