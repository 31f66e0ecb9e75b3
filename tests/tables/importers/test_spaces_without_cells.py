"""Importers of the spaces that are no cells: made-up files in the layout of the public ones, and those."""

from __future__ import annotations

import csv
import io
import json
import tarfile
from pathlib import Path

import numpy as np
import pytest

from archenc.errors import DataError
from archenc.spaces import space
from archenc.tables import BenchmarkTable, ImportReport, import_benchmark

from .conftest import number

MACRO, SIZE, ACCEL = (space(name) for name in ("nbmacro", "natsss", "accel"))
DEVICES = [f"latency_{name}" for name in ("zcu102", "vck190")]
DEVICES += [f"throughput_{name}" for name in ("a100", "3090", "tpuv2", "tpuv3", "zcu102", "vck190")]


def brought_in(name: str, folder: Path, tmp_path: Path, **options) -> tuple[ImportReport, BenchmarkTable]:
    report = import_benchmark(name, folder, home=tmp_path / "home", **options)
    return report, BenchmarkTable.open(report.table)


# --- NAS-Bench-Macro --------------------------------------------------------------------------------------


def macro_record(i: int) -> dict:
    runs = [number(i, f"run{run}") for run in range(3)]
    return {
        "test_acc": runs,
        "mean_acc": float(np.mean(runs)),
        "std": float(np.std(runs)),
        "params": 1000 + i,
        "flops": 2000 + i,
    }


def write_macro(folder: Path, content: object) -> Path:
    folder.mkdir()
    (folder / "nas-bench-macro_cifar10.json").write_text(json.dumps(content))
    return folder


def test_macro_rows_hold_what_the_file_says(tmp_path):
    archs = MACRO.sample(20, 3)
    folder = write_macro(tmp_path / "nbmacro", {MACRO.key(a): macro_record(i) for i, a in enumerate(archs)})
    _, table = brought_in("nbmacro", folder, tmp_path, verify=False)
    assert len(table) == 6561
    for i, arch in enumerate(archs):
        (row,) = table.rows([arch])
        record = macro_record(i)
        assert table.values("cifar10_test_accuracy_50ep_run2")[row] == record["test_acc"][2]
        assert table.values("cifar10_test_accuracy_50ep_mean")[row] == record["mean_acc"]
        assert table.values("cifar10_params")[row] == 1000 + i
        assert table.values("cifar10_macs")[row] == 2000 + i
    assert np.isfinite(table.values("cifar10_params")).sum() == 20


@pytest.mark.parametrize(
    "content",
    [[], {"2221222": macro_record(0)}, {"22212220": {"test_acc": [1.0]}}, {"22212220": {}}, {"22212220": 5}],
)
def test_macro_of_another_layout_is_refused(tmp_path, content):
    folder = write_macro(tmp_path / "nbmacro", content)
    with pytest.raises(DataError, match="nas-bench-macro_cifar10"):
        import_benchmark("nbmacro", folder, home=tmp_path / "home", verify=False)


@pytest.mark.shared_data
def test_the_published_macro_file(shared_data, tmp_path):
    report, table = brought_in("nasbenchmacro", shared_data, tmp_path)
    assert (report.rows, len(report.metrics)) == (6561, 7)
    mean = table.values("cifar10_test_accuracy_50ep_mean")
    runs = np.stack([table.values(f"cifar10_test_accuracy_50ep_run{run}") for run in range(3)])
    np.testing.assert_allclose(runs.mean(0), mean, rtol=1e-12)
    np.testing.assert_allclose(runs.std(0), table.values("cifar10_test_accuracy_50ep_std"), atol=1e-6)
    best = np.flatnonzero(mean == mean.max())
    assert table.spellings(best) == ["22212202", "22212220"]  # one network, for identities change nothing
    assert round(mean.max(), 3) == 93.127


# --- NATS-Bench, size space -------------------------------------------------------------------------------


@pytest.mark.parametrize("names", [["index", "num_param", "score", "accuracy", "score_nasi", "score_naswot"]])
def test_size_rows_are_found_by_the_index(tmp_path, names):
    folder = tmp_path / "natsss"
    folder.mkdir()
    with (folder / "Cifar10-NATS.csv").open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["", *names])
        for i in (0, 4711, 32767):
            writer.writerow([i, i, *(number(i, name) for name in names[1:])])
    _, table = brought_in("natsss", folder, tmp_path, verify=False)
    rows = table.rows([SIZE.parse("8:8:8:8:8"), SIZE.parse(4711), SIZE.parse("64:64:64:64:64")])
    assert list(rows) == [0, 4711, 32767]
    found = table.values("cifar10_test_accuracy_90ep")[rows]
    assert found.tolist() == [number(i, "accuracy") for i in (0, 4711, 32767)]


