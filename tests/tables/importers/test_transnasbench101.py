from __future__ import annotations

import json
import zipfile
from pathlib import Path

import numpy as np
import pytest

from archenc.errors import DataError
from archenc.spaces import space
from archenc.suite_zero import PROXIES
from archenc.tables import BenchmarkTable, ImportReport, import_benchmark
from archenc.tables.importers import benchmark
from archenc.tables.importers.transnasbench101.tasks import TASKS

from .conftest import number

TNB101 = space("tnb101")
ARCHS = TNB101.sample(12, rng=5)
ELEVEN = [proxy for proxy in PROXIES if proxy not in ("synflow", "zen")]
QUANTITIES = {
    "class_scene": "accuracy",
    "class_object": "accuracy",
    "room_layout": "neg_loss",
    "jigsaw": "accuracy",
    "segmentsemantic": "accuracy",
    "normal": "ssim",
    "autoencoder": "ssim",
}


def record(i: int, task: str, accuracy: str, proxies: list[str]) -> dict:
    return {
        "idx": str(i),
        "arch": TNB101.format(ARCHS[i], "naslib"),
        "val_accuracy": number(i, task + accuracy),
        **{p: {"score": number(i, task + p), "time": number(i, f"{task}{p} time")} for p in proxies},
    }


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The two public files in small and made up: 12 cells, 4 of them scored."""
    base = tmp_path / "public" / "tnb101"
    base.mkdir(parents=True)
    with zipfile.ZipFile(base / "all_benchmarks_zen.zip", "w") as archive:
        for task in TASKS:
            for start in (0, 8):
                rows = [record(i, task, "final", ["zen"]) for i in range(start, min(start + 8, 12))]
                if start == 0:
                    rows[3]["zen"]["score"] = -1e8
                member = f"zen/benchmark--transbench101_micro--{task}--{start}.json"
                archive.writestr(member, json.dumps(rows))
    scored = {
        task: {TNB101.format(ARCHS[i], "naslib"): record(i, task, "best", ELEVEN) for i in range(4)}
        for task in TASKS
    }
    for row in scored["class_scene"].values():
        row["epe_nas"]["score"] = -1e8
    (base / "zc_transbench101_micro.json").write_text(json.dumps(scored))
    return base.parent


def bring_in(folder: Path, tmp_path: Path) -> tuple[ImportReport, BenchmarkTable]:
    report = import_benchmark("tnb101", folder, home=tmp_path / "home", verify=False)
    return report, BenchmarkTable.open(report.table)


def test_every_file_lands_in_its_columns(folder: Path, tmp_path: Path):
    report, table = bring_in(folder, tmp_path)
    assert len(table) == 4096
    assert report.conflicts == []
    rows = table.rows(ARCHS)
    for task, quantity in QUANTITIES.items():
        for metric, column in {
            f"{task}_val_{quantity}_final": f"{task}final",
            f"{task}_zen_seconds": f"{task}zen time",
        }.items():
            wanted = [number(i, column) for i in range(12)]
            np.testing.assert_array_equal(table.values(metric, rows), wanted, err_msg=metric)
            assert len(table.select(metric)) == 12
        for metric, column, scale in (
            (f"{task}_val_{quantity}_best", f"{task}best", 1),
            (f"{task}_zc32_snip", f"{task}snip", 1),
            (f"{task}_zc32_jacov_seconds", f"{task}jacov time", 1),
            (f"{task}_params", f"{task}params", 1e6),
        ):
            wanted = [number(i, column) * scale for i in range(4)]
            np.testing.assert_allclose(table.values(metric, rows[:4]), wanted, rtol=1e-12, err_msg=metric)
            assert len(table.select(metric)) == 4
        assert np.isnan(table.values(f"{task}_zen", rows)).tolist() == [i == 3 for i in range(12)]
    assert len(table.select("class_scene_zc32_epe_nas")) == 0
    assert len(table.select("jigsaw_zc32_epe_nas")) == 4
    assert sum("sentinel" in reason for reason in table.missing("class_scene_zc32_epe_nas")) == 1


def test_the_catalogue_of_metrics_is_consistent():
    metrics = [field.metric for source in benchmark("transnasbench101").sources for field in source.fields]
    named = {metric.name: metric for metric in metrics}
    assert all(named[metric.name] == metric for metric in metrics), "two meanings of a name"
    for metric in named.values():
        assert metric.note
        assert metric.name.replace("_", "").isalnum()
        assert metric.dataset in TASKS
    for task, quantity in QUANTITIES.items():
        for epoch in ("final", "best"):
            metric = named[f"{task}_val_{quantity}_{epoch}"]
            assert (metric.split, metric.direction, metric.runs) == ("val", "max", "one")
            assert epoch in metric.note


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda text: text.replace("jigsaw", "puzzle"), "unknown data sets"),
        (lambda text: text.replace("val_accuracy", "acc"), "val_accuracy"),
        (lambda text: text.replace('"(', '"(4, ', 1), "row 0"),
        (lambda text: text[: len(text) // 2], "truncated, altered"),
        (lambda text: '{"jigsaw": {"(0, 0, 0, 0, 0, 0)": 1}}', "no record"),
        (lambda text: '{"jigsaw": [1]}', "expected layout"),
        (lambda text: "3", "expected layout"),
    ],
)
def test_files_of_another_layout(folder: Path, tmp_path: Path, change, message: str):
    path = folder / "tnb101" / "zc_transbench101_micro.json"
    path.write_text(change(path.read_text()))
    with pytest.raises(DataError, match=message) as caught:
        bring_in(folder, tmp_path)
    assert path.name in str(caught.value)


def test_a_log_of_another_task(folder: Path, tmp_path: Path):
    with zipfile.ZipFile(folder / "tnb101/all_benchmarks_zen.zip", "w") as archive:
        archive.writestr("zen/benchmark--transbench101_micro--depth--0.json", "[]")
    with pytest.raises(DataError, match="of no known data set"):
        bring_in(folder, tmp_path)


# ------------------------------------------------------------------ the real files


@pytest.fixture(scope="session")
def real(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> BenchmarkTable:
    report = import_benchmark("tnb101", shared_data, home=tmp_path_factory.mktemp("home"))
    assert report.conflicts == []
    assert all(file["verified"] for file in report.files if "official" not in file)
    return BenchmarkTable.open(report.table)


def test_the_real_files_agree_with_their_description(real: BenchmarkTable):
    final = {
        "class_scene": (7.48, 54.94),
        "class_object": (21.20, 45.59),
        "jigsaw": (0.03, 95.37),
        "room_layout": (-1.094, -0.601),
        "segmentsemantic": (91.64, 94.61),
        "normal": (0.206, 0.587),
        "autoencoder": (0.001, 0.577),
    }
    for task, (low, high) in final.items():
        values = real.values(f"{task}_val_{QUANTITIES[task]}_final")
        digits = len(str(high).split(".")[1])
        assert len(values) == 4096
        assert (round(values.min(), digits), round(values.max(), digits)) == (low, high), task


def test_the_best_epoch_is_never_below_the_final_one(real: BenchmarkTable):
    same = {}
    for task, quantity in QUANTITIES.items():
        rows = real.select(f"{task}_val_{quantity}_best")
        best, final = (real.values(f"{task}_val_{quantity}_{epoch}", rows) for epoch in ("best", "final"))
        assert len(rows) == 711
        assert (best >= final).all(), task
        same[task] = int((best == final).sum())
    assert same == {
        "class_scene": 496,
        "class_object": 234,
        "jigsaw": 684,
        "room_layout": 10,
        "segmentsemantic": 84,
        "normal": 247,
        "autoencoder": 121,
    }


def test_what_is_missing_in_the_real_files(real: BenchmarkTable):
    for task in TASKS:
        counts = {p: 711 - len(real.select(f"{task}_zc32_{p}")) for p in ELEVEN}
        wanted = {"jacov": 20, "epe_nas": 325 if task == "jigsaw" else 711}
        if task in ("segmentsemantic", "normal", "autoencoder"):
            wanted["fisher"] = 20
        assert {p: n for p, n in counts.items() if n} == wanted, task
        assert 4096 - len(real.select(f"{task}_zen")) == 169
    broken = np.flatnonzero(np.isnan(real.values("jigsaw_zen")))
    assert not any(arch.cells[0].is_connected for arch in real.architectures(broken))