@pytest.mark.shared_data
def test_the_published_size_file(shared_data, tmp_path):
    _, table = brought_in("natsbenchsize", shared_data, tmp_path)
    accuracy = table.values("cifar10_test_accuracy_90ep")
    assert np.isfinite(accuracy).all()
    assert (accuracy.max(), table.spellings([int(accuracy.argmax())])) == (93.65, ["64:64:56:64:24"])


# --- Accel-NASBench ---------------------------------------------------------------------------------------


def accel_record(i: int, arch) -> dict:
    return {
        "architecture": json.loads(ACCEL.format(arch, "config")),
        "metrics": {name: number(i, name) for name in ("val_top1", "val_top5", "train_time")},
        "model_info": {"macs": number(i, "macs"), "params": number(i, "params")},
        "platform_perf": {
            name: {
                f"{name.split('_')[0]}_mean": None if (i, name) == (1, DEVICES[0]) else number(i, name),
                f"{name.split('_')[0]}_std": None,
            }
            for name in DEVICES
        },
    }


def write_accel(folder: Path, texts: dict[str, str]) -> Path:
    folder.mkdir()
    with tarfile.open(folder / "anb_dataset_jsons.tar.gz", "w:gz") as archive:
        for name, text in texts.items():
            member = tarfile.TarInfo(f"./anb_dataset_jsons/{name}")
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text.encode()))
    return folder


def test_accel_rows_are_the_networks_and_a_repeat_is_their_mean(tmp_path):
    archs = ACCEL.sample(5, 2)
    records = [accel_record(i, arch) for i, arch in enumerate([*archs, archs[3]])]
    texts = {f"result_{i}.json": json.dumps(record) for i, record in enumerate(records)}
    _, table = brought_in("accel", write_accel(tmp_path / "accel", texts), tmp_path, verify=False)
    assert len(table) == 5
    top1 = table.values("imagenet_val_accuracy_top1")[table.rows(archs)]
    expected = [number(i, "val_top1") for i in range(5)]
    expected[3] = (expected[3] + number(5, "val_top1")) / 2
    assert top1.tolist() == expected
    assert table.values("accel_trainings")[table.rows(archs)].tolist() == [1, 1, 1, 2, 1]
    latency = table.values("imagenet_latency_zcu102")[table.rows(archs)]
    assert np.isnan(latency).tolist() == [False, True, False, False, False]
    assert table.resolve("imagenet_latency_zcu102").direction == "min"
    assert table.resolve("imagenet_throughput_a100").direction == "max"


@pytest.mark.parametrize("text", ["{}", "[]", "nothing", '{"architecture": {}}', "5"])
def test_accel_of_another_layout_is_refused(tmp_path, text):
    folder = write_accel(tmp_path / "accel", {"result_0.json": text})
    with pytest.raises(DataError, match="anb_dataset_jsons"):
        import_benchmark("accel", folder, home=tmp_path / "home", verify=False)


def test_accel_without_networks_or_cut_short_is_refused(tmp_path):
    folder = write_accel(tmp_path / "accel", {"readme.txt": "x"})
    with pytest.raises(DataError, match="no member"):
        import_benchmark("accel", folder, home=tmp_path / "home", verify=False)
    texts = {f"result_{i}.json": json.dumps(accel_record(i, a)) for i, a in enumerate(ACCEL.sample(30, 1))}
    path = write_accel(tmp_path / "whole", texts) / "anb_dataset_jsons.tar.gz"
    path.write_bytes(path.read_bytes()[:-900])
    with pytest.raises(DataError, match="anb_dataset_jsons"):
        import_benchmark("accel", path.parent, home=tmp_path / "home", verify=False)


@pytest.mark.shared_data
def test_the_published_accel_file(shared_data, tmp_path):
    report, table = brought_in("accelnasbench", shared_data, tmp_path)
    assert (report.rows, len(report.metrics)) == (5125, 22)
    assert table.values("accel_trainings").sum() == 5138
    top1 = table.values("imagenet_val_accuracy_top1")
    assert (top1.min().round(2), top1.max().round(2)) == (42.85, 67.05)
